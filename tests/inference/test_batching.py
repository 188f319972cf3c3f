from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.inference.batching import MAX_TURN, Batcher

clients = st.lists(st.sampled_from("abc"), max_size=40)
sizes = st.integers(1, 5)


def filled(of: list[str], size: int) -> Batcher[tuple[str, int]]:
    batcher: Batcher[tuple[str, int]] = Batcher(size)
    for number, client in enumerate(of):
        batcher.add((client, number), client, 0.0)
    return batcher


def drained(batcher: Batcher[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    return list(iter(batcher.take, []))


@given(clients, sizes)
def test_nothing_is_lost_or_doubled_and_each_client_keeps_its_order_and_no_batch_is_too_large(
    of: list[str], size: int
) -> None:
    batcher = filled(of, size)
    assert len(batcher) == len(of) == len(list(batcher))
    batches = drained(batcher)
    taken = [item for batch in batches for item in batch]
    assert sorted(taken, key=lambda item: item[1]) == [(client, number) for number, client in enumerate(of)]
    for client in "abc":
        numbers = [number for one, number in taken if one == client]
        assert numbers == sorted(numbers)
    assert all(len(batch) <= size for batch in batches)
    assert all(len(batch) == size for batch in batches[:-1])
    assert len(batcher) == 0


@given(clients, sizes)
def test_clients_are_served_in_turn(of: list[str], size: int) -> None:
    taken = [client for batch in drained(filled(of, size)) for client, _ in batch]
    total = Counter(of)
    served: Counter[str] = Counter()
    for client in taken:
        served[client] += 1
        # Whoever still waits has had as many turns as anyone, or one less.
        assert all(served[other] >= min(total[other], served[client] - 1) for other in total)


def test_a_turn_takes_as_long_as_there_are_clients() -> None:
    batcher = filled(["a", "a", "b"], 1)
    assert [batcher.turn(client) for client in "abc"] == [6, 4, 3]
    assert filled([], 1).turn("a") == 1


@given(st.lists(st.sampled_from("abcdefghijkl"), max_size=400), st.integers(1, 100))
def test_in_a_large_batch_a_turn_is_a_few_items_and_no_client_fills_it_alone(of: list[str], size: int) -> None:
    for batch in drained(filled(of, size)):
        total, part = Counter(of), Counter(client for client, _ in batch)
        assert all(part[other] >= min(total[other], count - MAX_TURN) for count in part.values() for other in total)
        of = list((total - part).elements())


@given(clients, st.sets(st.integers(0, 39)), sizes)
def test_what_is_removed_is_not_taken_and_the_rest_is(of: list[str], removed: set[int], size: int) -> None:
    batcher = filled(of, size)
    for number, client in enumerate(of):
        if number in removed:
            batcher.remove((client, number), client)
    taken = {number for batch in drained(batcher) for _, number in batch}
    assert taken == set(range(len(of))) - removed


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 10)), min_size=1, max_size=20), sizes, st.floats(0.1, 5))
def test_nothing_waits_longer_than_allowed_and_a_full_batch_does_not_wait(
    arrivals: list[tuple[str, float]], size: int, max_wait_s: float
) -> None:
    batcher: Batcher[int] = Batcher(size, max_wait_s)
    waiting: dict[int, float] = {}
    for number, (client, now) in enumerate(sorted(arrivals, key=lambda arrival: arrival[1])):
        while batcher.due_at() <= now:
            assert batcher.due_at() <= min(waiting.values()) + max_wait_s
            for item in batcher.take():
                del waiting[item]
        batcher.add(number, client, now)
        waiting[number] = now
        assert batcher.due_at() == (-math.inf if len(batcher) >= size else min(waiting.values()) + max_wait_s)


def test_without_a_wait_everything_is_due_and_nothing_never_is() -> None:
    batcher: Batcher[str] = Batcher(5)
    assert batcher.due_at() == math.inf
    assert batcher.take() == []
    batcher.add("item", "client", 7.0)
    assert batcher.due_at() == -math.inf


def test_what_is_to_run_alone_goes_first_and_alone_and_at_once() -> None:
    batcher: Batcher[str] = Batcher(5, 100.0)
    batcher.add("a", "client", 0.0)
    batcher.add("b", "client", 0.0)
    for item in ("c", "d", "e"):
        batcher.add_alone(item)
    batcher.remove("d", "client")
    assert len(batcher) == 4
    assert set(batcher) == {"a", "b", "c", "e"}
    assert batcher.due_at() == -math.inf
    assert [batcher.take(), batcher.take(), batcher.take()] == [["c"], ["e"], ["a", "b"]]


def test_a_batch_can_be_asked_for_in_another_size() -> None:
    batcher = filled(["a"] * 5, 1)
    assert len(batcher.take(4)) == 4
    assert len(batcher.take()) == 1
