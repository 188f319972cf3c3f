"""Counting: exact, by labels, and looked up when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.metrics import Distribution, Metrics, Sample
from tornado_ml.metrics import declarations as declared


def test_events_are_counted_by_their_labels() -> None:
    metrics = Metrics()
    for outcome in ("OK", "OK", "INTERNAL"):
        metrics.count(declared.REQUESTS, "echo", "1.0", outcome)
    metrics.count(declared.PARTIALS, "echo", "1.0", by=5)
    values = metrics.values()
    assert values[declared.REQUESTS] == {("echo", "1.0", "OK"): 2, ("echo", "1.0", "INTERNAL"): 1}
    assert values[declared.PARTIALS] == {("echo", "1.0"): 5}


def test_a_counter_without_labels_is_there_before_anything_has_happened() -> None:
    values = Metrics().values()
    assert values[declared.RECEIVED_FRAMES] == {(): 0}
    assert values[declared.REQUESTS] == {}


def test_frames_and_bytes_are_counted_both_ways() -> None:
    metrics = Metrics()
    metrics.traffic.received_frames += 1
    metrics.traffic.received_bytes += 20
    metrics.traffic.sent_frames += 2
    metrics.traffic.sent_bytes += 300
    values = metrics.values()
    traffic = (declared.RECEIVED_FRAMES, declared.RECEIVED_BYTES, declared.SENT_FRAMES, declared.SENT_BYTES)
    assert [values[one] for one in traffic] == [{(): 1}, {(): 20}, {(): 2}, {(): 300}]


def test_what_is_there_is_looked_up_each_time() -> None:
    metrics = Metrics()
    queue = ["a"]

    def read() -> Iterator[Sample]:
        yield from ((declared.QUEUED, (name, "1.0"), len(queue)) for name in queue)

    metrics.read_by(read)
    assert metrics.values()[declared.QUEUED] == {("a", "1.0"): 1}
    queue[:] = ["b", "c"]
    assert metrics.values()[declared.QUEUED] == {("b", "1.0"): 2, ("c", "1.0"): 2}


def test_the_distribution_of_the_same_labels_is_the_same() -> None:
    metrics = Metrics()
    first = metrics.distribution(declared.QUEUE_SECONDS, "echo", "1.0")
    assert metrics.distribution(declared.QUEUE_SECONDS, "echo", "1.0") is first
    assert metrics.distribution(declared.QUEUE_SECONDS, "echo", "2.0") is not first
    assert metrics.distribution(declared.PREDICT_SECONDS, "echo", "1.0") is not first


@given(st.lists(st.floats(0, 100) | st.sampled_from([0.001, 0.1, 1.0])))
def test_a_value_falls_into_the_first_bucket_whose_bound_is_not_below_it(values: list[float]) -> None:
    bounds = (0.001, 0.1, 1.0)
    distribution = Distribution(bounds)
    for value in values:
        distribution.observe(value)
    assert sum(distribution.counts) == len(values)
    assert distribution.total == pytest.approx(sum(values))
    for place, bound in enumerate(bounds):
        assert sum(distribution.counts[: place + 1]) == len([value for value in values if value <= bound])


def test_a_snapshot_stays_as_it_was() -> None:
    metrics = Metrics()
    metrics.count(declared.REQUESTS, "echo", "1.0", "OK")
    seconds = metrics.distribution(declared.QUEUE_SECONDS, "echo", "1.0")
    seconds.observe(0.5)
    snapshot = metrics.snapshot()
    metrics.count(declared.REQUESTS, "echo", "1.0", "OK")
    seconds.observe(0.5)
    assert snapshot.values[declared.REQUESTS] == {("echo", "1.0", "OK"): 1}
    ((counts, total),) = snapshot.distributions[declared.QUEUE_SECONDS].values()
    assert (sum(counts), total) == (1, 0.5)
