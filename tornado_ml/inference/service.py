"""Predictions and sessions: find the model, judge the input, and queue it.

The socket and REST both ask here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from tornado_ml.errors import InvalidInput, NotFound, ServiceError, ShuttingDown
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.sessions import Session, SessionEnd
from tornado_ml.inference.tickets import Partial, Prediction, Request, Settled, Ticket, what_is_told
from tornado_ml.models.manager import Deployment, ModelManager

if TYPE_CHECKING:
    from tornado_ml.inference.tracing import RequestTracer

__all__ = ["InferenceService", "Listener", "Partial", "Prediction", "Request", "Settled", "Ticket"]

log = logging.getLogger(__name__)

Listener = Callable[[Settled], None]


class InferenceService:
    """Makes predictions with the models of one manager.

    Args:
        manager: knows the models.
        clock: monotonic, in seconds.
        listeners: each is told once of every request, when it is over or refused.
        tracer: begins the traces of requests, where there are any; one of the listeners as well.
    """

    def __init__(
        self,
        manager: ModelManager[ModelRunner],
        clock: Callable[[], float] = time.monotonic,
        listeners: Sequence[Listener] = (),
        tracer: RequestTracer | None = None,
    ) -> None:
        self._manager = manager
        self._tracer = tracer
        self._listeners = listeners
        self.clock = clock
        self._open: set[Ticket] = set()
        self._sessions: dict[Session, Deployment[ModelRunner]] = {}
        self.is_starting = False
        """Whether what surrounds it is still being made; it answers, but whoever asks is told that it is not ready."""
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
        started = self.clock()
        request.begin()
        if self._tracer is not None:
            self._tracer.begin(request, started)
        deployment: Deployment[ModelRunner] | None = None
        try:
            deployment = self._deployment_for(request)
            validator = deployment.input_validator
            fits = validator.fits_plain if request.is_json else validator.fits
            if not fits(request.input_data):
                raise InvalidInput(details=validator.faults(request.input_data))
            ticket = Ticket(self, request, deployment, on_answer, started)
            if on_partial is None or request.session is not None or not deployment.ready_report.has_stream:
                ticket.enqueue(client)
            else:
                ticket.enqueue_stream(client, on_partial)
        except ServiceError as refusal:
            if self._listeners:
                version = None if deployment is None else deployment.model_version
                self._tell(Settled(request, request.id, version, refusal, started, self.clock()))
            raise
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
            on_opened(None if error is None else what_is_told(error, session.id, model_qualified_name))

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

    def closed(self, ticket: Ticket, answer: Prediction | ServiceError) -> None:
        """Nobody waits for a ticket's answer any more."""
        self._open.discard(ticket)
        if self._listeners:
            ended = self.clock()
            self._tell(
                Settled(
                    ticket.request, ticket.id, ticket.model_version, answer, ticket.started, ended, ticket.partial_count
                )
            )

    def _tell(self, settled: Settled) -> None:
        for listener in self._listeners:
            try:
                listener(settled)
            except Exception:  # the fault of one who listens must not keep the client from its answer
                log.exception("A listener has failed.")

    def _deployment_for(self, request: Request) -> Deployment[ModelRunner]:
        """The model that is to answer. Raises ServiceError if there is none."""
        if self.is_draining:
            raise ShuttingDown
        session = request.session
        if session is None:
            return self._manager.find(request.model_qualified_name, request.model_version)
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
