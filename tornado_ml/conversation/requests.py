"""The requests of one client that are not answered yet."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable

from tornado_ml.access.allowance import Allowance
from tornado_ml.conversation import answers
from tornado_ml.conversation.outbox import Slot
from tornado_ml.conversation.post import Post
from tornado_ml.errors import Cancelled, Internal, Overloaded, ServiceError, Superseded
from tornado_ml.inference.service import InferenceService, Partial, Prediction, Request, Ticket
from tornado_ml.inference.sessions import Session
from tornado_ml.protocol.messages import ClientMessage, RequestId
from tornado_ml.traces import Parent

log = logging.getLogger(__name__)


class OpenRequest:
    """A request that is not yet answered."""

    __slots__ = ("id", "model", "ticket")

    ticket: Ticket

    def __init__(self, id: RequestId | None, model: str) -> None:
        self.id = id
        self.model = model


class Requests:
    """What one client has asked and is not answered yet.

    Args:
        service: answers predictions.
        post: the way to the client.
        allowance: what the client may take.
        ids: those in use by whatever is open.
        max_open: how many there may be.
        find_session: the session of that name. Raises NotFound.
        parent: the span that requests belong to which say no other.
    """

    def __init__(
        self,
        service: InferenceService,
        post: Post,
        allowance: Allowance,
        ids: set[RequestId],
        max_open: int,
        find_session: Callable[[str, str], Session],
        parent: Parent | None = None,
    ) -> None:
        self._parent = parent
        self._service = service
        self._post = post
        self._allowance = allowance
        self._ids = ids
        self._max_open = max_open
        self._find_session = find_session
        self._open: set[OpenRequest] = set()
        self._by_id: dict[RequestId, OpenRequest] = {}
        self._usual_s = 0.1  # how long a request takes: a guess until the first answers

    def __len__(self) -> int:
        return len(self._open)

    def start(self, message: ClientMessage) -> None:
        """Take a `prediction_request`. Raises ServiceError if it is refused at once."""
        id, meta = message.id, message.meta
        if "replaces" in meta:
            self._drop(meta["replaces"], Superseded)
        if len(self._open) >= self._max_open:
            raise Overloaded(retry_after_s=self._usual_s / len(self._open))
        self._allowance.check("open_requests")
        name = message.data["model_qualified_name"]
        deadline_ms = meta.get("deadline_ms")
        asked = Request(
            name,
            message.data["input_data"],
            meta.get("model_version"),
            None if deadline_ms is None else deadline_ms / 1000,
            session=self._find_session(meta["session"], name) if "session" in meta else None,
            is_json=self._post.codec.gives_json,
            parent=Parent.of(meta) or self._parent,
        )
        request = OpenRequest(id, name)
        on_partial = functools.partial(self._pass_on, request) if meta.get("stream") else None
        request.ticket = self._service.submit(asked, self, functools.partial(self._answer, request), on_partial)
        self._open.add(request)
        self._allowance.hold("open_requests")
        if id is not None:
            self._by_id[id] = request
            self._ids.add(id)

    def cancel(self, message: ClientMessage) -> None:
        """Take a `prediction_cancel`; one that names no open request is ignored."""
        self._drop(message.id, Cancelled)

    def close(self) -> None:
        """The client is gone: stop all it asked for."""
        for request in self._open:
            request.ticket.forget()
        self._allowance.hold("open_requests", -len(self._open))
        self._open.clear()
        self._by_id.clear()

    def _drop(self, id: RequestId | None, dropped_as: type[Cancelled | Superseded]) -> None:
        request = self._by_id.get(id) if id is not None else None
        if request is not None:
            request.ticket.drop(dropped_as)

    def _pass_on(self, request: OpenRequest, part: Partial) -> None:
        frame = self._post.codec.encode(answers.partial(part, request.id))
        self._post.send_slot(Slot(frame, request.ticket.partial_taken))

    def _answer(self, request: OpenRequest, answer: Prediction | ServiceError) -> None:
        # The id is free again before the client can see the answer.
        self._open.discard(request)
        self._allowance.hold("open_requests", -1)
        if request.id is not None:
            self._by_id.pop(request.id, None)
            self._ids.discard(request.id)
        if isinstance(answer, ServiceError):
            self._post.fail(answer, request.id, request.model)
            return
        self._usual_s += (answer.total_s - self._usual_s) / 8
        try:
            frame = self._post.codec.encode(answers.response(answer, request.id))
        # What nobody foresaw is answered and logged like any other failure.
        except Exception:
            fields = {"request_id": request.ticket.id, "model": request.model}
            log.exception("Request %s of model %s could not be answered.", *fields.values(), extra=fields)
            unforeseen = Internal()
            unforeseen.request_id = request.ticket.id
            self._post.fail(unforeseen, request.id, request.model)
        else:
            self._post.send_frame(frame)
