"""Waits that grow."""

from __future__ import annotations

from tornado_ml.feeds.backoff import FIRST_S, MOST_S, Backoff


def test_the_limit_doubles_until_it_is_reached() -> None:
    backoff = Backoff(chance=lambda: 1)
    waits = [backoff.next_s() for _ in range(10)]
    assert waits[:4] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S]
    assert waits[-1] == MOST_S


def test_a_reset_begins_anew() -> None:
    backoff = Backoff(chance=lambda: 1)
    assert [backoff.next_s(), backoff.next_s()] == [FIRST_S, 2 * FIRST_S]
    backoff.reset()
    assert backoff.next_s() == FIRST_S


def test_each_wait_is_between_nothing_and_its_limit() -> None:
    chances = iter([0, 0.25, 1])
    backoff = Backoff(chance=lambda: next(chances))
    assert [backoff.next_s() for _ in range(3)] == [0, 0.5 * FIRST_S, 4 * FIRST_S]
    assert 0 <= Backoff().next_s() <= FIRST_S
