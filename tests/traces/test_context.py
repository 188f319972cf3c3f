from __future__ import annotations

import subprocess
import sys

import pytest

from tornado_ml.traces import Parent

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("carrier", "expected"),
    [
        ({}, None),
        ({"traceparent": ""}, None),
        ({"tracestate": "a=b"}, None),
        ({"traceparent": TRACEPARENT}, Parent(TRACEPARENT, "")),
        ({"traceparent": TRACEPARENT, "tracestate": "a=b"}, Parent(TRACEPARENT, "a=b")),
        ({"traceparent": "nonsense"}, Parent("nonsense", "")),
        ({"traceparent": "x" * 513}, None),
        ({"traceparent": TRACEPARENT, "tracestate": "x" * 513}, Parent(TRACEPARENT, "")),
    ],
)
def test_a_client_may_say_which_span_it_asks_in(carrier: dict[str, str], expected: Parent | None) -> None:
    assert Parent.of(carrier) == expected


def test_where_there_is_no_trace_nothing_of_opentelemetry_is_imported() -> None:
    code = """
import sys
import tornado_ml.server.run, tornado_ml.inference.executors.process.worker
from tornado_ml.traces import flush
flush(1)
print([name for name in sys.modules if "opentelemetry" in name])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60)
    assert done.stdout == "[]\n"
