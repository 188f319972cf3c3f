"""Writes metrics down for whoever scrapes them: in Prometheus' text format, or as OpenMetrics.

A line takes prometheus-client some 10 µs, and a model that is asked has 80. So what is written is a snapshot, which can
be written in another thread than the one that counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from tornado_ml.metrics.declarations import Metric
from tornado_ml.metrics.metrics import Snapshot


class Exposition:
    """Writes snapshots, and what the library knows of the process. Has no state: any thread may call it."""

    def __init__(self) -> None:
        self._process = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._process)

    def written(self, snapshot: Snapshot, accept: str) -> tuple[bytes, str]:
        """All metrics, and the media type that they are written in, for what an `Accept` header asks for."""
        everything = _Everything(snapshot, self._process)
        try:
            write, media_type = choose_encoder(accept)
            return write(everything), media_type
        except (TypeError, ValueError):  # it asks for a version that is none, which the library does not expect
            write, media_type = choose_encoder("")
            return write(everything), media_type


class _Everything(Collector):
    def __init__(self, snapshot: Snapshot, process: CollectorRegistry) -> None:
        self._snapshot = snapshot
        self._process = process

    def collect(self) -> Iterator[Family]:
        for metric, values in self._snapshot.values.items():
            make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = make(metric.name, metric.help, labels=metric.labels)
            for labels, value in sorted(values.items()):
                family.add_metric(labels, value)
            yield family
        for metric, distributions in self._snapshot.distributions.items():
            histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, (counts, total) in sorted(distributions.items()):
                histogram.add_metric(labels, _buckets(metric, counts), total)
            yield histogram
        yield from self._process.collect()


def _buckets(metric: Metric, counts: Sequence[int]) -> list[tuple[str, float]]:
    bounds = [*map(floatToGoString, metric.buckets), "+Inf"]
    return list(zip(bounds, accumulate(counts), strict=True))
