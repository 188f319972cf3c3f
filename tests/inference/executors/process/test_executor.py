"""The workers of one model, kept alive."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.errors import ModelCrashed, ModelLoadError
from tornado_ml.inference.executors.process import executor as module
from tornado_ml.inference.executors.process.executor import ProcessExecutor
from tornado_ml.inference.jobs import Outcome
from tornado_ml.inference.scheduler import Limits, Scheduler
from tornado_ml.metrics import Metrics, declarations
from tornado_ml.models.manager import Registration
from tornado_ml.settings.declaration import ModelSettings

Registered = Callable[[str], Registration]


class World:
    """An executor at work, and the queue in front of it."""

    def __init__(self, registration: Registration, **settings: Any) -> None:
        self.metrics = Metrics()
        self.executor = ProcessExecutor(registration, ModelSettings(**settings), self.metrics)
        self.failures: list[str] = []

    async def __aenter__(self) -> World:
        await self.executor.load()
        self.scheduler = Scheduler(Limits(max_batch_size=1))
        self.executor.start(self.scheduler, self.failures.append)
        return self

    async def __aexit__(self, *_: object) -> None:
        pids = self.executor.pids
        await self.executor.close()
        assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []

    async def ask(self, data: Any) -> Any:
        answered: asyncio.Future[Outcome | Exception] = asyncio.get_running_loop().create_future()
        self.scheduler.submit(data, "client", answered.set_result)
        answer = await answered
        return answer.prediction if isinstance(answer, Outcome) else answer

    @property
    def restarts(self) -> dict[tuple[str, ...], float]:
        return dict(self.metrics.values()[declarations.WORKER_RESTARTS])


def run(scenario: Any) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(bounded())


def test_it_keeps_as_many_workers_as_the_settings_say_and_replaces_one_that_is_killed(registered: Registered) -> None:
    async def scenario() -> None:
        async with World(registered("have_no_bad_day"), workers=2) as world:
            while len(found := {await world.ask(0.05), *await asyncio.gather(world.ask(0.1), world.ask(0.1))}) < 2:
                pass
            assert set(world.executor.pids) == found
            victim = found.pop()
            os.kill(victim, signal.SIGKILL)
            while victim in world.executor.pids or len(world.executor.pids) < 2:
                assert await world.ask(0.01) != victim or victim in world.executor.pids
            assert world.failures == []

    run(scenario)


def test_deaths_at_work_do_not_make_a_model_fail(registered: Registered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_DELAY_S", 0.001)

    async def scenario() -> None:
        async with World(registered("exit_at_once")) as world:
            for _ in range(4):  # each of which kills two
                world.scheduler._poison = type(world.scheduler._poison)()
                assert isinstance(await world.ask("bad"), ModelCrashed)
            assert await world.ask("good") == world.executor.pids[0]
            assert world.failures == []

    run(scenario)


def test_each_worker_that_is_replaced_is_counted_with_what_became_of_it(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_DELAY_S", 0.001)

    async def scenario() -> None:
        async with World(registered("eat_shared_memory"), max_memory_bytes=300_000_000, retry=False) as world:
            assert isinstance(await world.ask("bad"), ModelCrashed)
            os.kill(await world.ask("good"), signal.SIGKILL)
            while len(world.restarts) < 2:
                await asyncio.sleep(0.01)
            assert world.restarts == {("eat_shared_memory", "memory"): 1, ("eat_shared_memory", "crashed"): 1}
        async with World(registered("loop_forever")) as world:
            world.scheduler.submit("bad", "client", lambda _: None, deadline_s=0.01)
            while not world.restarts:
                await asyncio.sleep(0.01)
            assert world.restarts == {("loop_forever", "stopped"): 1}

    run(scenario)


def test_the_memory_of_each_worker_is_told_by_its_number(registered: Registered) -> None:
    async def scenario() -> None:
        async with World(registered("have_no_bad_day"), workers=2) as world:
            while len(found := {await world.ask(0.05), *await asyncio.gather(world.ask(0.1), world.ask(0.1))}) < 2:
                pass
            assert sorted(world.executor.worker_bytes()) == [0, 1]
            assert all(held > 1_000_000 for held in world.executor.worker_bytes().values())
            victim = found.pop()
            os.kill(victim, signal.SIGKILL)
            while victim in world.executor.pids or len(world.executor.pids) < 2:
                await asyncio.sleep(0.01)
            assert sorted(world.executor.worker_bytes()) == [0, 1]

    run(scenario)


def test_all_workers_end_when_the_model_has_failed(registered: Registered, marks: Path) -> None:
    async def scenario() -> None:
        (marks / "loads_once").unlink(missing_ok=True)
        # The second worker is never loaded, for which the model fails; the first one has done nothing wrong.
        async with World(registered("loads_once"), workers=2) as world:
            while not world.failures or world.executor.pids:
                await asyncio.sleep(0.01)
            assert len(world.failures) == 1
            assert world.failures[0].endswith("it ended with exit status 7")

    run(scenario)


def test_failures_to_load_in_a_row_count_however_long_each_takes(
    registered: Registered, marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEATHS_WINDOW_S", 0.0)

    async def scenario() -> None:
        (marks / "loads_once").unlink(missing_ok=True)
        async with World(registered("loads_once"), workers=2) as world:
            while not world.failures:
                await asyncio.sleep(0.01)
            assert world.restarts == {("loads_once", "load"): module.MAX_DEATHS}

    run(scenario)


def test_closing_it_while_it_loads_ends_the_loading(registered: Registered) -> None:
    async def scenario() -> None:
        executor = ProcessExecutor(registered("never_loads"), ModelSettings(), Metrics())
        loading = asyncio.create_task(executor.load())
        while not any(executor.pids):
            await asyncio.sleep(0.01)
        (pid,) = executor.pids
        await executor.close()
        with pytest.raises(ModelLoadError, match="died while loading"):
            await loading
        assert not Path(f"/proc/{pid}").exists()
        assert executor.pids == []

    run(scenario)
