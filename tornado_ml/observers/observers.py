"""All who look on at one service."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from tornado_ml.observers.base import Observer, Record
from tornado_ml.observers.delivery import Delivery

CLOSE_S = 5.0
"""How long observers may take with their last records."""


class Observers:
    """The observers of one service, by who brought them.

    Args:
        on_dropped: called with an observer's name for each record that it does not get.
    """

    def __init__(self, on_dropped: Callable[[str], None] = lambda _: None) -> None:
        self._on_dropped = on_dropped
        self._deliveries: dict[str, list[Delivery]] = {}
        self._all: list[Delivery] = []
        self._leaving: list[Delivery] = []

    def __bool__(self) -> bool:
        return bool(self._all)

    def set(self, key: str, observers: Iterable[Observer]) -> None:
        """These are the observers from there, in place of those that were."""
        for delivery in self._deliveries.pop(key, []):
            delivery.stop()
            self._leaving.append(delivery)
        if made := [Delivery(observer, self._on_dropped) for observer in observers]:
            self._deliveries[key] = made
        self._all = [delivery for some in self._deliveries.values() for delivery in some]
        self._leaving = [delivery for delivery in self._leaving if not delivery.join(0)]

    def put(self, record: Record) -> None:
        """Have it observed by all, soon."""
        for delivery in self._all:
            delivery.put(record)

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Bring what waits to the observers, and close them; blocks. One that is not done in time is left behind."""
        for key in list(self._deliveries):
            self.set(key, [])
        deadline = time.monotonic() + timeout_s
        for delivery in self._leaving:
            delivery.join(deadline - time.monotonic())
        self._leaving.clear()
