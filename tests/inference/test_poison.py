from __future__ import annotations

from typing import Any

from tornado_ml.inference.poison import MAX_REMEMBERED, REMEMBERED_S, PoisonList


def test_an_input_is_refused_after_its_second_attempt_has_killed_a_worker_and_no_other_is() -> None:
    poison = PoisonList()
    poison.blame({"a": 1, "b": 2}, 0.0, again=True)
    assert poison.holds({"b": 2, "a": 1}, 1.0)
    assert not poison.holds({"a": 1, "b": 3}, 1.0)


def test_an_input_is_refused_after_two_requests_with_it_have_each_killed_a_worker() -> None:
    poison = PoisonList()
    poison.blame("bad", 0.0, again=False)
    assert not poison.holds("bad", 1.0)
    poison.blame("other", 2.0, again=False)
    assert not poison.holds("bad", 3.0)
    poison.blame("bad", 4.0, again=False)
    assert poison.holds("bad", 5.0)


def test_it_is_tried_again_after_a_minute() -> None:
    poison = PoisonList()
    poison.blame("bad", 0.0, again=True)
    assert poison.holds("bad", REMEMBERED_S)
    assert not poison.holds("bad", REMEMBERED_S + 1)
    poison.blame("suspected", 100.0, again=False)
    poison.blame("suspected", 101.0 + REMEMBERED_S, again=False)
    assert not poison.holds("suspected", 102.0 + REMEMBERED_S)


def test_only_so_many_are_remembered_the_oldest_are_forgotten() -> None:
    poison = PoisonList()
    for number in range(MAX_REMEMBERED + 1):
        poison.blame(number, 0.0, again=True)
    assert not poison.holds(0, 0.0)
    assert poison.holds(1, 0.0)
    assert poison.holds(MAX_REMEMBERED, 0.0)


def test_an_input_deeper_than_can_be_encoded_can_be_refused_too() -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    poison = PoisonList()
    poison.blame(deep, 0.0, again=True)
    assert poison.holds(deep, 1.0)
    assert not poison.holds([deep], 1.0)
