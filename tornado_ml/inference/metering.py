"""Counts what became of requests, as one of those who listen to the service."""

from __future__ import annotations

from tornado_ml.inference.tickets import Prediction, Settled
from tornado_ml.metrics import Metrics, declarations


class _Model:
    """The histograms of one version of a model, looked up once."""

    __slots__ = ("batch_size", "duration", "predict", "queue")

    def __init__(self, metrics: Metrics, model: str, version: str) -> None:
        self.duration = metrics.distribution(declarations.REQUEST_SECONDS, model, version)
        self.queue = metrics.distribution(declarations.QUEUE_SECONDS, model, version)
        self.predict = metrics.distribution(declarations.PREDICT_SECONDS, model, version)
        self.batch_size = metrics.distribution(declarations.BATCH_SIZE, model, version)


class RequestMeter:
    """Counts each request once, and how long predictions took."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._models: dict[tuple[str, str], _Model] = {}

    def __call__(self, settled: Settled) -> None:
        version = settled.model_version
        # A request can name any model: only the name of one that is there is a label.
        model = "" if version is None else settled.request.model_qualified_name
        version = version or ""
        answer = settled.answer
        if not isinstance(answer, Prediction):
            self._metrics.count(declarations.REQUESTS, model, version, answer.code)
        else:
            self._metrics.count(declarations.REQUESTS, model, version, "OK")
            times = self._models.get((model, version))
            if times is None:
                times = self._models[model, version] = _Model(self._metrics, model, version)
            times.duration.observe(answer.total_s)
            times.queue.observe(answer.queue_s)
            times.predict.observe(answer.predict_s)
            times.batch_size.observe(answer.batch_size)
        if settled.partial_count:
            self._metrics.count(declarations.PARTIALS, model, version, by=settled.partial_count)
