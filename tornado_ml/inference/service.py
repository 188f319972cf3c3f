"""Predictions: find the model, judge the input, queue it, and turn whatever went wrong into a named error.

The socket and REST both ask here.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import (
    Cancelled,
    Internal,
    InvalidInput,
    InvalidOutput,
    ServiceError,
    ShuttingDown,
    Superseded,
)
from tornado_ml.inference.jobs import Job, Outcome
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.scheduler import Scheduler
from tornado_ml.models.manager import ModelManager

log = logging.getLogger(__name__)

_request_numbers = itertools.count(1)


@dataclass(slots=True)
class Request:
    """What a client asks for.

    Attributes:
        input_data: a JSON document, as the client sent it.
        model_version: `"1"` or `"1.2"`; None for the newest that is ready.
        deadline_s: seconds from its arrival in which it must be answered; None leaves that to the model's `timeout_s`.
    """

    model_qualified_name: str
    input_data: Any
    model_version: str | None = None
    deadline_s: float | None = None


@dataclass(slots=True)
class Prediction:
    """What a client is told of a prediction that was made. Durations are seconds."""

    model_qualified_name: str
    model_version: str
    prediction: Any
    queue_s: float
    predict_s: float
    total_s: float
    batch_size: int


class Ticket:
    """A request that is open: what its client may still do about it.

    Attributes:
        id: what the log names the request by.
    """

    __slots__ = ("_job", "_scheduler", "_service", "id", "on_answer")

    def __init__(self, service: InferenceService, on_answer: Callable[[Prediction | ServiceError], None]) -> None:
        self.id = f"q{next(_request_numbers)}"
        self.on_answer = on_answer
        self._service = service
        self._scheduler: Scheduler | None = None
        self._job: Job | None = None

    def opened(self, scheduler: Scheduler, job: Job) -> None:
        """It is in the queue."""
        self._scheduler = scheduler
        self._job = job

    def drop(self, dropped_as: type[Cancelled | Superseded]) -> None:
        """Ask for no prediction any more; the answer says what became of it, or is the prediction if it was quicker."""
        if self._scheduler is not None and self._job is not None:
            self._scheduler.drop(self._job, dropped_as)

    def forget(self) -> None:
        """The client is gone: nobody is told any more."""
        if self._scheduler is not None and self._job is not None:
            self._scheduler.forget(self._job)
        self._service.closed(self)


class InferenceService:
    """Makes predictions with the models of one manager.

    Args:
        manager: knows the models.
        clock: monotonic, in seconds.
    """

    def __init__(self, manager: ModelManager[ModelRunner], clock: Callable[[], float] = time.monotonic) -> None:
        self._manager = manager
        self._clock = clock
        self._open: set[Ticket] = set()
        self.is_draining = False
        """Whether new work is refused."""

    def submit(
        self, request: Request, client: Hashable, on_answer: Callable[[Prediction | ServiceError], None]
    ) -> Ticket:
        """Ask for a prediction.

        Args:
            request: what for.
            client: who asks: clients are served in turn.
            on_answer: called once with the prediction or the error, later, unless the ticket is forgotten before.

        Raises:
            ServiceError: it is refused at once; `on_answer` will not be called.
        """
        if self.is_draining:
            raise ShuttingDown
        started = self._clock()
        deployment = self._manager.find(request.model_qualified_name, request.model_version)
        validator = deployment.input_validator
        if not validator.fits_plain(request.input_data):
            raise InvalidInput(details=validator.faults(request.input_data))
        ticket = Ticket(self, on_answer)

        def on_settled(outcome: Outcome | Exception) -> None:
            self._open.discard(ticket)
            if isinstance(outcome, Outcome):
                total_s = self._clock() - started
                log.debug(
                    "Request %s of model %s: %.6f s in the queue, %.6f s to predict, %.6f s in all, a batch of %d.",
                    ticket.id,
                    request.model_qualified_name,
                    outcome.queue_s,
                    outcome.predict_s,
                    total_s,
                    outcome.batch_size,
                )
                answer: Prediction | ServiceError = Prediction(
                    request.model_qualified_name,
                    deployment.model_version,
                    outcome.prediction,
                    outcome.queue_s,
                    outcome.predict_s,
                    total_s,
                    outcome.batch_size,
                )
            else:
                answer = _told(outcome, ticket.id, request.model_qualified_name)
            ticket.on_answer(answer)

        scheduler = deployment.runner.scheduler
        ticket.opened(scheduler, scheduler.submit(request.input_data, client, on_settled, request.deadline_s))
        self._open.add(ticket)
        return ticket

    async def predict(self, request: Request, client: Hashable) -> Prediction:
        """One prediction, awaited; when the caller is cancelled, nobody is told any more.

        Raises:
            ServiceError: and nothing else.
        """
        answered: asyncio.Future[Prediction | ServiceError] = asyncio.get_running_loop().create_future()

        def on_answer(answer: Prediction | ServiceError) -> None:
            if not answered.done():
                answered.set_result(answer)

        ticket = self.submit(request, client, on_answer)
        try:
            answer = await answered
        except asyncio.CancelledError:
            ticket.forget()
            raise
        if isinstance(answer, ServiceError):
            raise answer
        return answer

    def closed(self, ticket: Ticket) -> None:
        """Nobody waits for a ticket's answer any more."""
        self._open.discard(ticket)

    async def drain(self, timeout_s: float) -> None:
        """Refuse new work, wait for what runs, and answer `ShuttingDown` to what is left after `timeout_s`."""
        self.is_draining = True
        deadline = self._clock() + timeout_s
        while self._open and self._clock() < deadline:
            await asyncio.sleep(0.01)
        for ticket in list(self._open):
            ticket.forget()
            ticket.on_answer(ShuttingDown())


def _told(error: Exception, request_id: str, model_qualified_name: str) -> ServiceError:
    """What the client is told of a failure; the cause that it is not told goes to the log under the request id."""
    if isinstance(error, InvalidOutput):
        faults = "; ".join(f"{fault.path or '(the whole)'} {fault.message}" for fault in error.details)
        log.error("Request %s: the prediction of model %s is bad: %s", request_id, model_qualified_name, faults)
        told: ServiceError = InvalidOutput()
    elif isinstance(error, ServiceError):
        return error
    else:
        log.error("Request %s: model %s failed: %s", request_id, model_qualified_name, error)
        told = Internal()
    told.request_id = request_id
    return told
