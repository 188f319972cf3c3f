"""What a client wants pushed, whichever connection brings it. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tornado_ml.client.errors import ConnectionLost
from tornado_ml.client.exchange import Exchange, Tell, ignore
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.events import Event
from tornado_ml.protocol.payloads import Document

Ask = Callable[[Event, Document, Document, Tell], Exchange]


class Subscription:
    """Something that is to be pushed, from when it is asked for.

    Attributes:
        exchange: what asks for it.
        id: what the service calls it; None until it has said so.
    """

    exchange: Exchange

    def __init__(self, data: Document, meta: Document, tell: Tell) -> None:
        self.data = data
        self.meta = meta
        self.tell = tell
        self.id: str | None = None


class Subscriptions:
    """The subscriptions of one conversation. To the service, those with the same `data` are one.

    Args:
        ask: asks the service something.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._held: list[Subscription] = []

    @property
    def ids(self) -> list[str]:
        """What the service calls them."""
        return list(dict.fromkeys(one.id for one in self._held if one.id is not None))

    def add(self, data: Document, meta: Document, tell: Tell) -> Subscription:
        """Ask for what is to be pushed. `tell` is called with each message, and once with why there will be no more."""
        subscription = Subscription(data, meta, tell)
        # To subscribe to what one has changes nothing there: neither the policy, nor is the latest value sent again.
        if held := next((one.id for one in self._alike(subscription) if one.id is not None), None):
            self._unsubscribe(held)
        self._subscribe(subscription)
        self._held.append(subscription)
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """Nobody listens any more: `tell` is not called again."""
        if subscription in self._held:
            self._held.remove(subscription)
            if subscription.id is not None and not self._alike(subscription):
                self._unsubscribe(subscription.id)

    def push(self, id: str, message: Document) -> None:
        """Pass on what has come."""
        for subscription in self._with_id(id):
            subscription.tell(message)

    def ended(self, data: Document, *, renew: bool) -> None:
        """The service has ended one; `renew` asks for it again."""
        for subscription in self._with_id(data.get("subscription")):
            if renew:
                self._subscribe(subscription)
            else:
                self._held.remove(subscription)
                subscription.tell(messages.server_message(events.PREDICTION_ERROR, data))

    def start_over(self) -> None:
        """The service knows nothing of what it was asked."""
        for subscription in self._held:
            if subscription.exchange.number is not None:
                self._subscribe(subscription)

    def end(self, why: str) -> None:
        """There will be no more."""
        held, self._held = self._held, []
        for subscription in held:
            subscription.tell(ConnectionLost(why))

    def _subscribe(self, subscription: Subscription) -> None:
        subscription.id = None
        tell = partial(self._subscribed, subscription)
        subscription.exchange = self._ask(events.SUBSCRIBE, subscription.data, subscription.meta, tell)

    def _subscribed(self, subscription: Subscription, answer: Document | ConnectionLost) -> None:
        if isinstance(answer, ConnectionLost):
            return  # `start_over` or `end` sees to all of them
        alike = self._alike(subscription)
        if answer["event"] == events.SUBSCRIBED.name:
            id = str(answer["data"].get("subscription"))
            for one in alike:
                one.id = id
            if not alike:
                self._unsubscribe(id)
        elif subscription in alike:
            self._held.remove(subscription)
            subscription.tell(answer)

    def _unsubscribe(self, id: str) -> None:
        self._ask(events.UNSUBSCRIBE, {"subscription": id}, {}, ignore)

    def _alike(self, subscription: Subscription) -> list[Subscription]:
        return [one for one in self._held if one.data == subscription.data]

    def _with_id(self, id: object) -> list[Subscription]:
        return [one for one in self._held if one.id is not None and one.id == id]
