"""What one service has counted. Plain numbers, changed in the event loop's thread alone: no locks, no I/O."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tornado_ml.metrics import declarations
from tornado_ml.metrics.declarations import METRICS, Metric

Labels = tuple[str, ...]
Sample = tuple[Metric, Labels, float]
"""One value of a counter or gauge at this moment."""


class Distribution:
    """What a histogram has observed, for one choice of labels.

    Attributes:
        counts: how many values fell into each bucket, the last one without a bound.
        total: their sum.
    """

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value


class Traffic:
    """Frames and bytes from and to clients: counted too often for more than an attribute."""

    __slots__ = ("received_bytes", "received_frames", "sent_bytes", "sent_frames")

    def __init__(self) -> None:
        self.received_bytes = self.received_frames = self.sent_bytes = self.sent_frames = 0

    def samples(self) -> Iterator[Sample]:
        yield declarations.RECEIVED_FRAMES, (), self.received_frames
        yield declarations.RECEIVED_BYTES, (), self.received_bytes
        yield declarations.SENT_FRAMES, (), self.sent_frames
        yield declarations.SENT_BYTES, (), self.sent_bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All metrics at one moment; whatever happens then does not change it.

    Attributes:
        values: of counters and gauges.
        distributions: of histograms, the counts and the total of each.
    """

    values: Mapping[Metric, Mapping[Labels, float]]
    distributions: Mapping[Metric, Mapping[Labels, tuple[Sequence[int], float]]]


class Metrics:
    """The metrics of one service. There is one, and whoever has something to count is given it.

    What happens is counted when it does. What is, such as the length of a queue, is looked up by a reader whenever
    somebody asks.
    """

    def __init__(self) -> None:
        self._counts: dict[Metric, dict[Labels, float]] = {
            metric: {} if metric.labels else {(): 0} for metric in METRICS if metric.kind == "counter"
        }
        self._distributions: dict[Metric, dict[Labels, Distribution]] = {
            metric: {} for metric in METRICS if metric.kind == "histogram"
        }
        self.traffic = Traffic()
        self._readers: list[Callable[[], Iterable[Sample]]] = [self.traffic.samples]

    def count(self, metric: Metric, *labels: str, by: float = 1) -> None:
        """Count an event, or several."""
        counts = self._counts[metric]
        counts[labels] = counts.get(labels, 0) + by

    def distribution(self, metric: Metric, *labels: str) -> Distribution:
        """Where the values of a histogram are observed; whoever does that often keeps it."""
        distributions = self._distributions[metric]
        found = distributions.get(labels)
        if found is None:
            found = distributions[labels] = Distribution(metric.buckets)
        return found

    def read_by(self, reader: Callable[[], Iterable[Sample]]) -> None:
        """Call `reader` whenever somebody asks; its samples replace those that it gave before."""
        self._readers.append(reader)

    def values(self) -> dict[Metric, Mapping[Labels, float]]:
        """Every counter and gauge, as it is now."""
        values: dict[Metric, dict[Labels, float]] = {metric: {} for metric in METRICS if metric.kind != "histogram"}
        for metric, counts in self._counts.items():
            values[metric].update(counts)
        for reader in self._readers:
            for metric, labels, value in reader():
                values[metric][labels] = value
        return {**values}

    def snapshot(self) -> Snapshot:
        """All there is, as it is now."""
        distributions = {
            metric: {labels: (tuple(one.counts), one.total) for labels, one in distributions.items()}
            for metric, distributions in self._distributions.items()
        }
        return Snapshot(self.values(), distributions)
