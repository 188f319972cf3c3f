"""One version of one model at work: its executor, and the queue in front of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from tornado_ml.errors import ModelLoadError, ModelNotReady, ModelRefused
from tornado_ml.inference.executors import EXECUTORS, Executor
from tornado_ml.inference.scheduler import Limits, Scheduler
from tornado_ml.models.loaded import ModelReport
from tornado_ml.models.manager import Registration
from tornado_ml.settings import ModelSettings, Settings

log = logging.getLogger(__name__)

DEFAULT_EXECUTOR = "process"


class ModelRunner:
    """Runs a registered model as the settings say.

    The settings go by the model's name. Where only the constructed model says its name, it is constructed as the
    defaults have it, and once more if the settings of its name have it otherwise.
    """

    def __init__(self, registration: Registration, settings: Settings) -> None:
        self._registration = registration
        self._settings = settings
        self._executor: Executor | None = None
        self._scheduler: Scheduler | None = None

    async def load(self, on_failed: Callable[[str], None]) -> ModelReport:
        """Construct the model and begin to run it.

        Args:
            on_failed: told why when it can be run no more.

        Raises:
            ModelLoadError: it cannot be constructed.
        """
        identity = self._registration.identity
        settings = self._settings.model(identity[0] if identity else "")
        executor, report = await self._load_as(settings)
        named = self._settings.model(report.qualified_name)
        if named != settings:
            settings = named
            await self.close()
            executor, report = await self._load_as(settings)
        size = settings.max_batch_size if report.has_batch else 1
        limits = Limits(settings.max_queue, size, settings.max_batch_wait_s, settings.timeout_s, settings.retry)
        self._scheduler = Scheduler(limits, settings.workers)

        def fail(reason: str) -> None:
            log.error("Model %s has failed: %s", report.qualified_name, reason)
            if self._scheduler is not None:
                self._scheduler.fail_all(reason)
            on_failed(reason)

        executor.start(self._scheduler, fail)
        return report

    @property
    def scheduler(self) -> Scheduler:
        """Raises ModelNotReady before `load` and after `close`."""
        if self._scheduler is None:
            raise ModelNotReady
        return self._scheduler

    async def finish(self, timeout_s: float) -> None:
        """Returns when all that was asked of it is answered, or after `timeout_s`."""
        if self._scheduler is not None:
            await self._scheduler.idle(timeout_s)

    async def close(self) -> None:
        """Stop. What still waits is answered that the model is gone."""
        scheduler, self._scheduler = self._scheduler, None
        executor, self._executor = self._executor, None
        if scheduler is not None:
            scheduler.fail_all("The model is being unloaded.")
        if executor is not None:
            await executor.close()

    async def _load_as(self, settings: ModelSettings) -> tuple[Executor, ModelReport]:
        kind = settings.executor or getattr(self._registration.factory, "executor", None) or DEFAULT_EXECUTOR
        if kind not in list(EXECUTORS):
            raise ModelRefused(f"It asks for the executor {kind!r}; there are {', '.join(EXECUTORS)}.")
        executor = self._executor = EXECUTORS[kind](self._registration, settings)
        report = await executor.load()
        if self._executor is not executor:
            await executor.close()
            raise ModelLoadError("It was unloaded while it was loading.")
        return executor, report
