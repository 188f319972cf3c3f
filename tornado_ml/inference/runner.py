"""One version of one model at work: its executor, and the queue in front of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from tornado_ml.errors import ModelLoadError, ModelNotReady, ModelRefused
from tornado_ml.inference.executors.known import EXECUTORS, Executor
from tornado_ml.inference.scheduler import Limits, Scheduler
from tornado_ml.inference.sessions import SessionEnd, Sessions
from tornado_ml.metrics import Metrics, Sample, declarations
from tornado_ml.models.loaded import ModelReport
from tornado_ml.models.manager import Registration
from tornado_ml.models.schema import Validator
from tornado_ml.settings import ModelSettings, Settings

log = logging.getLogger(__name__)

DEFAULT_EXECUTOR = "process"


class ModelRunner:
    """Runs a registered model as the settings say.

    The settings go by the model's name. Where only the constructed model says its name, it is constructed as the
    defaults have it, and once more if the settings of its name have it otherwise.
    """

    def __init__(self, registration: Registration, settings: Settings, metrics: Metrics | None = None) -> None:
        self._registration = registration
        self._settings = settings
        self._metrics = metrics or Metrics()  # where nobody asks for them, they are counted all the same
        self._executor: Executor | None = None
        self._scheduler: Scheduler | None = None
        self._sessions: Sessions | None = None
        self.parameters_validator: Validator | None = None
        """Judges the parameters of sessions; None where the model keeps none."""

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
        self._sessions = Sessions(
            self._scheduler,
            report.qualified_name,
            "{}.{}".format(*report.identity[1]),
            max_count=settings.max_sessions,
            idle_s=self._settings.sessions.session_idle_s,
        )
        if report.session_schema is not None:
            self.parameters_validator = Validator(report.session_schema)

        def fail(reason: str) -> None:
            name = report.qualified_name
            log.error("Model %s has failed: %s", name, reason, extra={"model": name})
            self._answer_all(reason, SessionEnd.WORKER_DIED)
            on_failed(reason)

        executor.start(self._scheduler, fail)
        return report

    @property
    def scheduler(self) -> Scheduler:
        """Raises ModelNotReady before `load` and after `close`."""
        if self._scheduler is None:
            raise ModelNotReady
        return self._scheduler

    @property
    def sessions(self) -> Sessions:
        """Raises ModelNotReady before `load` and after `close`."""
        if self._sessions is None:
            raise ModelNotReady
        return self._sessions

    @property
    def held_count(self) -> int:
        """How many streams and sessions its workers hold, as far as they have said."""
        return 0 if self._scheduler is None else self._scheduler.held_count

    def samples(self, model: str, version: str) -> Iterator[Sample]:
        """What it has to do, and what its workers hold, by the labels that name it."""
        if self._scheduler is None or self._sessions is None or self._executor is None:
            return
        waiting, running = self._scheduler.counts()
        yield declarations.QUEUED, (model, version), waiting
        yield declarations.RUNNING, (model, version), running
        yield declarations.MAX_QUEUED, (model, version), self._scheduler.max_queue
        yield declarations.SESSIONS, (model, version), len(self._sessions)
        workers = self._executor.worker_bytes()
        if workers is None:
            return
        yield declarations.WORKERS, (model, version), len(workers)
        for number, held_bytes in workers.items():
            yield declarations.WORKER_MEMORY, (model, version, str(number)), held_bytes

    async def finish(self, timeout_s: float) -> None:
        """End the sessions; returns when all that was asked of it is answered, or after `timeout_s`."""
        if self._scheduler is not None and self._sessions is not None:
            self._sessions.end_all()
            await self._scheduler.idle(timeout_s)

    async def close(self) -> None:
        """Stop. What still waits is answered that the model is gone."""
        self._answer_all("The model is being unloaded.", SessionEnd.UNLOADED)
        scheduler, self._scheduler, self._sessions = self._scheduler, None, None
        executor, self._executor = self._executor, None
        if executor is not None:
            await executor.close()
        if scheduler is not None:
            scheduler.close()

    def _answer_all(self, reason: str, end: SessionEnd) -> None:
        if self._scheduler is not None and self._sessions is not None:
            self._scheduler.fail_all(reason)
            self._sessions.lose_all(end)

    async def _load_as(self, settings: ModelSettings) -> tuple[Executor, ModelReport]:
        kind = settings.executor or getattr(self._registration.factory, "executor", None) or DEFAULT_EXECUTOR
        if kind not in list(EXECUTORS):
            raise ModelRefused(f"It asks for the executor {kind!r}; there are {', '.join(EXECUTORS)}.")
        executor = self._executor = EXECUTORS[kind](self._registration, settings, self._metrics)
        report = await executor.load()
        if self._executor is not executor:
            await executor.close()
            raise ModelLoadError("It was unloaded while it was loading.")
        return executor, report
