"""The declarations: named as Prometheus' users expect, and each said once."""

from __future__ import annotations

import re

import pytest

from tornado_ml.metrics.declarations import METRICS, Metric

UNITS = ("_seconds", "_bytes")


def test_no_two_metrics_have_the_same_name() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS) > 20


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_named_by_the_conventions_and_explained(metric: Metric) -> None:
    assert re.fullmatch(r"tornado_ml(_[a-z]+)+", metric.name)
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    assert not metric.name.endswith(("_count", "_sum", "_bucket", "_created"))
    assert metric.help.endswith(".")
    assert all(re.fullmatch("[a-z]+", label) for label in metric.labels)


@pytest.mark.parametrize("metric", [one for one in METRICS if one.kind == "histogram"], ids=lambda metric: metric.name)
def test_the_buckets_of_a_histogram_grow_and_leave_infinity_unsaid(metric: Metric) -> None:
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.buckets[-1] < float("inf")
    assert metric.name.endswith(UNITS) or metric.name.endswith("_size")
