from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tornado_ml.observers import delivery
from tornado_ml.observers.base import Record
from tornado_ml.observers.delivery import MAX_BATCH, MAX_RECORDS, TELL_S, Delivery, rough_bytes

MakeRecord = Callable[..., Record]
Start = Callable[..., Delivery]
WAIT_S = 30


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts deliveries, which come to their end with the test."""
    made: list[Delivery] = []

    def start(*arguments: Any) -> Delivery:
        made.append(Delivery(*arguments))
        return made[-1]

    yield start
    for one in made:
        one.stop()
        assert one.join(WAIT_S)


def test_records_come_in_batches_in_their_order_in_one_thread_of_its_own(
    start: Start, record: MakeRecord, watcher: Any
) -> None:
    all_are_put = threading.Event()
    seen = watcher(lambda: all_are_put.wait(WAIT_S))
    one = start(seen)
    for number in range(2 * MAX_BATCH + 1):
        one.put(record(number))
    all_are_put.set()
    one.stop()
    assert one.join(WAIT_S)
    assert seen.inputs == list(range(2 * MAX_BATCH + 1))
    assert max(map(len, seen.batches)) == MAX_BATCH
    assert len(seen.threads) == 1
    assert threading.get_ident() not in seen.threads
    assert seen.is_closed


def fail() -> None:
    raise RuntimeError("no")


@pytest.mark.parametrize("deed", [fail, sys.exit])
def test_an_observer_that_raises_goes_on_with_the_next_batch(
    start: Start, record: MakeRecord, watcher: Any, caplog: pytest.LogCaptureFixture, deed: Callable[[], object]
) -> None:
    raised = threading.Event()

    def raise_once() -> None:
        raised.set()
        deed()

    seen = watcher(raise_once)
    one = start(seen)
    one.put(record("first"))
    assert raised.wait(WAIT_S)
    one.put(record("second"))
    one.stop()
    assert one.join(WAIT_S)
    assert seen.inputs == ["second"]
    (line,) = caplog.records
    assert line.getMessage() == "The observer Watcher has failed; so many requests it was told of: 1."


def test_one_that_hangs_loses_its_own_records_which_are_counted_and_told_once_a_minute(
    start: Start, record: MakeRecord, watcher: Any, caplog: pytest.LogCaptureFixture
) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        goes_on.wait(WAIT_S)

    now = [1000.0]
    dropped: list[str] = []
    seen = watcher(hang)
    one = start(seen, dropped.append, lambda: now[0])
    one.put(record())
    assert hangs.wait(WAIT_S)
    for _ in range(MAX_RECORDS + 5):
        one.put(record())
    assert one.dropped_count == len(dropped) == 6, "what the observer is at counts as well"
    now[0] += TELL_S
    one.put(record())
    assert not one.join(0), "it is still there"
    goes_on.set()
    one.stop()
    assert one.join(WAIT_S)
    assert len(seen.inputs) == MAX_RECORDS
    said = "The observer Watcher is too slow, and has missed %d requests."
    assert [line.getMessage() for line in caplog.records] == [said % 1, said % 6]
    assert {line.levelno for line in caplog.records} == {logging.WARNING}


def test_how_much_waits_is_bounded_in_bytes_as_well(
    start: Start, record: MakeRecord, watcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_BYTES", 1_000_000)
    goes_on = threading.Event()
    seen = watcher(lambda: goes_on.wait(WAIT_S))
    one = start(seen)
    one.put(record("x" * 5_000_000))
    one.put(record("small"))
    assert one.dropped_count == 1, "the first one is taken however large it is"
    goes_on.set()
    one.stop()
    assert one.join(WAIT_S)
    assert len(seen.inputs) == 1


def test_one_that_cannot_be_closed_is_told(
    start: Start, watcher: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "close", lambda _: fail())
    one = start(watcher())
    one.stop()
    assert one.join(WAIT_S)
    assert [line.getMessage() for line in caplog.records] == ["The observer Watcher could not be closed."]


@pytest.mark.parametrize(
    ("document", "least", "most"),
    [
        (None, 1, 100),
        (1.5, 1, 100),
        ("x" * 1000, 1000, 1100),
        (b"x" * 1000, 1000, 1100),
        ([1.5] * 1000, 8000, 60_000),
        ([["x" * 100] * 10] * 10, 10_000, 30_000),
        ({f"k{number}": "x" * 100 for number in range(100)}, 10_000, 30_000),
        ({"shape": [1000], "data": b"x" * 1000}, 1000, 1500),
        ([[[[[[[]]]]]]], 1, 1000),
        ({}, 1, 100),
    ],
)
def test_the_size_of_a_document_is_guessed_well_enough(document: Any, least: int, most: int) -> None:
    assert least <= rough_bytes(document) <= most
