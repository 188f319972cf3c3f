"""A span for each request, with one for its time in the queue and one for the model's. Needs tornado-ml[otel]."""

from __future__ import annotations

import time
from dataclasses import dataclass

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context

from tornado_ml import __version__
from tornado_ml.inference.tickets import Prediction, Request, Settled
from tornado_ml.observers.base import OK
from tornado_ml.traces import WorkTrace, sdk

CLOSE_S = 3.0
"""How long the last spans may take to be sent."""


@dataclass(slots=True)
class RequestTrace:
    """The trace of a request that is open.

    Attributes:
        work: what its worker is handed.
        predict_id: the id that the span of the model's time will have: the worker needs it before there is that span.
        epoch_ns: what is added to times of the service's clock.
    """

    span: Span
    work: WorkTrace
    predict_id: int
    epoch_ns: int


class RequestTracer:
    """Makes the spans of requests, and is one of those who listen to the service.

    Args:
        endpoint: where spans are sent.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._ids = sdk.Ids()
        self._provider = sdk.make_provider(endpoint, self._ids)
        self._tracer = self._provider.get_tracer("tornado_ml", __version__)

    def begin(self, request: Request, started: float) -> None:
        """A request has come, at `started` on the service's clock."""
        epoch_ns = time.time_ns() - _ns(started)
        span = self._tracer.start_span(
            "prediction", sdk.extracted(request.parent), kind=SpanKind.SERVER, start_time=epoch_ns + _ns(started)
        )
        own = span.get_span_context()
        predict_id = self._ids.generate_span_id()
        traceparent = f"00-{own.trace_id:032x}-{predict_id:016x}-{own.trace_flags:02x}"
        work = WorkTrace(traceparent, own.trace_state.to_header(), self._endpoint)
        request.trace = RequestTrace(span, work, predict_id, epoch_ns)

    def __call__(self, settled: Settled) -> None:
        trace, answer = settled.request.trace, settled.answer
        if trace is None or not trace.span.is_recording():
            return
        span = trace.span
        span.set_attribute("tornado_ml.request_id", settled.request_id)
        span.set_attribute("tornado_ml.model", settled.request.model_qualified_name)
        if settled.model_version is not None:
            span.set_attribute("tornado_ml.model_version", settled.model_version)
        if isinstance(answer, Prediction):
            span.set_attribute("tornado_ml.code", OK)
            span.set_attribute("tornado_ml.batch_size", answer.batch_size)
            began = settled.started + answer.queue_s
            self._add(trace, "queue", settled.started, began)
            self._ids.next_span_id = trace.predict_id
            self._add(trace, "predict", began, began + answer.predict_s)
        else:
            span.set_attribute("tornado_ml.code", answer.code)
            span.set_attribute("error.type", answer.code)
            span.set_status(Status(StatusCode.ERROR))
        span.end(trace.epoch_ns + _ns(settled.ended))

    def close(self) -> None:
        """Send the spans that are not sent yet, those of models in this process included; blocks."""
        sdk.shut_down(self._provider, CLOSE_S)
        sdk.flush(CLOSE_S)

    def _add(self, trace: RequestTrace, name: str, began: float, ended: float) -> None:
        context = set_span_in_context(trace.span)
        span = self._tracer.start_span(name, context, start_time=trace.epoch_ns + _ns(began))
        span.end(trace.epoch_ns + _ns(ended))


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
