"""Requests on their way through a queue and an executor, one by one and in batches."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from tornado_ml.errors import Cancelled, CancelOutcome, ModelCrashed, ServiceError, Superseded
from tornado_ml.inference.batching import Batcher
from tornado_ml.inference.workbench import AdvanceStream, BeginStream, CloseStream, Predict, Work
from tornado_ml.traces import WorkTrace

if TYPE_CHECKING:
    from tornado_ml.inference.stations import Station

log = logging.getLogger(__name__)

PARTIAL_WINDOW = 16
"""How many partial predictions may be on their way to a client that has not taken them yet."""


class JobState(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    SETTLED = "settled"


@dataclass(slots=True)
class Outcome:
    """A prediction that was made. Durations are seconds."""

    prediction: Any
    queue_s: float
    predict_s: float
    batch_size: int


class Job:
    """One request, and who is told what became of it.

    Args:
        data: the input.
        client: whose request it is: clients are served in turn.
        on_settled: called once, with the outcome or with why there is none.
    """

    __slots__ = (
        "batch",
        "client",
        "data",
        "dropped_as",
        "on_settled",
        "queue",
        "queued_at",
        "request_id",
        "runs",
        "state",
        "timer",
        "trace",
    )

    is_blamed = True
    """Whether its input is remembered if a worker dies of it."""
    station: Station | None = None
    """The worker that holds what it works on; None while any will do."""

    def __init__(self, data: Any, client: Hashable, on_settled: Callable[[Outcome | Exception], None]) -> None:
        self.data = data
        self.client = client
        self.on_settled = on_settled
        self.queued_at = math.inf
        """Since when it waits, on the scheduler's clock."""
        self.queue: Batcher[Job] | None = None
        """Where it waits."""
        self.state = JobState.QUEUED
        self.runs = 0
        """How many workers have begun it."""
        self.batch: Batch | None = None
        self.dropped_as: type[Cancelled | Superseded] | None = None
        """Set once its client only waits to hear what became of it."""
        self.timer: asyncio.TimerHandle | None = None
        """Goes off when the client's deadline has passed."""
        self.request_id = ""
        """What the log names it by."""
        self.trace: WorkTrace | None = None
        """What the model's own spans belong to."""

    def settle(self, outcome: Outcome | Exception) -> None:
        """Tell what became of it, unless that has been told."""
        if self.state is not JobState.SETTLED:
            self._has_settled()
            try:
                self.on_settled(outcome)
            except Exception:  # the fault of one client's answer must not keep the others from theirs
                log.exception("An answer could not be given.")

    def forget(self) -> None:
        """Tell nobody any more."""
        self._has_settled()

    def begin(self, batch: Batch) -> None:
        """A worker goes about it."""
        self.state = JobState.RUNNING
        self.runs += 1
        self.queue = None
        self.batch = batch

    @property
    def is_waited_for(self) -> bool:
        """Whether anybody still wants its prediction."""
        return self.state is not JobState.SETTLED and self.dropped_as is None

    @property
    def may_move(self) -> bool:
        """Whether another worker may try it when the one that has begun it dies."""
        return True

    def crashed(self) -> ModelCrashed:
        """The answer if it is lost with its worker."""
        return ModelCrashed()

    def _has_settled(self) -> None:
        self.state = JobState.SETTLED
        if self.timer is not None:
            self.timer.cancel()


class UnitJob(Job):
    """A job that is a unit of work by itself."""

    __slots__ = ("station",)

    station: Station | None

    def __init__(self, data: Any, client: Hashable, on_settled: Callable[[Outcome | Exception], None]) -> None:
        super().__init__(data, client, on_settled)
        self.station = None

    def begin(self, batch: Batch) -> None:
        super().begin(batch)
        self.station = batch.station

    def work(self) -> Work:
        """What its worker is to do next."""
        raise NotImplementedError

    def undo(self) -> Work | None:
        """What lets go of what it has left behind in its worker."""
        return None


