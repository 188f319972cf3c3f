"""Requests: what is asked for, what is answered, and, while one is open, what its client may still do about it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornado_ml.errors import Cancelled, Internal, InvalidOutput, ServiceError, ShuttingDown, Superseded
from tornado_ml.inference.jobs import Job, Outcome, StreamJob
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.sessions import Session
from tornado_ml.models.manager import Deployment
from tornado_ml.traces import Parent

if TYPE_CHECKING:
    from tornado_ml.inference.service import InferenceService
    from tornado_ml.inference.tracing import RequestTrace

log = logging.getLogger(__name__)

_numbers = itertools.count(1)


@dataclass(slots=True)
class Request:
    """What a client asks for.

    Attributes:
        input_data: a document, as the client sent it.
        model_version: `"1"` or `"1.2"`; None for the newest that is ready.
        deadline_s: seconds from its arrival in which it must be answered; None leaves that to the model's `timeout_s`.
        session: the session to ask in, if any; the names must be those of its model.
        is_json: whether a JSON parser made `input_data`; else it is looked through for NaN and byte strings.
        parent: the span of the client that it was asked in, if it said one.
        number: tells it apart from every other; 0 until it is submitted.
        trace: its own trace, where there are traces.
    """

    model_qualified_name: str
    input_data: Any
    model_version: str | None = None
    deadline_s: float | None = None
    session: Session | None = None
    is_json: bool = False
    parent: Parent | None = None
    number: int = 0
    trace: RequestTrace | None = None

    @property
    def id(self) -> str:
        """What the log names it by."""
        return f"q{self.number}"

    def begin(self) -> None:
        """It is submitted."""
        self.number = next(_numbers)


@dataclass(slots=True)
class Partial:
    """A partial prediction on the way to the answer; `index` counts from 0."""

    model_qualified_name: str
    prediction: Any
    index: int


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


@dataclass(slots=True)
class Settled:
    """A request that is over, or was refused.

    Attributes:
        request_id: what the log names it by.
        model_version: of the model that was asked; None where none was found that could be.
        answer: what its client is told; `Cancelled` if the client has gone and is told nothing.
        started, ended: by the clock of the service.
        partial_count: how many partial predictions came before the answer.
    """

    request: Request
    request_id: str
    model_version: str | None
    answer: Prediction | ServiceError
    started: float
    ended: float
    partial_count: int = 0


class Ticket:
    """A request that is open: what its client may still do about it."""

    __slots__ = (
        "_job",
        "_on_answer",
        "_scheduler",
        "_service",
        "model_version",
        "partial_count",
        "request",
        "started",
    )

    def __init__(
        self,
        service: InferenceService,
        request: Request,
        deployment: Deployment[ModelRunner],
        on_answer: Callable[[Prediction | ServiceError], None],
        started: float,
    ) -> None:
        self.request = request
        self.model_version = deployment.model_version
        self.started = started
        self.partial_count = 0
        self._service = service
        self._on_answer: Callable[[Prediction | ServiceError], None] | None = on_answer
        self._scheduler = deployment.runner.scheduler
        self._job: Job | None = None

    @property
    def id(self) -> str:
        """What the log names the request by."""
        return self.request.id

    def enqueue(self, client: Hashable) -> None:
        """Put it into the model's queue. Raises ServiceError if it is refused."""
        request = self.request
        if request.session is None:
            self._job = self._scheduler.submit(request.input_data, client, self._settled, request.deadline_s)
        else:
            self._job = request.session.submit(request.input_data, self._settled, request.deadline_s)
        self._name(self._job)

    def enqueue_stream(self, client: Hashable, on_partial: Callable[[Partial], None]) -> None:
        """The same, for a client that wants partial predictions."""
        request = self.request

        def hand_on(index: int, prediction: Any) -> None:
            self.partial_count += 1
            on_partial(Partial(request.model_qualified_name, prediction, index))

        job = StreamJob(request.input_data, client, self._settled, request.number, hand_on)
        self._name(job)
        self._scheduler.admit(job, request.deadline_s)
        self._job = job

    def _name(self, job: Job) -> None:
        """Let its worker know whose work it is, for what the model logs and for its spans."""
        job.request_id = self.id
        if self.request.trace is not None:
            job.trace = self.request.trace.work

    def partial_taken(self) -> None:
        """A partial prediction has left for the client. While too many have not, no more are made."""
        if isinstance(self._job, StreamJob):
            self._scheduler.partial_taken(self._job)

    def drop(self, dropped_as: type[Cancelled | Superseded]) -> None:
        """Ask for no prediction any more; the answer says what became of it, or is the prediction if it was quicker."""
        if self._job is not None:
            self._scheduler.drop(self._job, dropped_as)

    def forget(self) -> None:
        """The client is gone: nobody is told any more."""
        if self._job is not None:
            self._take_back(Cancelled("stopped" if self._job.runs else "skipped"))

    def cut_off(self) -> None:
        """Answer that the service stops, whatever becomes of the prediction."""
        on_answer = self._on_answer
        if on_answer is not None:
            answer = ShuttingDown()
            self._take_back(answer)
            on_answer(answer)

    def _take_back(self, answer: ServiceError) -> None:
        if self._job is not None:
            self._scheduler.forget(self._job)
        self._close(answer)

    def _settled(self, outcome: Outcome | Exception) -> None:
        on_answer = self._on_answer
        answer = self._told(outcome)
        self._close(answer)
        if on_answer is not None:
            on_answer(answer)

    def _close(self, answer: Prediction | ServiceError) -> None:
        # Ticket, job and whoever is to be told refer to each other; kept so, they would wait for the garbage collector.
        self._job = None
        self._on_answer = None
        self._service.closed(self, answer)

    def _told(self, outcome: Outcome | Exception) -> Prediction | ServiceError:
        """What the client is told; the cause that it is not told goes to the log under the request's id."""
        name = self.request.model_qualified_name
        if isinstance(outcome, Outcome):
            total_s = self._service.clock() - self.started
            if log.isEnabledFor(logging.DEBUG):
                text = "Request %s of model %s: %.6f s in the queue, %.6f s to predict, %.6f s in all, a batch of %d."
                values = (self.id, name, outcome.queue_s, outcome.predict_s, total_s, outcome.batch_size)
                log.debug(text, *values, extra={"request_id": self.id, "model": name})
            return Prediction(
                name,
                self.model_version,
                outcome.prediction,
                outcome.queue_s,
                outcome.predict_s,
                total_s,
                outcome.batch_size,
            )
        return what_is_told(outcome, self.id, name)


def what_is_told(error: Exception, id: str, name: str) -> ServiceError:
    """What the client is told of a failure; the cause that it is not told goes to the log under an id."""
    if isinstance(error, InvalidOutput):
        faults = "; ".join(f"{fault.path or '(the whole)'} {fault.message}" for fault in error.details)
        told: ServiceError = InvalidOutput()
        fields = {"request_id": id, "model": name, "code": told.code}
        log.error("Request %s: the prediction of model %s is bad: %s", id, name, faults, extra=fields)
    elif isinstance(error, ServiceError):
        return error
    else:
        told = Internal()
        fields = {"request_id": id, "model": name, "code": told.code}
        log.error("Request %s: model %s failed: %s", id, name, error, extra=fields)
    told.request_id = id
    return told
