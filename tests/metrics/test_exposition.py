"""What a scraper reads."""

from __future__ import annotations

import math
import sys

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tornado_ml.metrics import Metrics
from tornado_ml.metrics import declarations as declared
from tornado_ml.metrics.declarations import METRICS
from tornado_ml.metrics.exposition import Exposition

HOSTILE = 'a"} 1\n# \\ é'


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_every_declared_metric_is_written_with_its_kind_and_help(metrics: Metrics) -> None:
    text, media_type = Exposition().written(metrics.snapshot(), "")
    assert media_type == "text/plain; version=0.0.4; charset=utf-8"
    written = {family.name: family for family in text_string_to_metric_families(text.decode())}
    for metric in METRICS:
        family = written[metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name]
        assert (family.type, family.documentation) == (metric.kind, metric.help)


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0"])
def test_values_and_labels_are_read_as_they_were_counted(metrics: Metrics, accept: str) -> None:
    metrics.count(declared.REQUESTS, HOSTILE, "1.0", "OK", by=3)
    for value in (0.0001, 0.004, 60):
        metrics.distribution(declared.QUEUE_SECONDS, "echo", "1.0").observe(value)
    text, media_type = Exposition().written(metrics.snapshot(), accept)
    assert media_type.startswith(accept.partition(";")[0])
    parse = openmetrics.text_string_to_metric_families if "openmetrics" in accept else text_string_to_metric_families
    samples = [sample for family in parse(text.decode()) for sample in family.samples]
    labels = {"model": HOSTILE, "version": "1.0", "outcome": "OK"}
    assert [one.value for one in samples if one.name == declared.REQUESTS.name and one.labels == labels] == [3]
    queue = {
        (one.name.removeprefix(declared.QUEUE_SECONDS.name), float(one.labels.get("le", "nan"))): one.value
        for one in samples
        if one.name.startswith(declared.QUEUE_SECONDS.name)
    }
    assert [queue["_bucket", bound] for bound in (0.0001, 0.00025, 0.005, 30, math.inf)] == [1, 1, 2, 2, 3]
    (total,) = [value for (name, _), value in queue.items() if name == "_sum"]
    assert total == pytest.approx(60.0041)


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text; version=x",
        "application/openmetrics-text; version=1.x",
        "text/plain; version=-",
        "text/plain; version=1.0.0; escaping=\x00",
        ";;,,=",
    ],
)
def test_whatever_is_asked_for_something_is_written(metrics: Metrics, accept: str) -> None:
    text, media_type = Exposition().written(metrics.snapshot(), accept)
    assert text.startswith(b"# HELP tornado_ml_")
    assert media_type.isprintable()


@pytest.mark.skipif(sys.platform != "linux", reason="the library reads /proc")
def test_the_process_is_told_of_too(metrics: Metrics) -> None:
    text, _ = Exposition().written(metrics.snapshot(), "")
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "python_info"):
        assert f"\n{name}".encode() in text
