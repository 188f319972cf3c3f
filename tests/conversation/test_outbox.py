"""What waits to be sent, and what is kept of what was."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tornado_ml.codecs.json import JSONCodec
from tornado_ml.conversation.outbox import ENTRY_BYTES, Outbox, Slot


def outbox(max_bytes: int = 1000) -> Outbox:
    return Outbox(JSONCodec(), max_bytes)


def taken(box: Outbox) -> list[Any]:
    found = []
    while (frame := box.take()) is not None:
        found.append(json.loads(frame))
    return found


def frame(number: int) -> bytes:
    return b'{"n":%d}' % number


def test_frames_leave_in_their_order_and_unnumbered_at_first() -> None:
    box = outbox()
    for number in range(3):
        assert box.put(frame(number))
    assert taken(box) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert box.waiting_bytes == 0


def test_answers_beyond_the_limit_are_refused_but_one_is_always_let_in() -> None:
    box = outbox(10)
    assert box.put(b"x" * 50)
    assert not box.put(b"x")
    box.take()
    assert box.put(b"x" * 10)
    assert not box.put(b"x")


def test_what_is_in_slots_counts_against_no_limit() -> None:
    box = outbox(10)
    assert box.put(b"x" * 10)
    for _ in range(5):
        box.put_slot(Slot(b"y" * 100))
    assert box.waiting_bytes == 510
    box.take()
    assert box.put(b"x")


def test_a_slot_that_waits_keeps_its_place_and_its_newest_frame() -> None:
    box, slot = outbox(), Slot(b"")
    box.replace(slot, frame(1))
    box.put(frame(2))
    box.replace(slot, frame(3))
    assert taken(box) == [{"n": 3}, {"n": 2}]
    box.replace(slot, frame(4))
    assert taken(box) == [{"n": 4}]
    assert box.waiting_bytes == 0


def test_whoever_waits_for_a_slot_to_leave_is_told_when_it_has() -> None:
    box, left = outbox(), []
    box.put(frame(0))
    box.put_slot(Slot(frame(1), lambda: left.append(1)))
    box.take()
    assert left == []
    box.take()
    assert left == [1]


def test_a_small_frame_that_waits_is_kept_small() -> None:
    box = outbox()
    made = JSONCodec().encode({"n": 1})
    box.put(made)
    box.compact()
    assert box.take() == made
    box.compact()


def test_what_is_replaced_while_it_waits_leaves_no_gap_in_the_count() -> None:
    box, slot = outbox(), Slot(b"")
    box.keep_history(1000)
    for number in range(5):
        box.replace(slot, frame(number))
    box.put(frame(9))
    assert taken(box) == [{"seq": 1, "n": 4}, {"seq": 2, "n": 9}]


def test_what_was_sent_is_sent_again_before_what_waits() -> None:
    box = outbox()
    box.keep_history(1000)
    for number in range(4):
        box.put(frame(number))
    box.take(), box.take(), box.take()
    assert box.rewind(1)
    assert box.waiting_bytes > 0
    assert taken(box) == [{"seq": n + 1, "n": n} for n in (1, 2, 3)]
    assert box.rewind(4)
    assert taken(box) == []


def test_what_is_no_longer_all_there_cannot_be_sent_again() -> None:
    box = outbox()
    assert not box.rewind(0), "it keeps nothing"
    box.keep_history(2 * (len(frame(0)) + ENTRY_BYTES))
    for number in range(5):
        box.put(frame(number))
    taken(box)
    assert not box.rewind(2)
    assert not box.rewind(6), "so many were never sent"
    assert not box.rewind(-1)
    assert box.rewind(3)
    assert taken(box) == [{"seq": 4, "n": 3}, {"seq": 5, "n": 4}]


def test_cleared_it_holds_nothing() -> None:
    box = outbox()
    box.keep_history(1000)
    for number in range(4):
        box.put(frame(number))
    box.take()
    box.put_slot(Slot(frame(5)))
    box.clear()
    assert box.take() is None
    assert (box.waiting_bytes, box.held_bytes) == (0, 0)
    assert not box.rewind(0)


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 3000))
def test_what_is_kept_of_what_was_sent_is_bounded(sizes: list[int], limit: int) -> None:
    box = outbox(10**6)
    box.keep_history(limit)
    for size in sizes:
        box.put(b'{"n":"' + b"x" * size + b'"}')
        box.take()
    assert box.held_bytes <= limit
    assert box.last_seq == len(sizes)


class Resending(RuleBasedStateMachine):
    """However often it is rewound, each frame comes with the number it had, and none is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.box = outbox(10**6)
        self.box.keep_history(10**6)
        self.put_count = 0
        self.seen = 0

    @rule(count=st.integers(1, 5), slots=st.booleans())
    def put(self, count: int, slots: bool) -> None:
        for _ in range(count):
            made = frame(self.put_count)
            if slots:
                self.box.put_slot(Slot(made))
            else:
                self.box.put(made)
            self.put_count += 1

    @rule(count=st.integers(1, 5))
    def take(self, count: int) -> None:
        for _ in range(count):
            made = self.box.take()
            if made is None:
                assert self.seen == self.put_count
                assert self.box.waiting_bytes == 0
                return
            assert json.loads(made) == {"seq": self.seen + 1, "n": self.seen}
            self.seen += 1

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def rewind(self, data: st.DataObject) -> None:
        back: Callable[[int], Any] = lambda most: data.draw(st.integers(0, most))  # noqa: E731
        self.seen = back(self.seen)
        assert self.box.rewind(self.seen)


TestResending = Resending.TestCase
