"""One worker process."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.errors import ModelLoadError, WorkerLost
from tornado_ml.inference.executors.process.handle import WorkerProcess
from tornado_ml.inference.workbench import Done, Predict
from tornado_ml.models.answers import Answers
from tornado_ml.models.manager import Recipe, Registration

Registered = Callable[[str], Registration]


def run(scenario: Any) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(bounded())


def lives(pid: str) -> bool:
    """Whether a process is there, and no zombie that nobody looks after."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def predictions(done: Done) -> list[Any]:
    assert isinstance(done.result, Answers)
    return done.result.predictions


async def loaded(registration: Registration, max_memory_bytes: int = 0) -> WorkerProcess:
    worker = WorkerProcess("a_model")
    report = await worker.load(registration.recipe, timeout_s=30, max_memory_bytes=max_memory_bytes)
    assert report.identity == registration.identity
    return worker


def test_it_answers_batch_by_batch_until_it_is_closed(registered: Registered) -> None:
    async def scenario() -> None:
        worker = WorkerProcess("a_model")
        assert worker.pid == 0
        assert worker.resident_bytes() == 0
        await worker.load(registered("have_no_bad_day").recipe, timeout_s=30, max_memory_bytes=0)
        for count in (1, 3):
            done = await worker.run(Predict(["good"] * count, 64))
            assert predictions(done) == [worker.pid] * count
            assert done.predict_s >= 0
            assert done.held_count == 0
        assert worker.resident_bytes() > 1_000_000
        pid = worker.pid
        await worker.close()
        await worker.close()
        assert not Path(f"/proc/{pid}").exists()
        with pytest.raises(WorkerLost):
            await worker.run(Predict(["good"], 64))

    run(scenario)


def test_how_it_was_lost_is_said(registered: Registered) -> None:
    async def lost(name: str) -> str:
        worker = await loaded(registered(name))
        with pytest.raises(WorkerLost) as raised:
            await worker.run(Predict(["bad"], 64))
        assert raised.value.may_retry
        assert str(await worker.lost) == str(raised.value)
        await worker.close()
        return str(raised.value)

    async def scenario() -> None:
        ways = ["segfault", "exit_at_once", "leave_a_process_behind"]
        assert await asyncio.gather(*map(lost, ways)) == [
            "it was ended by SIGSEGV",
            "it ended with exit status 3",
            "it ended with exit status 3",
        ]

    run(scenario)


def test_why_it_was_killed_is_said(registered: Registered) -> None:
    async def scenario() -> None:
        worker = await loaded(registered("loop_forever"))
        running = asyncio.create_task(worker.run(Predict(["bad"], 64)))
        await asyncio.sleep(0)
        worker.kill("enough", may_retry=False)
        with pytest.raises(WorkerLost, match="enough") as raised:
            await running
        assert not raised.value.may_retry
        await worker.close()

    run(scenario)


def test_one_that_runs_out_of_memory_is_retired_and_its_batch_not_retried(registered: Registered) -> None:
    async def scenario() -> None:
        worker = await loaded(registered("eat_memory"), 500_000_000)
        with pytest.raises(WorkerLost, match="ran out of memory") as raised:
            await worker.run(Predict(["bad"], 64))
        assert not raised.value.may_retry
        await worker.lost
        await worker.close()

    run(scenario)


def test_a_run_can_be_cancelled_and_the_worker_goes_on(registered: Registered) -> None:
    async def scenario() -> None:
        worker = await loaded(registered("look_whether_cancelled"))
        worker.cancel()
        for _ in range(2):
            running = asyncio.create_task(worker.run(Predict(["bad"], 64)))
            await asyncio.sleep(0)
            worker.cancel()
            assert predictions(await running) == [worker.pid]
        await worker.close()

    run(scenario)


def test_why_a_model_did_not_load_is_said(registered: Registered) -> None:
    async def reason(recipe: Recipe, timeout_s: float = 30) -> str:
        worker = WorkerProcess("a_model")
        with pytest.raises((ModelLoadError, WorkerLost)) as raised:
            await worker.load(recipe, timeout_s=timeout_s, max_memory_bytes=0)
        await worker.close()
        return f"{type(raised.value).__name__}: {raised.value}"

    async def scenario() -> None:
        reasons = await asyncio.gather(
            reason(registered("never_loads").recipe, 0.5),
            reason(registered("dies_loading").recipe),
            reason(Recipe("settings", "x", "no_such_module:Model", 0)),
            reason(Recipe("settings", "x", "json:NoModel", 0)),
            reason(Recipe("entry_point", "gone", "gone", 0)),
            reason(Recipe("directory", "bad_days", registered("segfault").recipe.location, 99)),
        )
        assert reasons == [
            "ModelLoadError: It was not loaded after 0.5 s (load_timeout_s).",
            "WorkerLost: it ended with exit status 7",
            "ModelLoadError: ModuleNotFoundError: No module named 'no_such_module'",
            "ModelLoadError: Module json has no class NoModel.",
            "ModelLoadError: The entry point gone = gone is no longer installed.",
            "ModelLoadError: Plugin bad_days registers 13 models now; this was number 100.",
        ]

    run(scenario)


def test_where_there_can_be_no_further_process_the_model_is_not_loaded(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(asyncio, "create_subprocess_exec", full)

    async def scenario() -> None:
        worker = WorkerProcess("a_model")
        with pytest.raises(ModelLoadError, match="temporarily unavailable"):
            await worker.load(registered("segfault").recipe, timeout_s=30, max_memory_bytes=0)
        await worker.close()

    run(scenario)


def test_one_that_is_closed_while_it_starts_leaves_nothing_behind(registered: Registered) -> None:
    async def scenario() -> None:
        worker = WorkerProcess("a_model")
        loading = asyncio.create_task(worker.load(registered("segfault").recipe, timeout_s=30, max_memory_bytes=0))
        await asyncio.sleep(0)
        await worker.close()
        with pytest.raises(WorkerLost):
            await loading
        await worker.close()
        assert not Path(f"/proc/{worker.pid}").exists()

    run(scenario)


def test_a_document_too_deep_to_be_sent_does_no_harm(registered: Registered) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    async def scenario() -> None:
        worker = await loaded(registered("have_no_bad_day"))
        with pytest.raises(RecursionError):
            await worker.run(Predict([deep], 64))
        assert predictions(await worker.run(Predict(["good"], 64))) == [worker.pid]
        await worker.close()

    run(scenario)


def test_what_a_worker_has_started_ends_with_it(registered: Registered) -> None:
    async def scenario() -> None:
        worker = await loaded(registered("start_what_can_be_stopped"))
        running = asyncio.create_task(worker.run(Predict(["bad"], 64)))
        children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
        while not (found := children.read_text().split()) and not running.done():
            await asyncio.sleep(0)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(WorkerLost, match="SIGKILL"):
            await running
        await worker.close()
        while any(map(lives, found)):
            await asyncio.sleep(0.01)

    run(scenario)
