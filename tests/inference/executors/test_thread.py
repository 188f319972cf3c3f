"""A model in a thread: it never holds up the event loop, and neither its failures nor a hang are the service's."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

from tornado_ml import MLModel
from tornado_ml.errors import Cancelled, ModelCrashed, ModelLoadError, ModelRefused, PredictionFailed
from tornado_ml.inference.executors.thread import ThreadExecutor
from tornado_ml.inference.jobs import Outcome
from tornado_ml.inference.scheduler import Limits, Scheduler
from tornado_ml.metrics import Metrics
from tornado_ml.models.cancellation import cancelled
from tornado_ml.models.manager import Recipe, Registration
from tornado_ml.settings import load_settings


class Worker(MLModel):
    """Does what it is told to."""

    qualified_name = "worker"
    display_name = "Worker"
    description = ""
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}
    threads: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.count = 0

    def predict(self, data: Any) -> Any:
        self.threads.add(threading.current_thread().name)
        self.count += 1
        if isinstance(data, float):
            time.sleep(data)
        if data == "raise":
            raise ValueError("it is Monday")
        if data == "exit":
            sys.exit("Monday")
        if data == "interrupt":
            raise KeyboardInterrupt
        if data == "out of memory":
            raise MemoryError
        if data == "until cancelled":
            deadline = time.monotonic() + 10
            while not cancelled() and time.monotonic() < deadline:
                time.sleep(0.01)
            return {"was cancelled": cancelled()}
        return [data, self.count]


def registration(factory: Callable[[], object]) -> Registration:
    return Registration("tests", factory, Recipe("directory", "tests", "nowhere.py", 0))


def executor(factory: Callable[[], object], **settings: Any) -> ThreadExecutor:
    loaded = load_settings(environ={}, overrides={"models": {"worker": settings}})
    return ThreadExecutor(registration(factory), loaded.model("worker"), Metrics())


class Running:
    """A model in a thread, and its queue."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler

    async def predict(self, data: Any) -> Outcome | Exception:
        answered: asyncio.Future[Outcome | Exception] = asyncio.get_running_loop().create_future()
        self.scheduler.submit(data, 1, answered.set_result)
        return await asyncio.wait_for(answered, 10)


@asynccontextmanager
async def running(factory: Callable[[], object] = Worker, **settings: Any) -> AsyncIterator[Running]:
    thread = executor(factory, **settings)
    await thread.load()
    scheduler = Scheduler(Limits(retry=False))
    thread.start(scheduler, pytest.fail)
    try:
        yield Running(scheduler)
    finally:
        await thread.close()


@pytest.mark.gen_test
async def test_it_reports_what_the_model_says_of_itself() -> None:
    thread = executor(Worker)
    report = await thread.load()
    assert report.identity == ("worker", (1, 0))
    await thread.close()


@pytest.mark.gen_test
async def test_a_model_is_constructed_and_runs_in_one_thread_that_is_not_the_loops() -> None:
    Worker.threads.clear()
    async with running() as model:
        outcomes = [await model.predict(number) for number in range(3)]
    assert [getattr(outcome, "prediction", outcome) for outcome in outcomes] == [[0, 1], [1, 2], [2, 3]]
    assert Worker.threads == {"model"}
    assert threading.current_thread().name not in Worker.threads


@pytest.mark.gen_test
async def test_the_event_loop_turns_while_a_prediction_takes_its_time() -> None:
    async with running() as model:
        slow = asyncio.create_task(model.predict(0.3))
        turns = 0
        while not slow.done():
            await asyncio.sleep(0.01)
            turns += 1
    assert turns > 10


@pytest.mark.parametrize("data", ["raise", "exit", "interrupt"])
@pytest.mark.gen_test
async def test_whatever_a_model_raises_is_its_failure_alone_and_the_next_request_is_answered(data: str) -> None:
    async with running() as model:
        assert isinstance(await model.predict(data), PredictionFailed)
        assert isinstance(await model.predict("next"), Outcome)


@pytest.mark.gen_test
async def test_a_model_without_memory_has_crashed_and_the_next_request_is_answered() -> None:
    async with running() as model:
        assert isinstance(await model.predict("out of memory"), ModelCrashed)
        assert isinstance(await model.predict("next"), Outcome)


@pytest.mark.gen_test
async def test_a_model_that_asks_learns_that_nobody_waits_for_it() -> None:
    answers: list[Outcome | Exception] = []
    async with running() as model:
        job = model.scheduler.submit("until cancelled", 1, answers.append)
        await asyncio.sleep(0.05)
        model.scheduler.drop(job, Cancelled)
        next_one = await model.predict("next")
    (answer,) = answers
    assert isinstance(answer, Cancelled)
    assert answer.outcome == "finished"
    assert isinstance(next_one, Outcome)
    assert next_one.queue_s < 5, "the model returned early"
    assert not cancelled(), "outside of a prediction nobody has given up"


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (OSError("no parameters"), "^OSError: no parameters$"),
        (SystemExit(3), "^SystemExit: 3$"),
        (KeyboardInterrupt(), "^KeyboardInterrupt$"),
    ],
)
@pytest.mark.gen_test
async def test_a_constructor_that_raises_is_the_models_failure(failure: BaseException, message: str) -> None:
    def construct() -> object:
        raise failure

    with pytest.raises(ModelLoadError, match=message) as caught:
        await executor(construct).load()
    assert caught.value.__cause__ is failure


@pytest.mark.gen_test
async def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ModelRefused):
        await executor(lambda: 5).load()


@pytest.mark.gen_test
async def test_a_constructor_that_does_not_return_is_given_up() -> None:
    release = threading.Event()
    thread = executor(lambda: release.wait(10) and Worker(), load_timeout_s=0.1)
    with pytest.raises(ModelLoadError, match=r"not loaded after 0\.1 s \(load_timeout_s\)"):
        await thread.load()
    release.set()
    await thread.close()


@pytest.mark.gen_test
async def test_closing_does_not_wait_for_a_prediction_and_lets_the_thread_go() -> None:
    before = threading.active_count()
    async with running() as model:
        slow = asyncio.create_task(model.predict(0.5))
        await asyncio.sleep(0.05)
        started = time.monotonic()
    assert time.monotonic() - started < 0.3
    slow.cancel()
    while threading.active_count() > before:
        await asyncio.sleep(0.01)


def test_a_model_that_never_returns_does_not_keep_the_process_from_ending() -> None:
    program = """
import asyncio, threading
from tornado_ml.inference.executors.thread import ThreadExecutor
from tornado_ml.metrics import Metrics
from tornado_ml.models.manager import Recipe, Registration
from tornado_ml.settings import load_settings

async def main():
    hang = Registration("p", threading.Event().wait, Recipe("directory", "p", "p.py", 0))
    settings = load_settings(environ={}, overrides={"models": {"m": {"load_timeout_s": 0.1}}})
    thread = ThreadExecutor(hang, settings.model("m"), Metrics())
    try:
        await thread.load()
    except Exception as error:
        print(error)

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert "load_timeout_s" in done.stdout
