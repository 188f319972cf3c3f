from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from tornado_ml.observers.base import Record
from tornado_ml.observers.observers import Observers

MakeRecord = Callable[..., Record]


def test_all_observers_are_shown_all_records_and_closed_in_the_end(record: MakeRecord, watcher: Any) -> None:
    observers = Observers()
    assert not observers
    first, second = watcher(), watcher()
    observers.set("a", [first])
    observers.set("b", [second])
    assert observers
    observers.put(record("x"))
    observers.close()
    assert first.inputs == second.inputs == ["x"]
    assert (first.is_closed, second.is_closed, bool(observers)) == (True, True, False)


def test_a_plugin_that_has_changed_brings_others_in_the_place_of_its_own(record: MakeRecord, watcher: Any) -> None:
    observers = Observers()
    before, after, other = watcher(), watcher(), watcher()
    observers.set("a", [before])
    observers.set("b", [other])
    observers.put(record("x"))
    observers.set("a", [after])
    observers.put(record("y"))
    observers.set("b", [])
    observers.put(record("z"))
    observers.close()
    assert (before.inputs, after.inputs, other.inputs) == (["x"], ["y", "z"], ["x", "y"])
    assert (before.is_closed, other.is_closed) == (True, True)


def test_one_that_hangs_is_left_behind_and_what_it_misses_is_told_with_its_name(
    record: MakeRecord, watcher: Any
) -> None:
    goes_on = threading.Event()
    dropped: list[str] = []
    observers = Observers(dropped.append)
    stuck, quick = watcher(lambda: goes_on.wait(60)), watcher()
    stuck.name = "stuck"
    observers.set("a", [stuck])
    for _ in range(10_005):
        observers.put(record())
    observers.set("b", [quick])
    observers.put(record("x"))
    started = time.monotonic()
    observers.close(timeout_s=0.5)
    assert time.monotonic() - started < 20
    assert quick.inputs == ["x"]
    assert dropped == ["stuck"] * 6
    goes_on.set()
