"""Predictions and sessions: find the model, judge the input, queue it, and turn whatever went wrong into a named error.

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
    NotFound,
    ServiceError,
    ShuttingDown,
    Superseded,
)
from tornado_ml.inference.jobs import Job, Outcome, StreamJob
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.sessions import Session, SessionEnd
from tornado_ml.models.manager import Deployment, ModelManager

log = logging.getLogger(__name__)

_request_numbers = itertools.count(1)


@dataclass(slots=True)
class Request:
    """What a client asks for.

    Attributes:
        input_data: a document, as the client sent it.
        model_version: `"1"` or `"1.2"`; None for the newest that is ready.
        deadline_s: seconds from its arrival in which it must be answered; None leaves that to the model's `timeout_s`.
        session: the session to ask in, if any; the names must be those of its model.
        is_json: whether a JSON parser made `input_data`; else it is looked through for NaN and byte strings.
    """

    model_qualified_name: str
    input_data: Any
    model_version: str | None = None
    deadline_s: float | None = None
    session: Session | None = None
    is_json: bool = False


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


class Ticket:
    """A request that is open: what its client may still do about it."""

    __slots__ = ("_job", "_model_version", "_number", "_on_answer", "_request", "_scheduler", "_service", "_started")

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
        self._model_version = deployment.model_version
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
        if request.session is None:
            self._job = self._scheduler.submit(request.input_data, client, self._settled, request.deadline_s)
        else:
            self._job = request.session.submit(request.input_data, self._settled, request.deadline_s)

    def enqueue_stream(self, client: Hashable, on_partial: Callable[[Partial], None]) -> None:
        """The same, for a client that wants partial predictions."""
        request = self._request

        def hand_on(index: int, prediction: Any) -> None:
            on_partial(Partial(request.model_qualified_name, prediction, index))

        job = StreamJob(request.input_data, client, self._settled, self._number, hand_on)
        self._scheduler.admit(job, request.deadline_s)
        self._job = job

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
                self._model_version,
                outcome.prediction,
                outcome.queue_s,
                outcome.predict_s,
                total_s,
                outcome.batch_size,
            )
        return _told(outcome, self.id, name)


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
        self._sessions: dict[Session, Deployment[ModelRunner]] = {}
        self.is_draining = False
        """Whether new work is refused."""

    @property
    def open_count(self) -> int:
        """How many requests somebody waits for."""
        return len(self._open)

    @property
    def session_count(self) -> int:
        """How many sessions are being opened, open or being closed."""
        return len(self._sessions)

    def submit(
        self,
        request: Request,
        client: Hashable,
        on_answer: Callable[[Prediction | ServiceError], None],
        on_partial: Callable[[Partial], None] | None = None,
    ) -> Ticket:
        """Ask for a prediction.

        Args:
            request: what for.
            client: who asks: clients are served in turn.
            on_answer: called once with the prediction or the error, later, unless the ticket is forgotten before.
            on_partial: called before that with each partial prediction, of which the ticket has to be told when it has
                left for the client; a model that gives none, and a session, just answer. None if they are not wanted.

        Raises:
            ServiceError: it is refused at once; `on_answer` will not be called.
        """
        if self.is_draining:
            raise ShuttingDown
        started = self.clock()
        if request.session is None:
            deployment = self._manager.find(request.model_qualified_name, request.model_version)
        else:
            deployment = self._deployment_of(request, request.session)
        validator = deployment.input_validator
        fits = validator.fits_plain if request.is_json else validator.fits
        if not fits(request.input_data):
            raise InvalidInput(details=validator.faults(request.input_data))
        ticket = Ticket(self, request, deployment, on_answer, started)
        if on_partial is None or request.session is not None or not deployment.ready_report.has_stream:
            ticket.enqueue(client)
        else:
            ticket.enqueue_stream(client, on_partial)
        self._open.add(ticket)
        return ticket

    def open_session(
        self,
        model_qualified_name: str,
        parameters: Any,
        client: Hashable,
        *,
        model_version: str | None = None,
        on_opened: Callable[[ServiceError | None], None],
        on_closed: Callable[[SessionEnd], None],
    ) -> Session:
        """Begin to open a session: what is asked in it is answered in its order by a model that remembers.

        Args:
            model_qualified_name: the model.
            parameters: what its session schema describes.
            client: who asks: clients are served in turn.
            model_version: `"1"` or `"1.2"`; None for the newest that is ready.
            on_opened: called once, later, with None or with why it could not be opened.
            on_closed: called once after it was opened, with why it is over.

        Raises:
            ServiceError: it is refused at once; nobody is told anything.
        """
        if self.is_draining:
            raise ShuttingDown
        deployment = self._manager.find(model_qualified_name, model_version)
        validator = deployment.runner.parameters_validator
        if not deployment.ready_report.has_session or validator is None:
            raise NotFound(f"The model {model_qualified_name} keeps no sessions.")
        if not validator.fits(parameters):
            raise InvalidInput(
                "The parameters do not fit the model's session schema.", details=validator.faults(parameters)
            )

        def opened(error: Exception | None) -> None:
            on_opened(None if error is None else _told(error, session.id, model_qualified_name))

        session = deployment.runner.sessions.open(parameters, client, opened, on_closed, self._session_over)
        self._sessions[session] = deployment
        return session

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

    def _deployment_of(self, request: Request, session: Session) -> Deployment[ModelRunner]:
        deployment = self._sessions.get(session)
        if deployment is None or not session.is_open:
            raise NotFound("There is no such session.")
        versions = (None, session.model_version, session.model_version.partition(".")[0])
        if request.model_qualified_name != session.model_qualified_name or request.model_version not in versions:
            raise NotFound("The session is one of another model.")
        return deployment

    def _session_over(self, session: Session) -> None:
        del self._sessions[session]

    async def drain(self, timeout_s: float) -> None:
        """Refuse new work, wait for what runs, and answer `ShuttingDown` to what is left after `timeout_s`."""
        self.is_draining = True
        deadline = self.clock() + timeout_s
        while self._open and self.clock() < deadline:
            await asyncio.sleep(0.01)
        for ticket in list(self._open):
            ticket.cut_off()


def _told(error: Exception, id: str, name: str) -> ServiceError:
    """What the client is told of a failure; the cause that it is not told goes to the log under an id."""
    if isinstance(error, InvalidOutput):
        faults = "; ".join(f"{fault.path or '(the whole)'} {fault.message}" for fault in error.details)
        log.error("Request %s: the prediction of model %s is bad: %s", id, name, faults)
        told: ServiceError = InvalidOutput()
    elif isinstance(error, ServiceError):
        return error
    else:
        log.error("Request %s: model %s failed: %s", id, name, error)
        told = Internal()
    told.request_id = id
    return told
