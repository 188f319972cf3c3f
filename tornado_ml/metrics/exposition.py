"""Writes metrics down for whoever scrapes them: in Prometheus' text format, or as OpenMetrics."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from tornado_ml.metrics.declarations import Metric
from tornado_ml.metrics.metrics import Distribution, Metrics


class ServiceCollector(Collector):
    """What a service has counted, as prometheus-client knows it."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Family]:
        for metric, values in self._metrics.values().items():
            make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = make(metric.name, metric.help, labels=metric.labels)
            for labels, value in sorted(values.items()):
                family.add_metric(labels, value)
            yield family
        for metric, distributions in self._metrics.distributions().items():
            histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, distribution in sorted(distributions.items(), key=lambda item: item[0]):
                histogram.add_metric(labels, _buckets(metric, distribution), distribution.total)
            yield histogram


class Exposition:
    """The metrics of one service, and what the library knows of its process."""

    def __init__(self, metrics: Metrics) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(ServiceCollector(metrics))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def written(self, accept: str) -> tuple[bytes, str]:
        """All metrics, and the media type that they are written in, for what an `Accept` header asks for."""
        try:
            return self._as(accept)
        except (TypeError, ValueError):  # it asks for a version that is none, which the library does not expect
            return self._as("")

    def _as(self, accept: str) -> tuple[bytes, str]:
        write, media_type = choose_encoder(accept)
        return write(self._registry), media_type


def _buckets(metric: Metric, distribution: Distribution) -> list[tuple[str, float]]:
    bounds = [*map(floatToGoString, metric.buckets), "+Inf"]
    return list(zip(bounds, accumulate(distribution.counts), strict=True))
