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
from tornado_ml.models.manager import Deployment, ModelManager

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
    """A request that is open: what its client may still do about it."""

    __slots__ = ("_deployment", "_job", "_number", "_on_answer", "_request", "_scheduler", "_service", "_started")

    def __init__(
        self,
        service: InferenceService,
        request: Request,
        deployment: Deployment[ModelRunner],
        on_answer: Callable[[Prediction | ServiceError], None],
        started: float,
    ) -> None:
        self._service = service
        self._request = request
        self._deployment = deployment
        self._on_answer: Callable[[Prediction | ServiceError], None] | None = on_answer
        self._started = started
        self._number = next(_request_numbers)
        self._scheduler = deployment.runner.scheduler
        self._job: Job | None = None

    @property
    def id(self) -> str:
        """What the log names the request by."""
        return f"q{self._number}"

    def enqueue(self, client: Hashable) -> None:
        """Put it into the model's queue. Raises ServiceError if it is refused."""
        request = self._request
        self._job = self._scheduler.submit(request.input_data, client, self._settled, request.deadline_s)

    def drop(self, dropped_as: type[Cancelled | Superseded]) -> None:
        """Ask for no prediction any more; the answer says what became of it, or is the prediction if it was quicker."""
        if self._job is not None:
            self._scheduler.drop(self._job, dropped_as)

    def forget(self) -> None:
        """The client is gone: nobody is told any more."""
        self._on_answer = None
        if self._job is not None:
            self._scheduler.forget(self._job)
        self._close()

    def cut_off(self) -> None:
        """Answer that the service stops, whatever becomes of the prediction."""
        on_answer = self._on_answer
        self.forget()
        if on_answer is not None:
            on_answer(ShuttingDown())

    def _settled(self, outcome: Outcome | Exception) -> None:
        on_answer = self._on_answer
        answer = self._told(outcome)
        self._close()
        if on_answer is not None:
            on_answer(answer)

    def _close(self) -> None:
        # Ticket, job and whoever is to be told refer to each other; kept so, they would wait for the garbage collector.
        self._job = None
        self._on_answer = None
        self._service.closed(self)

    def _told(self, outcome: Outcome | Exception) -> Prediction | ServiceError:
        """What the client is told; the cause that it is not told goes to the log under the request's id."""
        name = self._request.model_qualified_name
        if isinstance(outcome, Outcome):
            total_s = self._service.clock() - self._started
            if log.isEnabledFor(logging.DEBUG):
                text = "Request %s of model %s: %.6f s in the queue, %.6f s to predict, %.6f s in all, a batch of %d."
                log.debug(text, self.id, name, outcome.queue_s, outcome.predict_s, total_s, outcome.batch_size)
            return Prediction(
                name,
                self._deployment.model_version,
                outcome.prediction,
                outcome.queue_s,
                outcome.predict_s,
                total_s,
                outcome.batch_size,
            )
        if isinstance(outcome, InvalidOutput):
            faults = "; ".join(f"{fault.path or '(the whole)'} {fault.message}" for fault in outcome.details)
            log.error("Request %s: the prediction of model %s is bad: %s", self.id, name, faults)
            told: ServiceError = InvalidOutput()
        elif isinstance(outcome, ServiceError):
            return outcome
        else:
            log.error("Request %s: model %s failed: %s", self.id, name, outcome)
            told = Internal()
        told.request_id = self.id
        return told


class InferenceService:
    """Makes predictions with the models of one manager.

    Args:
        manager: knows the models.
        clock: monotonic, in seconds.
    """

    def __init__(self, manager: ModelManager[ModelRunner], clock: Callable[[], float] = time.monotonic) -> None:
        self._manager = manager
        self.clock = clock
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
        started = self.clock()
        deployment = self._manager.find(request.model_qualified_name, request.model_version)
        validator = deployment.input_validator
        if not validator.fits_plain(request.input_data):
            raise InvalidInput(details=validator.faults(request.input_data))
        ticket = Ticket(self, request, deployment, on_answer, started)
        ticket.enqueue(client)
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
        deadline = self.clock() + timeout_s
        while self._open and self.clock() < deadline:
            await asyncio.sleep(0.01)
        for ticket in list(self._open):
            ticket.cut_off()
