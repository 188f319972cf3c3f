"""Traces across processes (W3C Trace Context). `context` says what is handed on; `sdk` alone knows OpenTelemetry."""

from tornado_ml.traces.context import Parent, WorkTrace, flush, within

__all__ = ["Parent", "WorkTrace", "flush", "within"]
