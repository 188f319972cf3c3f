"""The subscriptions of one client: what is pushed to it without being asked for one by one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

from tornado_ml.access.allowance import Allowance
from tornado_ml.conversation import answers
from tornado_ml.conversation.outbox import Slot
from tornado_ml.conversation.post import Post
from tornado_ml.errors import NotFound, Overloaded, ServiceError
from tornado_ml.feeds import Feeds, Subscription, Value
from tornado_ml.models.manager import Deployment, ModelManager
from tornado_ml.models.source import joint_name
from tornado_ml.protocol import documents, events, messages
from tornado_ml.protocol.messages import ClientMessage

log = logging.getLogger(__name__)

MODELS = "models"
"""The topic, and the name of the subscription to it."""

RETRY_AFTER_S = 1.0
"""When a client that reads too slowly, or has too many, should try again."""


class Listening(Protocol):
    """One subscription."""

    def close(self) -> None:
        """Push no more."""


class Listener:
    """Passes on what one feed gives.

    With the policy `latest` one slot of the outbox holds the newest value until it leaves; with `buffer` each has a
    slot of its own, and `has_room` says whether there may be another.
    """

    def __init__(self, owner: Subscriptions, *, buffers: bool) -> None:
        self._owner = owner
        self._buffers = buffers
        self._slot = Slot(b"")
        self.subscription: Subscription

    def deliver(self, value: Value) -> None:
        """Pass on a value."""
        frame = self._owner.encoded(value, self.subscription.name)
        if self._buffers:
            self._owner.buffer(self, frame)
        else:
            self.subscription.tally.replaced += self._slot.waits
            self._owner.post.replace(self._slot, frame)

    def ended(self, error: ServiceError) -> None:
        """The feed gives no more."""
        self._owner.ended(self.subscription.name, error)

    def close(self) -> None:
        self.subscription.close()


class StateListener:
    """Passes on the state of each model as it changes; one that changes again before it is sent is sent once."""

    def __init__(self, owner: Subscriptions, manager: ModelManager[Any]) -> None:
        self._owner = owner
        self._slots: dict[str, Slot] = {}
        self._unwatch = manager.watch(self._tell)

    def begin(self, manager: ModelManager[Any]) -> None:
        """Tell of all there are."""
        for name in dict.fromkeys(one.known_identity[0] for one in manager.deployments()):
            self._tell(manager.versions(name))

    def close(self) -> None:
        self._unwatch()

    def _tell(self, versions: Sequence[Deployment[Any]]) -> None:
        data = documents.model_document(versions)
        document = messages.server_message(events.MODEL_STATE, data, meta={"subscription": MODELS})
        slot = self._slots.setdefault(data["qualified_name"], Slot(b""))
        self._owner.post.replace(slot, self._owner.post.codec.encode(document))


class Subscriptions:
    """The subscriptions that one client has.

    Args:
        feeds: give predictions.
        manager: tells of the models.
        post: the way to the client.
        allowance: what the client may take.
        max_held: how many there may be.
        buffer_bytes: how much may wait for it of what is buffered.
    """

    def __init__(
        self,
        feeds: Feeds,
        manager: ModelManager[Any],
        post: Post,
        allowance: Allowance,
        *,
        max_held: int,
        buffer_bytes: int,
    ) -> None:
        self.post = post
        self._allowance = allowance
        self._feeds = feeds
        self._manager = manager
        self._max_held = max_held
        self._buffer_bytes = buffer_bytes
        self._buffered_bytes = 0
        self._held: dict[str, Listening] = {}

    def __len__(self) -> int:
        return len(self._held)

    def subscribe(self, message: ClientMessage) -> None:
        """Take a `subscribe`. Raises ServiceError if it is refused."""
        data, meta = message.data, message.meta
        name = MODELS if "topic" in data else joint_name(data["model_qualified_name"], data["source"])
        if name in self._held:
            self._subscribed(message, name)  # the one that is there goes on as it was
            return
        if len(self._held) >= self._max_held:
            raise Overloaded("This connection has too many subscriptions.", retry_after_s=RETRY_AFTER_S)
        self._allowance.check("subscriptions")
        if name == MODELS:
            self._subscribe_to_models(message)
            return
        self._manager.versions(data["model_qualified_name"])  # whether there is such a model
        listener = Listener(self, buffers=meta.get("policy") == "buffer")
        listener.subscription = self._feeds.subscribe(
            data["model_qualified_name"], data["source"], listener, max_rate_hz=meta.get("max_rate_hz")
        )
        self._hold(name, listener)
        self._subscribed(message, name)

    def unsubscribe(self, message: ClientMessage) -> None:
        """Take an `unsubscribe`. Raises NotFound if there is no such subscription."""
        name = message.data["subscription"]
        if not self._let_go(name):
            raise NotFound("There is no such subscription on this connection.")
        self.post.send(messages.server_message(events.UNSUBSCRIBED, {"subscription": name}, id=message.id))

    def close(self) -> None:
        """The client is gone: push no more."""
        for held in self._held.values():
            held.close()
        self._allowance.hold("subscriptions", -len(self._held))
        self._held.clear()

    def encoded(self, value: Value, name: str) -> bytes:
        """The frame of a value; whoever needs it first makes it for all."""
        codec = self.post.codec
        frame = value.encoded.get(codec.subprotocol)
        if frame is None:
            # As orjson made it, a small frame occupies 4 KiB.
            frame = bytes(memoryview(codec.encode(answers.pushed(value.prediction, name))))
            value.encoded[codec.subprotocol] = frame
        return frame

    def buffer(self, listener: Listener, frame: bytes) -> None:
        """Let a value wait its turn, or end the subscription if too much waits."""
        if self._buffered_bytes and self._buffered_bytes + len(frame) > self._buffer_bytes:
            full = Overloaded("Its values were not read in time.", retry_after_s=RETRY_AFTER_S)
            listener.ended(full)
            return
        self._buffered_bytes += len(frame)

        def left() -> None:
            self._buffered_bytes -= len(frame)

        self.post.send_slot(Slot(frame, left))

    def ended(self, name: str, error: ServiceError) -> None:
        """The service ends a subscription."""
        if self._let_go(name):
            self.post.send(answers.unsubscribed(name, error))

    def _subscribe_to_models(self, message: ClientMessage) -> None:
        self._subscribed(message, MODELS)
        listener = StateListener(self, self._manager)
        self._hold(MODELS, listener)
        listener.begin(self._manager)

    def _hold(self, name: str, listening: Listening) -> None:
        self._held[name] = listening
        self._allowance.hold("subscriptions")

    def _let_go(self, name: str) -> bool:
        """End one, if it is there."""
        held = self._held.pop(name, None)
        if held is None:
            return False
        held.close()
        self._allowance.hold("subscriptions", -1)
        return True

    def _subscribed(self, message: ClientMessage, name: str) -> None:
        self.post.send(messages.server_message(events.SUBSCRIBED, {"subscription": name}, id=message.id))
