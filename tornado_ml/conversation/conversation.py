"""The state of one client's conversation: what it asked and is not answered, its sessions, its subscriptions, what
waits to be sent, and how far the client and the service have understood each other.

It outlives a connection that drops, if the client has said `hello`; then it waits in the `waiting_room`.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tornado_ml.access import Caller
from tornado_ml.access.allowance import Accounts
from tornado_ml.codecs.base import Codec
from tornado_ml.conversation.post import Post
from tornado_ml.conversation.requests import Requests
from tornado_ml.conversation.sessions import Sessions
from tornado_ml.conversation.subscriptions import Subscriptions
from tornado_ml.conversation.waiting_room import WaitingRoom
from tornado_ml.errors import DuplicateId, ServiceError, ShuttingDown
from tornado_ml.feeds import Feeds
from tornado_ml.inference.service import InferenceService
from tornado_ml.metrics import Metrics
from tornado_ml.models.manager import ModelManager
from tornado_ml.protocol import events
from tornado_ml.protocol.events import CLOSE_TRY_AGAIN_LATER, CloseCode
from tornado_ml.protocol.messages import ClientMessage, RequestId
from tornado_ml.protocol.payloads import Document
from tornado_ml.traces import Parent

_conversation_numbers = itertools.count(1)

Audience = Callable[[CloseCode, str], None]
"""The connection that carries a conversation, as far as it knows it: what ends that connection."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take. They are settings; `settings.toml` describes them."""

    max_message_bytes: int
    max_json_depth: int
    max_open_requests: int
    max_sessions: int
    max_subscriptions: int
    outbox_bytes: int
    buffer_bytes: int
    grace_s: float
    resume_bytes: int


@dataclass(frozen=True, slots=True)
class Backend:
    """What stands behind all conversations of one service."""

    service: InferenceService
    feeds: Feeds
    manager: ModelManager[Any]
    waiting_room: WaitingRoom[Conversation]
    accounts: Accounts
    limits: Limits
    metrics: Metrics = field(default_factory=Metrics)


class Conversation:
    """What goes on between one client and the service.

    Attributes:
        name: what the log calls it.
        allowance: what its client may take; it goes with the conversation from one connection to the next.
        codec: how its frames are encoded; a connection that speaks otherwise cannot resume it.
        caller: whose it is; a connection of somebody else cannot resume it.
        epoch: names the count of `seq`; empty as long as the client has not said `hello`.
        received: how many frames have arrived since `hello`.
        requests, sessions, subscriptions: what is open.
        outbox: what waits to be sent.
    """

    def __init__(self, backend: Backend, codec: Codec, caller: Caller, parent: Parent | None = None) -> None:
        self.name = f"c{next(_conversation_numbers)}"
        self.codec = codec
        self.caller = caller
        self.epoch = ""
        self.token = ""
        self.received = 0
        self._backend = backend
        self._audience: Audience | None = None
        limits = backend.limits
        self._post = Post(codec, limits.outbox_bytes, self._overflow, backend.metrics)
        self.outbox = self._post.outbox
        self._ids: set[RequestId] = set()
        self.allowance = allowance = backend.accounts.allowance(caller, is_connection=True)
        self.sessions = Sessions(backend.service, self._post, allowance, self._ids, limits.max_sessions)
        self.requests = Requests(
            backend.service, self._post, allowance, self._ids, limits.max_open_requests, self.sessions.find, parent
        )
        self.subscriptions = Subscriptions(
            backend.feeds,
            backend.manager,
            self._post,
            allowance,
            max_held=limits.max_subscriptions,
            buffer_bytes=limits.buffer_bytes,
        )

    @property
    def open_count(self) -> int:
        """How many requests are not yet answered."""
        return len(self.requests)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is open and nothing waits: whether nobody would miss it."""
        return not (self.requests or self.sessions or self.subscriptions or self.outbox.waiting_bytes)

    @property
    def is_resumable(self) -> bool:
        """Whether the client has said `hello`."""
        return self.epoch != ""

    def handle(self, message: ClientMessage) -> None:
        """Do what the client asks. Returns at once.

        Raises:
            ServiceError: it is refused.
        """
        if message.id in self._ids and message.event is not events.PREDICTION_CANCEL:
            raise DuplicateId
        if (model := message.data.get("model_qualified_name")) is not None:
            self.caller.require("predict", model)
        if self._backend.service.is_draining and message.event in _NEW_WORK:
            raise ShuttingDown
        _HANDLERS[message.event.name](self, message)

    def fail(self, error: ServiceError, id: RequestId | None, model_qualified_name: str | None) -> None:
        """Answer a frame that could not be read or was refused."""
        self._post.fail(error, id, model_qualified_name)

    def send(self, document: Document) -> None:
        """Say something that was not asked for."""
        self._post.send(document)

    def make_resumable(self) -> None:
        """The client has said `hello`: number what is sent, and keep some of it."""
        self.epoch = secrets.token_hex(8)
        self.token = self._backend.waiting_room.enrol(self)
        self.received = 0
        self.outbox.keep_history(self._backend.limits.resume_bytes)

    def attach(self, wake: Callable[[], None], audience: Audience) -> None:
        """A connection carries it from now on; one that did so before is closed with 4001."""
        before, self._audience = self._audience, audience
        self._post.wake = wake
        self._backend.waiting_room.is_back(self)
        if before is not None:
            before(events.CLOSE_TAKEN_OVER, "another connection has resumed this one")

    def detach(self) -> None:
        """The connection is gone: wait for another one, or end."""
        self._audience = None
        self._post.wake = None
        if not self._backend.waiting_room.keeps(self):
            self.close()

    def abandon(self) -> None:
        """The client has given it up."""
        self.end(events.CLOSE_TAKEN_OVER, "its client has begun anew")

    def end(self, close: CloseCode, why: str) -> None:
        """End it, and whatever connection still carries it."""
        audience, self._audience = self._audience, None
        self.close()
        if audience is not None:
            audience(close, why)

    def close(self) -> None:
        """Stop all that was asked for, send nothing more."""
        self._post.close()
        self.requests.close()
        self.sessions.close()
        self.subscriptions.close()
        self._backend.waiting_room.forget(self)

    def _overflow(self) -> None:
        self.end(CLOSE_TRY_AGAIN_LATER, "its peer left its answers lying")


_HANDLERS: Mapping[str, Callable[[Conversation, ClientMessage], None]] = {
    events.PREDICTION_REQUEST.name: lambda self, message: self.requests.start(message),
    events.PREDICTION_CANCEL.name: lambda self, message: self.requests.cancel(message),
    events.SESSION_OPEN.name: lambda self, message: self.sessions.open(message),
    events.SESSION_CLOSE.name: lambda self, message: self.sessions.ask_to_close(message),
    events.SUBSCRIBE.name: lambda self, message: self.subscriptions.subscribe(message),
    events.UNSUBSCRIBE.name: lambda self, message: self.subscriptions.unsubscribe(message),
}

_NEW_WORK = (events.SESSION_OPEN, events.SUBSCRIBE)
"""What is refused while the service stops, besides requests, which the service itself refuses."""
