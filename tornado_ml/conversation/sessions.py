"""The sessions of one client: models that remember what it has said."""

from __future__ import annotations

import functools

from tornado_ml.access.allowance import Allowance
from tornado_ml.conversation.post import Post
from tornado_ml.errors import NotFound, Overloaded, ServiceError
from tornado_ml.inference.service import InferenceService
from tornado_ml.inference.sessions import Session, SessionEnd
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.messages import ClientMessage, RequestId

RETRY_AFTER_S = 1.0
"""When a client that has too many should try again: it has to close one first."""


class HeldSession:
    """A session that is being opened, is open, or is being closed."""

    __slots__ = ("closed_by", "is_closing", "is_open", "session")

    session: Session

    def __init__(self) -> None:
        self.is_open = False
        self.is_closing = False
        self.closed_by: RequestId | None = None
        """The id of the frame that asked for its end."""


class Sessions:
    """The sessions that one client has.

    Args:
        service: opens them.
        post: the way to the client.
        allowance: what the client may take.
        ids: those in use by whatever is open.
        max_held: how many there may be.
    """

    def __init__(
        self, service: InferenceService, post: Post, allowance: Allowance, ids: set[RequestId], max_held: int
    ) -> None:
        self._service = service
        self._post = post
        self._allowance = allowance
        self._ids = ids
        self._max_held = max_held
        self._held: dict[str, HeldSession] = {}

    def __len__(self) -> int:
        return len(self._held)

    def open(self, message: ClientMessage) -> None:
        """Take a `session_open`. Raises ServiceError if it is refused at once."""
        if len(self._held) >= self._max_held:
            raise Overloaded("Too many sessions are open on this connection.", retry_after_s=RETRY_AFTER_S)
        self._allowance.check("sessions")
        id, name = message.id, message.data["model_qualified_name"]
        held = HeldSession()
        held.session = self._service.open_session(
            name,
            message.data.get("parameters", {}),
            self,
            model_version=message.meta.get("model_version"),
            on_opened=functools.partial(self._opened, held, id, name),
            on_closed=functools.partial(self._closed, held),
        )
        self._held[held.session.id] = held
        self._allowance.hold("sessions")
        if id is not None:
            self._ids.add(id)

    def find(self, session: str, model_qualified_name: str) -> Session:
        """An open session of that model. Raises NotFound."""
        held = self._held.get(session)
        if held is None or not held.is_open or held.is_closing:
            raise NotFound("There is no such session on this connection.")
        if held.session.model_qualified_name != model_qualified_name:
            raise NotFound("The session is one of another model.")
        return held.session

    def ask_to_close(self, message: ClientMessage) -> None:
        """Take a `session_close`. Raises NotFound if there is no such session."""
        held = self._held.get(message.data["session"])
        if held is None or not held.is_open or held.is_closing:
            raise NotFound("There is no such session on this connection.")
        held.is_closing = True
        held.closed_by = message.id
        if message.id is not None:
            self._ids.add(message.id)
        held.session.close()

    def close(self) -> None:
        """The client is gone: end them all."""
        for held in self._held.values():
            held.session.forget()
        self._allowance.hold("sessions", -len(self._held))
        self._held.clear()

    def _opened(self, held: HeldSession, id: RequestId | None, name: str, error: ServiceError | None) -> None:
        if id is not None:
            self._ids.discard(id)
        if error is not None:
            self._let_go(held)
            self._post.fail(error, id, name)
            return
        held.is_open = True
        self._post.send(messages.server_message(events.SESSION_OPENED, {"session": held.session.id}, id=id))

    def _closed(self, held: HeldSession, reason: SessionEnd) -> None:
        self._let_go(held)
        if held.closed_by is not None:
            self._ids.discard(held.closed_by)
        data = {"session": held.session.id, "reason": str(reason)}
        self._post.send(messages.server_message(events.SESSION_CLOSED, data, id=held.closed_by))

    def _let_go(self, held: HeldSession) -> None:
        if self._held.pop(held.session.id, None) is not None:
            self._allowance.hold("sessions", -1)
