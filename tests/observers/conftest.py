"""Records, and an observer that keeps what it is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tornado_ml.observers.base import Observer, Record


def make(data: Any = 1, prediction: Any = 1, **changes: Any) -> Record:
    record = Record("q1", 1000.5, "echo", "1.0", data, prediction, "OK", 0.001, 0.002, 0.004, 3)
    for name, value in changes.items():
        setattr(record, name, value)
    return record


class Watcher(Observer):
    """Keeps what it is shown, and does before what it is told to."""

    name = "Watcher"

    def __init__(self, *deeds: Callable[[], object]) -> None:
        self.deeds = list(deeds)
        self.batches: list[list[Record]] = []
        self.threads: set[int] = set()
        self.is_closed = False

    def observe(self, records: Sequence[Record]) -> None:
        self.threads.add(threading.get_ident())
        if self.deeds:
            self.deeds.pop(0)()
        self.batches.append(list(records))

    def close(self) -> None:
        self.is_closed = True

    @property
    def inputs(self) -> list[Any]:
        return [record.input for batch in self.batches for record in batch]


@pytest.fixture(scope="session")
def record() -> Callable[..., Record]:
    """Makes a record of a request to `echo`."""
    return make


@pytest.fixture(scope="session")
def watcher() -> Callable[..., Watcher]:
    return Watcher
