"""OpenTelemetry, as far as it is needed: where spans go, and which one is the parent. Needs tornado-ml[otel].

What is not said here is as OpenTelemetry's own variables have it: OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER,
OTEL_EXPORTER_OTLP_HEADERS and so on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tornado_ml.traces.context import Parent, WorkTrace

_PROPAGATOR = TraceContextTextMapPropagator()


class Ids(RandomIdGenerator):
    """Makes ids, and can be told the next one of a span."""

    def __init__(self) -> None:
        self.next_span_id: int | None = None

    def generate_span_id(self) -> int:
        told, self.next_span_id = self.next_span_id, None
        return super().generate_span_id() if told is None else told


def make_provider(endpoint: str, ids: Ids | None = None) -> TracerProvider:
    """Makes spans, and sends them to a collector that speaks OTLP over HTTP."""
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "tornado-ml")})
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider


def shut_down(provider: TracerProvider, timeout_s: float) -> None:
    """Send what is not sent yet; whatever is not by then is lost."""
    # The collector may be away, and the exporter then tries for longer than a stop may take.
    thread = threading.Thread(target=provider.shutdown, name="traces", daemon=True)
    thread.start()
    thread.join(timeout_s)


def extracted(parent: Parent | WorkTrace | None) -> Context:
    """The context of a span elsewhere; an empty one for nonsense."""
    if parent is None:
        return Context()
    carrier = {"traceparent": parent.traceparent, "tracestate": parent.tracestate}
    return _PROPAGATOR.extract(carrier, Context())


@contextmanager
def attached(work: WorkTrace) -> Iterator[None]:
    """Let all spans that this thread makes meanwhile belong to a trace, and be sent."""
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):  # the model has brought none of its own
        trace.set_tracer_provider(make_provider(work.endpoint))
    token = context.attach(extracted(work))
    try:
        yield
    finally:
        context.detach(token)


def flush(timeout_s: float) -> None:
    """Send the spans of this process that are not sent yet, if it has made any."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        shut_down(provider, timeout_s)
