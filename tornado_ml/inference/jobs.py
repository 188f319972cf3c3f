"""Requests on their way through a queue and an executor, one by one and in batches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tornado_ml.errors import Cancelled, CancelOutcome, ServiceError, Superseded

log = logging.getLogger(__name__)


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
        queued_at: when it came, on the scheduler's clock.
        on_settled: called once, with the outcome or with why there is none.
    """

    __slots__ = ("batch", "client", "data", "dropped_as", "on_settled", "queued_at", "runs", "state", "timer")

    def __init__(
        self,
        data: Any,
        client: Hashable,
        queued_at: float,
        on_settled: Callable[[Outcome | Exception], None],
    ) -> None:
        self.data = data
        self.client = client
        self.queued_at = queued_at
        self.on_settled = on_settled
        self.state = JobState.QUEUED
        self.runs = 0
        """How many workers have begun it."""
        self.batch: Batch | None = None
        self.dropped_as: type[Cancelled | Superseded] | None = None
        """Set once its client only waits to hear what became of it."""
        self.timer: asyncio.TimerHandle | None = None
        """Goes off when the client's deadline has passed."""

    def settle(self, outcome: Outcome | Exception) -> None:
        """Tell what became of it, unless that has been told."""
        if self.state is not JobState.SETTLED:
            self.forget()
            try:
                self.on_settled(outcome)
            except Exception:  # the fault of one client's answer must not keep the others from theirs
                log.exception("An answer could not be given.")

    def forget(self) -> None:
        """Tell nobody any more."""
        self.state = JobState.SETTLED
        if self.timer is not None:
            self.timer.cancel()

    @property
    def is_waited_for(self) -> bool:
        """Whether anybody still wants its prediction."""
        return self.state is not JobState.SETTLED and self.dropped_as is None


class Batch:
    """Jobs that a worker runs in one call.

    Attributes:
        cancel: tells the worker that nobody waits any more; set by the executor.
        kill: stops the worker; set by the executor, None where it cannot.
        is_abandoned: set once nobody waits for any of it.
    """

    __slots__ = ("cancel", "is_abandoned", "jobs", "kill", "started_at")

    def __init__(self, jobs: Sequence[Job], started_at: float) -> None:
        self.jobs = jobs
        self.started_at = started_at
        self.cancel: Callable[[], None] | None = None
        self.kill: Callable[[], None] | None = None
        self.is_abandoned = False

    @property
    def documents(self) -> list[Any]:
        return [job.data for job in self.jobs]

    @property
    def is_waited_for(self) -> bool:
        return any(job.is_waited_for for job in self.jobs)


def dropped(job: Job, outcome: CancelOutcome) -> ServiceError:
    """The answer to a job that its client dropped, of which `outcome` became."""
    return Cancelled(outcome) if job.dropped_as is Cancelled else Superseded()
