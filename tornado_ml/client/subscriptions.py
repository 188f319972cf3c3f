"""What a client wants pushed, whichever connection brings it. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tornado_ml.client.errors import ConnectionLost
from tornado_ml.client.exchange import Exchange, Tell, ignore
from tornado_ml.models.manager import ModelState
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.events import Event
from tornado_ml.protocol.payloads import Document

Ask = Callable[[Event, Document, Document, Tell], Exchange]
Drop = Callable[[Exchange], None]
Leave = Callable[[], None]


class Subscription:
    """Something that is to be pushed, from when it is asked for: one for the service, however many listen to it.

    Attributes:
        exchange: what asks for it.
        id: what the service calls it; None until it has said so.
        listeners: who is told, in the order in which they came.
        newest: what came last about each model, or, of a source, at all; who comes later is told so at once.
    """

    exchange: Exchange

    def __init__(self, data: Document, meta: Document) -> None:
        self.data = data
        self.meta = meta
        self.id: str | None = None
        self.listeners: dict[object, Tell] = {}
        self.newest: dict[str, Document] = {}

    def tell(self, message: Document | ConnectionLost) -> None:
        """Tell all who listen."""
        for tell in list(self.listeners.values()):
            tell(message)


class Subscriptions:
    """The subscriptions of one conversation.

    Args:
        ask: asks the service something.
        drop: asks no more what was not sent yet.
    """

    def __init__(self, ask: Ask, drop: Drop) -> None:
        self._ask = ask
        self._drop = drop
        self._held: dict[Subscription, None] = {}

    @property
    def ids(self) -> list[str]:
        """What the service calls them."""
        return [one.id for one in self._held if one.id is not None]

    def add(self, data: Document, meta: Document, tell: Tell) -> Leave:
        """Ask for what is to be pushed; where it is pushed already, under the same `data`, its `meta` holds.

        `tell` is called with each message, and once with why there will be no more. Returns what ends that.
        """
        subscription = next((one for one in self._held if one.data == data), None)
        if subscription is None:
            subscription = Subscription(data, meta)
            self._subscribe(subscription)
            self._held[subscription] = None
        listener = object()
        subscription.listeners[listener] = tell
        for message in list(subscription.newest.values()):
            tell(message)
        return partial(self._leave, subscription, listener)

    def push(self, id: str, message: Document) -> None:
        """Pass on what has come."""
        if (subscription := self._with_id(id)) is not None:
            about = str(message["data"].get("qualified_name", ""))
            subscription.newest.pop(about, None)
            if not _is_last(message):
                subscription.newest[about] = message
            subscription.tell(message)

    def ended(self, data: Document, *, renew: bool) -> None:
        """The service has ended one; `renew` asks for it again."""
        if (subscription := self._with_id(data.get("subscription"))) is None:
            return
        if renew:
            self._subscribe(subscription)
        else:
            del self._held[subscription]
            subscription.tell(messages.server_message(events.PREDICTION_ERROR, data))

    def start_over(self) -> None:
        """The service knows nothing of what it was asked."""
        for subscription in list(self._held):
            if not subscription.listeners:
                self._drop(subscription.exchange)
                self._held.pop(subscription, None)
            elif subscription.exchange.number is not None:
                self._subscribe(subscription)

    def end(self, why: str) -> None:
        """There will be no more."""
        held, self._held = self._held, {}
        for subscription in held:
            subscription.tell(ConnectionLost(why))

    def _leave(self, subscription: Subscription, listener: object) -> None:
        subscription.listeners.pop(listener, None)
        if subscription.listeners or subscription not in self._held:
            return
        if subscription.id is None:
            self._drop(subscription.exchange)  # what was sent is ended once it is answered
        else:
            self._unsubscribe(subscription, subscription.id)

    def _subscribe(self, subscription: Subscription) -> None:
        subscription.id = None
        subscription.newest.clear()
        tell = partial(self._subscribed, subscription)
        subscription.exchange = self._ask(events.SUBSCRIBE, subscription.data, subscription.meta, tell)

    def _subscribed(self, subscription: Subscription, answer: Document | ConnectionLost) -> None:
        if isinstance(answer, ConnectionLost):
            return  # `start_over` or `end` sees to all of them
        if answer["event"] != events.SUBSCRIBED.name:
            self._held.pop(subscription, None)
            subscription.tell(answer)
            return
        subscription.id = str(answer["data"].get("subscription"))
        if not subscription.listeners:
            self._unsubscribe(subscription, subscription.id)

    def _unsubscribe(self, subscription: Subscription, id: str) -> None:
        self._held.pop(subscription, None)
        self._ask(events.UNSUBSCRIBE, {"subscription": id}, {}, ignore)

    def _with_id(self, id: object) -> Subscription | None:
        return next((one for one in self._held if one.id is not None and one.id == id), None)


def _is_last(message: Document) -> bool:
    """Whether it says that a model is gone."""
    versions = message["data"]["versions"] if message["event"] == events.MODEL_STATE.name else []
    return bool(versions) and all(version["state"] == ModelState.UNLOADING for version in versions)
