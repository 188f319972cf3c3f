"""The batches that workers are at. How their jobs are answered is tested with the scheduler."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tornado_ml.errors import DeadlineExceeded
from tornado_ml.inference import running as module
from tornado_ml.inference.jobs import Batch, Job, work_of
from tornado_ml.inference.running import RunningBatches
from tornado_ml.inference.stations import Station


class Watched:
    """A batch of one job that is running, and what becomes of it."""

    def __init__(self, *, timeout_s: float = 100.0, can_be_killed: bool = True) -> None:
        self.told: list[Any] = []
        self.happened: list[str] = []
        self.came: asyncio.Queue[str] = asyncio.Queue()
        self.job = Job("data", "client", self.told.append)
        self.batch = Batch([self.job], work_of([self.job], 1), Station(asyncio.get_running_loop().create_future()), 0.0)
        self.batch.cancel = lambda: self.came.put_nowait("cancelled")
        if can_be_killed:
            self.batch.kill = lambda: self.came.put_nowait("killed")
        self.running = RunningBatches(timeout_s, lambda _: self.came.put_nowait("stuck"))
        self.running.begin(self.batch)


def run(scenario: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.01)

    async def bounded() -> None:
        async with asyncio.timeout(10):
            await scenario()

    asyncio.run(bounded())


def test_what_takes_too_long_is_cancelled_and_then_its_worker_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        watched = Watched(timeout_s=0.01)
        assert list(watched.running) == [watched.batch]
        assert [await watched.came.get() for _ in range(2)] == ["cancelled", "killed"]
        assert isinstance(watched.told[0], DeadlineExceeded)
        watched.running.end(watched.batch)
        assert list(watched.running) == []

    run(scenario, monkeypatch)


def test_what_nobody_waits_for_is_cancelled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        watched = Watched()
        watched.running.look_whether_abandoned(None)
        watched.running.look_whether_abandoned(watched.batch)
        assert watched.came.empty()
        watched.job.forget()
        for _ in range(2):
            watched.running.look_whether_abandoned(watched.batch)
        assert [await watched.came.get() for _ in range(2)] == ["cancelled", "killed"]
        watched.running.close()
        assert watched.came.empty()

    run(scenario, monkeypatch)


def test_of_a_worker_that_cannot_be_killed_it_is_told_until_it_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        watched = Watched(timeout_s=0.01, can_be_killed=False)
        assert [await watched.came.get() for _ in range(3)] == ["cancelled", "stuck", "stuck"]
        watched.running.end(watched.batch)
        assert watched.job.batch is None
        await asyncio.sleep(0.05)
        assert watched.came.empty()

    run(scenario, monkeypatch)
