"""Keeps the worker processes of one model alive, and gives them work."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable

from tornado_ml.errors import ModelLoadError, WorkerLost
from tornado_ml.inference.executors.process.handle import WorkerProcess
from tornado_ml.inference.scheduler import Scheduler
from tornado_ml.inference.workbench import Done, failure
from tornado_ml.metrics import Metrics, declarations
from tornado_ml.models.loaded import ModelReport
from tornado_ml.models.manager import Registration
from tornado_ml.settings import ModelSettings

log = logging.getLogger(__name__)

MAX_DEATHS = 5
"""So many deaths while loading or idle in `DEATHS_WINDOW_S` mean that the model has failed."""
DEATHS_WINDOW_S = 60.0
FIRST_DELAY_S = 0.1
MAX_DELAY_S = 5.0
MEMORY_WATCH_S = 0.25


class ProcessExecutor:
    """One model in one or more processes.

    Args:
        registration: which model.
        settings: how many workers, and what each may take.
        metrics: where lost workers are counted.
    """

    def __init__(self, registration: Registration, settings: ModelSettings, metrics: Metrics) -> None:
        self._registration = registration
        self._settings = settings
        self._metrics = metrics
        self._name = registration.identity[0] if registration.identity else registration.plugin
        self._first: WorkerProcess | None = None
        self._workers: set[WorkerProcess] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._idle_deaths: deque[float] = deque()
        self._deaths: deque[float] = deque()
        self._over = asyncio.Event()

    async def load(self) -> ModelReport:
        while True:
            await asyncio.sleep(self._delay_s())
            try:
                report, self._first = await self._load_worker()
            except WorkerLost as error:
                self._deaths.append(time.monotonic())
                if self._over.is_set() or len(self._deaths) >= MAX_DEATHS:
                    raise ModelLoadError(f"Its worker process died while loading it: {error}.") from error
            else:
                self._name = report.qualified_name
                return report

    def start(self, scheduler: Scheduler, on_failed: Callable[[str], None]) -> None:
        first, self._first = self._first, None
        for number in range(self._settings.workers):
            keep = self._keep_one(scheduler, on_failed, number, first if number == 0 else None)
            self._tasks.append(asyncio.create_task(keep))
        if self._settings.max_memory_bytes:
            self._tasks.append(asyncio.create_task(self._watch_memory()))

    async def close(self) -> None:
        self._over.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.close() for worker in list(self._workers)))

    @property
    def pids(self) -> list[int]:
        """The worker processes that there are."""
        return [worker.pid for worker in self._workers]

    def worker_bytes(self) -> dict[int, int]:
        return {worker.number: worker.resident_bytes() for worker in self._workers if not worker.lost.done()}

    async def _load_worker(self, number: int = 0) -> tuple[ModelReport, WorkerProcess]:
        worker = WorkerProcess(self._name, number)
        self._workers.add(worker)
        try:
            report = await worker.load(
                self._registration.recipe,
                timeout_s=self._settings.load_timeout_s,
                max_memory_bytes=self._settings.max_memory_bytes,
            )
        except BaseException:
            await self._dismiss(worker)
            raise
        return report, worker

    async def _dismiss(self, worker: WorkerProcess) -> None:
        worker.kill("it is dismissed")
        await worker.close()
        self._workers.discard(worker)

    async def _keep_one(
        self, scheduler: Scheduler, on_failed: Callable[[str], None], number: int, worker: WorkerProcess | None
    ) -> None:
        """Keep one worker alive and at work, until the model has failed."""
        while True:
            if worker is None:
                worker = await self._replacement(on_failed, number)
                if worker is None:
                    return
            died_at_work = await self._serve(scheduler, worker)
            lost = await worker.lost
            await self._dismiss(worker)
            if self._over.is_set():
                return
            log.warning("A worker of model %s is lost: %s.", self._name, lost, extra={"model": self._name})
            self._metrics.count(declarations.WORKER_RESTARTS, self._name, lost.cause)
            self._deaths.append(time.monotonic())
            worker = None
            if not died_at_work and self._died_idle(on_failed, lost):
                return

    async def _serve(self, scheduler: Scheduler, worker: WorkerProcess) -> bool:
        """Give a worker work until it is lost; whether it was lost at work."""
        while (batch := await scheduler.next_batch(worker.lost)) is not None:
            batch.cancel = worker.cancel
            batch.kill = lambda: worker.kill("it went on with what nobody waits for")
            try:
                done = await worker.run(batch.work)
            except WorkerLost as error:
                scheduler.lost(batch, error)
                return True
            # A document may be fit for JSON and too deep for a pickle.
            except Exception as error:
                done = Done(failure(batch.work, error))
            scheduler.done(batch, done)
        return False

    async def _replacement(self, on_failed: Callable[[str], None], number: int) -> WorkerProcess | None:
        """A new worker, at once or, after several deaths, with a delay; None if the model has failed."""
        # One that takes a minute to fail would never fail five times in a minute: those in a row count, too.
        for attempt in itertools.count(1):
            await asyncio.sleep(self._delay_s())
            if self._over.is_set():
                return None
            try:
                _, worker = await self._load_worker(number)
            except (ModelLoadError, WorkerLost) as error:
                if self._over.is_set():
                    return None
                fields = {"model": self._name}
                log.warning("A worker of model %s could not be started: %s", self._name, error, extra=fields)
                self._metrics.count(declarations.WORKER_RESTARTS, self._name, "load")
                self._deaths.append(time.monotonic())
                if self._died_idle(on_failed, error, is_last=attempt == MAX_DEATHS):
                    return None
            else:
                return worker
        raise AssertionError("unreachable")

    def _died_idle(self, on_failed: Callable[[str], None], reason: Exception, *, is_last: bool = False) -> bool:
        """Count a death while loading or idle; whether they have become too many. Then all the others end as well."""
        self._idle_deaths.append(time.monotonic())
        if len(_recent(self._idle_deaths)) < MAX_DEATHS and not is_last:
            return False
        self._over.set()
        on_failed(f"Its workers died {MAX_DEATHS} times while they were loading or idle; the last: {reason}")
        for worker in self._workers:
            worker.kill("the model has failed")
        return True

    def _delay_s(self) -> float:
        deaths = len(_recent(self._deaths))
        return 0.0 if deaths <= self._settings.workers else min(MAX_DELAY_S, FIRST_DELAY_S * 2.0 ** min(deaths - 2, 10))

    async def _watch_memory(self) -> None:
        limit = self._settings.max_memory_bytes
        while True:
            await asyncio.sleep(MEMORY_WATCH_S)
            for worker in list(self._workers):
                if worker.resident_bytes() > limit:
                    worker.kill(f"it held more than {limit} bytes (max_memory_bytes)", may_retry=False, cause="memory")


def _recent(times: deque[float]) -> deque[float]:
    while times and time.monotonic() - times[0] > DEATHS_WINDOW_S:
        times.popleft()
    return times
