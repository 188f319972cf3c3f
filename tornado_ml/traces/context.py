"""Which trace something belongs to, as it is handed on. OpenTelemetry is imported only where there is a trace."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple, Self, TypeVar

T = TypeVar("T")

MAX_LENGTH = 512
"""As much of a tracestate as everybody must hand on (W3C Trace Context, section 3.3.1.5)."""


class Parent(NamedTuple):
    """The span of a client that something was asked in, as the client wrote it; it may be nonsense."""

    traceparent: str
    tracestate: str = ""

    @classmethod
    def of(cls, carrier: Mapping[str, str]) -> Self | None:
        """What the headers of a request, or its `meta`, say; None where they say nothing."""
        traceparent = carrier.get("traceparent")
        if not traceparent or len(traceparent) > MAX_LENGTH:
            return None
        tracestate = carrier.get("tracestate", "")
        return cls(traceparent, tracestate if len(tracestate) <= MAX_LENGTH else "")


class WorkTrace(NamedTuple):
    """The span that a model's own spans belong to."""

    traceparent: str
    tracestate: str
    endpoint: str
    """Where spans are sent."""


def within(trace: WorkTrace, work: Callable[[], T]) -> T:
    """What `work` returns; the spans that it makes belong to the trace."""
    from tornado_ml.traces import sdk

    with sdk.attached(trace):
        return work()


def flush(timeout_s: float) -> None:
    """Send the spans of models in this process that are not sent yet; whatever is not by then is lost."""
    if "tornado_ml.traces.sdk" in sys.modules:
        from tornado_ml.traces import sdk

        sdk.flush(timeout_s)