class CloseJob(UnitJob):
    """Lets go of what a worker holds."""

    __slots__ = ()
    is_blamed = False

    def work(self) -> Work:
        work: Work = self.data
        return work

    @property
    def may_move(self) -> bool:
        return False


class StreamJob(UnitJob):
    """A request that is answered with partial predictions first.

    Args:
        number: what workers know it by.
        on_partial: called with the index of each partial prediction, and with that itself.
    """

    __slots__ = ("_count", "_number", "_on_partial", "_untaken", "pause", "predict_s", "queue_s")

    def __init__(
        self,
        data: Any,
        client: Hashable,
        on_settled: Callable[[Outcome | Exception], None],
        number: int,
        on_partial: Callable[[int, Any], None],
    ) -> None:
        super().__init__(data, client, on_settled)
        self._number = number
        self._on_partial = on_partial
        self._count = 0
        self._untaken = 0
        self.queue_s = 0.0
        self.predict_s = 0.0
        self.pause: asyncio.TimerHandle | None = None
        """Goes off when the next step is due."""

    @property
    def is_due(self) -> bool:
        """Whether there may be another step now."""
        return self.pause is None and self.credit > 0

    @property
    def credit(self) -> int:
        """How many partial predictions there may be until the client has taken some."""
        return PARTIAL_WINDOW - self._untaken

    def work(self) -> Work:
        if self.station is None:
            return BeginStream(self._number, self.data, self.credit, self.trace, self.request_id)
        return AdvanceStream(self._number, self.credit, self.trace, self.request_id)

    def begin(self, batch: Batch) -> None:
        if self.station is None:
            self.queue_s = batch.started_at - self.queued_at
        else:
            self.runs -= 1  # the same worker goes on with it
        super().begin(batch)

    def undo(self) -> Work | None:
        return CloseStream(self._number)

    @property
    def may_move(self) -> bool:
        return not self._count

    def hand_on(self, partial: Any) -> None:
        """Give the client a partial prediction."""
        index = self._count
        self._count += 1
        self._untaken += 1
        try:
            self._on_partial(index, partial)
        except Exception:  # as with answers
            log.exception("A partial prediction could not be given.")

    def taken(self) -> None:
        """The client has taken one."""
        self._untaken -= 1

    def _has_settled(self) -> None:
        super()._has_settled()
        if self.pause is not None:
            self.pause.cancel()


class Batch:
    """Jobs that a worker runs in one call.

    Attributes:
        station: the worker.
        work: what it is given to do.
        cancel: tells the worker that nobody waits any more; set by the executor.
        kill: stops the worker; set by the executor, None where it cannot.
        is_abandoned: set once nobody waits for any of it.
    """

    __slots__ = ("cancel", "is_abandoned", "jobs", "kill", "started_at", "station", "work")

    def __init__(self, jobs: Sequence[Job], work: Work, station: Station, started_at: float) -> None:
        self.jobs = jobs
        self.work = work
        self.station = station
        self.started_at = started_at
        self.cancel: Callable[[], None] | None = None
        self.kill: Callable[[], None] | None = None
        self.is_abandoned = False

    @property
    def is_waited_for(self) -> bool:
        return any(job.is_waited_for for job in self.jobs)


def work_of(jobs: Sequence[Job], max_batch_size: int) -> Work:
    """What a worker does to run jobs that were taken together; in one call, it can be in one trace."""
    first = jobs[0]
    if isinstance(first, UnitJob):
        return first.work()
    request_id = first.request_id if len(jobs) == 1 else ""
    return Predict([job.data for job in jobs], max_batch_size, first.trace, request_id)


def dropped(job: Job, outcome: CancelOutcome) -> ServiceError:
    """The answer to a job that its client dropped, of which `outcome` became."""
    return Cancelled(outcome) if job.dropped_as is Cancelled else Superseded()
