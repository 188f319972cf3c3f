"""The way of records to one observer: a bounded queue, and a thread at its end."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from tornado_ml.observers.base import Observer, Record

log = logging.getLogger(__name__)

MAX_RECORDS = 10_000
MAX_BYTES = 64 * 1024 * 1024
"""How much may wait for one observer, about."""
MAX_BATCH = 1000
GATHER_S = 0.05
"""How long records gather before the observer is called: to wake a thread for each costs more than to observe it."""
TELL_S = 60.0
"""How often it is said that records were dropped."""

_LOOKED_AT = 8
"""So many items of a container are looked at to guess what all take."""
_MAX_DEPTH = 4
_SMALL = frozenset({int, float, bool, type(None)})


class Delivery:
    """Hands records to an observer, as quickly as that takes them.

    Args:
        observer: who is called, in a thread that this starts.
        on_dropped: called with the observer's name for each record that it does not get.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        observer: Observer,
        on_dropped: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = observer.name
        self.dropped_count = 0
        self._observer = observer
        self._on_dropped = on_dropped
        self._clock = clock
        self._waiting: deque[tuple[Record, int]] = deque()
        # Each of these numbers is changed by one thread alone, so none needs a lock.
        self._put_count = self._put_bytes = 0
        self._taken_count = self._taken_bytes = 0
        self._told_count = 0
        self._tells_at = 0.0
        self._has_some = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"observer {self.name}", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> None:
        """Have it observed, soon; or drop it, if too much waits."""
        size = rough_bytes(record.input) + rough_bytes(record.prediction)
        waiting_bytes = self._put_bytes - self._taken_bytes
        if self._put_count - self._taken_count >= MAX_RECORDS or (waiting_bytes and waiting_bytes + size > MAX_BYTES):
            self._drop()
            return
        self._put_count += 1
        self._put_bytes += size
        self._waiting.append((record, size))
        if not self._has_some.is_set():
            self._has_some.set()

    def stop(self) -> None:
        """Take what waits to the observer, and then no more. Returns at once."""
        self._is_over.set()
        self._has_some.set()

    def join(self, timeout_s: float) -> bool:
        """Whether that is done, at the latest after `timeout_s`."""
        self._thread.join(max(0.0, timeout_s))
        if self._told_count < self.dropped_count:
            self._tell()
        return not self._thread.is_alive()

    def _drop(self) -> None:
        self.dropped_count += 1
        self._on_dropped(self.name)
        if self._clock() >= self._tells_at:
            self._tell()

    def _tell(self) -> None:
        count = self.dropped_count - self._told_count
        self._told_count = self.dropped_count
        self._tells_at = self._clock() + TELL_S
        log.warning("The observer %s is too slow, and has missed %d requests.", self.name, count)

    def _run(self) -> None:
        while not self._is_over.is_set():
            self._has_some.wait()
            self._is_over.wait(GATHER_S)
            self._has_some.clear()
            self._deliver()
        self._deliver()
        try:
            self._observer.close()
        except Exception:
            log.exception("The observer %s could not be closed.", self.name)

    def _deliver(self) -> None:
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
            try:
                self._observer.observe([record for record, _ in taken])
            except BaseException:  # the fault of one observer, be it sys.exit; it may be better with the next
                log.exception("The observer %s has failed; so many requests it was told of: %d.", self.name, len(taken))
            self._taken_bytes += sum(size for _, size in taken)
            self._taken_count += len(taken)


def rough_bytes(value: Any, depth: int = 0) -> int:
    """How much memory a document takes, about: long strings count as they are, of long arrays a few items are asked."""
    if isinstance(value, str | bytes):
        return 50 + len(value)
    if not isinstance(value, dict | list) or not value:
        return 30
    count = len(value)
    if depth >= _MAX_DEPTH:
        return 60 + 38 * count
    items = value.values() if isinstance(value, dict) else value
    looked_at = min(count, _LOOKED_AT)
    some = 0
    for item in items if count == looked_at else islice(items, looked_at):
        some += 30 if type(item) in _SMALL else rough_bytes(item, depth + 1)
    return 60 + count * (8 + some // looked_at)
