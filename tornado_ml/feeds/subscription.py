"""One subscriber of a feed: what it is given, and how often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tornado_ml.errors import Internal, ServiceError

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Value:
    """A prediction; all subscribers are given the same object.

    Attributes:
        prediction: what the predictor returned.
        encoded: what subscribers have made of it, so that it is made once.
    """

    prediction: Any
    encoded: dict[Hashable, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """How many values a feed has given.

    Attributes:
        values: all of them.
        delivered: as often as one was handed to a subscriber.
        thinned: as often as one was not, because the subscriber wants fewer.
        replaced: as often as a subscriber had not read one that was delivered when the next came in its place.
        dropped: how many inputs were too many for the model.
    """

    values: int = 0
    delivered: int = 0
    thinned: int = 0
    replaced: int = 0
    dropped: int = 0


class Subscriber(Protocol):
    """Who is given the values. Neither method may call for long: all other subscribers wait."""

    def deliver(self, value: Value) -> None:
        """A new value, or, right after it has subscribed, the latest."""

    def ended(self, error: ServiceError) -> None:
        """There will be no more; called at most once, and not after the subscription was closed."""


class Subscription:
    """What a subscriber holds.

    Args:
        name: the same for all subscribers of one model and source.
        subscriber: who is given the values.
        interval_s: how far apart they are at least; 0 gives all.
        on_close: told when it is closed by its subscriber, or because that has failed.
        tally: of its feed.
    """

    def __init__(
        self,
        name: str,
        subscriber: Subscriber,
        interval_s: float,
        on_close: Callable[[Subscription], None],
        tally: Tally,
    ) -> None:
        self.name = name
        self.tally = tally
        self._subscriber: Subscriber | None = subscriber
        self._interval_s = interval_s
        self._on_close = on_close
        self._has_begun = False
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: Value | None = None

    def close(self) -> None:
        """The subscriber wants no more, and is told nothing more."""
        if self._forget() is not None:
            self._on_close(self)

    def begin_with(self, value: Value) -> None:
        """Deliver the latest value soon, unless there is a newer one by then."""

        def begin() -> None:
            if not self._has_begun:
                self.offer(value)

        asyncio.get_running_loop().call_soon(begin)

    def offer(self, value: Value) -> None:
        """Deliver a value: at once, or when the interval is over, if it still is the newest then."""
        self._has_begun = True
        if self._timer is not None:
            self.tally.thinned += self._waiting is not None
            self._waiting = value
            return
        if self._subscriber is None:
            return
        if self._interval_s:
            self._timer = asyncio.get_running_loop().call_later(self._interval_s, self._interval_over)
        try:
            self.tally.delivered += 1
            self._subscriber.deliver(value)
        except Exception:  # the fault of one subscriber must not keep the others from their values
            log.exception("A subscriber of %s has failed, and is given up.", self.name)
            self._on_close(self)
            self.end(Internal())

    def end(self, error: ServiceError) -> None:
        """There will be no more, for a reason that the subscriber is told."""
        subscriber = self._forget()
        if subscriber is None:
            return
        try:
            subscriber.ended(error)
        except Exception:
            log.exception("A subscriber of %s has failed when it was told that it has ended.", self.name)

    def _interval_over(self) -> None:
        self._timer = None
        value, self._waiting = self._waiting, None
        if value is not None:
            self.offer(value)

    def _forget(self) -> Subscriber | None:
        subscriber, self._subscriber = self._subscriber, None
        self._waiting = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return subscriber
