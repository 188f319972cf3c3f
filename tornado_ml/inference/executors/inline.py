"""Runs a model in the event loop itself: nothing is quicker, and nothing else happens meanwhile.

For models that take microseconds, and as the baseline that the others are measured against.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tornado_ml.errors import ModelLoadError, OperatorError, WorkerLost, told
from tornado_ml.inference.scheduler import Scheduler
from tornado_ml.inference.workbench import Workbench
from tornado_ml.metrics import Metrics
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import Registration
from tornado_ml.settings import ModelSettings


class InlineExecutor:
    """One model in the event loop."""

    def __init__(self, registration: Registration, settings: ModelSettings, metrics: Metrics) -> None:
        del metrics  # no worker is ever lost
        self._factory = registration.factory
        self._bench: Workbench | None = None
        self._task: asyncio.Task[None] | None = None

    async def load(self) -> ModelReport:
        try:
            self._bench = Workbench(LoadedModel(self._factory))
        except OperatorError:
            raise
        # A constructor may call sys.exit, which is no Exception.
        except BaseException as error:
            raise ModelLoadError(told(error)) from error
        return self._bench.model.report

    def start(self, scheduler: Scheduler, on_failed: Callable[[str], None]) -> None:
        del on_failed
        self._task = asyncio.create_task(self._serve(scheduler))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._bench is not None:
            self._bench.close()

    def worker_bytes(self) -> None:
        """There are no worker processes."""

    async def _serve(self, scheduler: Scheduler) -> None:
        assert self._bench is not None
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        while (batch := await scheduler.next_batch(never)) is not None:
            try:
                done = self._bench.do(batch.work)
            except MemoryError:
                scheduler.lost(batch, WorkerLost("it ran out of memory", may_retry=False), self._bench.held_count)
            else:
                scheduler.done(batch, done)
            await asyncio.sleep(0)
