"""Runs a model in the event loop itself: nothing is quicker, and nothing else happens meanwhile.

For models that take microseconds, and as the baseline that the others are measured against.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tornado_ml.errors import ModelLoadError, OperatorError, WorkerLost, told
from tornado_ml.inference.scheduler import Scheduler
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import Registration
from tornado_ml.settings import ModelSettings


class InlineExecutor:
    """One model in the event loop."""

    def __init__(self, registration: Registration, settings: ModelSettings) -> None:
        self._max_batch_size = settings.max_batch_size
        self._factory = registration.factory
        self._model: LoadedModel | None = None
        self._task: asyncio.Task[None] | None = None

    async def load(self) -> ModelReport:
        try:
            self._model = LoadedModel(self._factory)
        except OperatorError:
            raise
        # A constructor may call sys.exit, which is no Exception.
        except BaseException as error:
            raise ModelLoadError(told(error)) from error
        return self._model.report

    def start(self, scheduler: Scheduler, on_failed: Callable[[str], None]) -> None:
        del on_failed
        self._task = asyncio.create_task(self._serve(scheduler))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _serve(self, scheduler: Scheduler) -> None:
        assert self._model is not None
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        while (batch := await scheduler.next_batch(never)) is not None:
            started = time.monotonic()
            try:
                answers = self._model.answer(batch.documents, self._max_batch_size)
            except MemoryError:
                scheduler.lost(batch, WorkerLost("it ran out of memory", may_retry=False))
            else:
                scheduler.done(batch, answers, time.monotonic() - started)
            await asyncio.sleep(0)
