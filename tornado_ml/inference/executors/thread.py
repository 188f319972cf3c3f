"""Runs a model in a thread of this process: its calls overlap with the event loop's work.

It cannot be stopped: what nobody waits for any more runs to its end, unless the model looks at `cancelled()`.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from tornado_ml.errors import ModelLoadError, OperatorError, WorkerLost, told
from tornado_ml.inference.scheduler import Scheduler
from tornado_ml.inference.workbench import Done, Workbench
from tornado_ml.metrics import Metrics
from tornado_ml.models import cancellation
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import Registration
from tornado_ml.settings import ModelSettings

T = TypeVar("T")


class ThreadExecutor:
    """One model in one thread.

    The thread is our own and a daemon: those of `concurrent.futures` are joined when the interpreter exits, so a
    model that never returns would keep the service from stopping.
    """

    def __init__(self, registration: Registration, settings: ModelSettings, metrics: Metrics) -> None:
        del metrics  # no worker is ever lost
        self._factory = registration.factory
        self._load_timeout_s = settings.load_timeout_s
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._bench: Workbench | None = None
        self._task: asyncio.Task[None] | None = None

    async def load(self) -> ModelReport:
        threading.Thread(target=self._work, name="model", daemon=True).start()
        try:
            async with asyncio.timeout(self._load_timeout_s):
                self._bench = await self._call(self._construct)
        except TimeoutError:
            raise ModelLoadError(f"It was not loaded after {self._load_timeout_s:g} s (load_timeout_s).") from None
        return self._bench.model.report

    def start(self, scheduler: Scheduler, on_failed: Callable[[str], None]) -> None:
        del on_failed  # a thread does not die
        self._task = asyncio.create_task(self._serve(scheduler))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._calls.put(None)

    def worker_bytes(self) -> None:
        """There are no worker processes."""

    async def _serve(self, scheduler: Scheduler) -> None:
        bench = self._bench
        assert bench is not None
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        while (batch := await scheduler.next_batch(never)) is not None:
            is_cancelled = threading.Event()
            batch.cancel = is_cancelled.set
            work = batch.work

            def do() -> Done:
                cancellation.watch(is_cancelled.is_set)  # noqa: B023 - called before the loop goes on
                return bench.do(work)  # noqa: B023

            try:
                done = await self._call(do)
            except MemoryError:
                scheduler.lost(batch, WorkerLost("it ran out of memory", may_retry=False), bench.held_count)
            else:
                scheduler.done(batch, done)

    def _construct(self) -> Workbench:
        try:
            return Workbench(LoadedModel(self._factory))
        except OperatorError:
            raise
        # A constructor may call sys.exit, which is no Exception.
        except BaseException as error:
            raise ModelLoadError(told(error)) from error

    async def _call(self, function: Callable[[], T]) -> T:
        """Call `function` in the thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Callable[[], T]] = loop.create_future()

        def settle(outcome: Callable[[], T]) -> None:
            if not done.cancelled():
                done.set_result(outcome)

        def run() -> None:
            if done.cancelled():
                return
            outcome = _outcome(function)
            # RuntimeError: the loop is closed, nobody waits any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, outcome)

        self._calls.put(run)
        return (await done)()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
        if self._bench is not None:
            self._bench.close()
        self._bench = None


def _outcome(function: Callable[[], T]) -> Callable[[], T]:
    """Call `function`, and give what returns or raises again what it returned or raised."""
    try:
        result = function()
    # A model may raise what is no Exception; the thread must not end of it.
    except BaseException as error:
        failure = error
    else:
        return lambda: result

    def fail() -> T:
        raise failure

    return fail
