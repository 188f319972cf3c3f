from __future__ import annotations

import subprocess
import sys
import threading
import time

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from tornado_ml.traces import Parent
from tornado_ml.traces.sdk import Ids, extracted, make_provider, shut_down

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_the_next_id_of_a_span_can_be_told() -> None:
    ids = Ids()
    ids.next_span_id = 5
    assert ids.generate_span_id() == 5
    assert ids.generate_span_id() != 5


def test_a_parent_that_makes_sense_is_the_parent() -> None:
    span = trace.get_current_span(extracted(Parent(TRACEPARENT, "a=b"))).get_span_context()
    assert (f"{span.trace_id:032x}", f"{span.span_id:016x}") == tuple(TRACEPARENT.split("-")[1:3])
    assert (span.is_remote, span.trace_state.to_header()) == (True, "a=b")
    for nonsense in (None, Parent("nonsense"), Parent(TRACEPARENT.replace("00-", "ff-", 1))):
        assert not trace.get_current_span(extracted(nonsense)).get_span_context().is_valid


def test_where_no_collector_is_a_stop_does_not_wait_for_it() -> None:
    provider = make_provider("http://127.0.0.1:9/v1/traces")
    provider.get_tracer("test").start_span("span").end()
    started = time.monotonic()
    shut_down(provider, 0.2)
    assert time.monotonic() - started < 10
    for thread in threading.enumerate():
        if thread.name == "traces":
            thread.join(30)


def test_a_model_that_has_brought_its_own_provider_keeps_it() -> None:
    code = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from tornado_ml.traces import WorkTrace, within
work = WorkTrace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "", "http://127.0.0.1:9/")
own = TracerProvider()
trace.set_tracer_provider(own)
def span():
    return f"{trace.get_tracer('x').start_span('y').get_span_context().trace_id:032x}"
print(within(work, span), trace.get_tracer_provider() is own)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=60)
    assert done.stdout == "0af7651916cd43dd8448eb211c80319c True\n"
    assert isinstance(make_provider("http://127.0.0.1:9/"), TracerProvider)
