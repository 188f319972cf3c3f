"""Traces from the client's span to those that a model makes in its worker process, as a collector gets them."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from websockets.sync.client import connect

from tornado_ml.client import Client
from tornado_ml.inference.service import InferenceService, Request
from tornado_ml.inference.tracing import RequestTracer
from tornado_ml.server.base import Shared
from tornado_ml.testing import RunningServer, running_server

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{PARENT}-01"

MODEL = """
from opentelemetry import trace

from tornado_ml import MLModel, ModelSession, hookimpl

tracer = trace.get_tracer("of the model")


def work(data):
    with tracer.start_as_current_span("own"):
        return data


class Memory(ModelSession):
    def __init__(self, parameters):
        pass

    def predict(self, data):
        return work(data)


class Traced(MLModel):
    qualified_name = display_name = description = "traced"
    major_version, minor_version = 1, 2
    executor = "process"
    input_schema = output_schema = {}

    def predict(self, data):
        return work(data)

    def predict_stream(self, data):
        yield work(data)
        return work(data)

    def open_session(self, parameters):
        return Memory(parameters)


@hookimpl
def register_models():
    return [Traced]
"""


class Collector:
    """Takes spans by OTLP over HTTP, and keeps them."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                sent = ExportTraceServiceRequest.FromString(body)
                collector.spans += [
                    span for one in sent.resource_spans for two in one.scope_spans for span in two.spans
                ]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1/traces"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, trace: str) -> dict[str, Any]:
        """The spans of a trace by their names."""
        return {span.name: span for span in self.spans if span.trace_id.hex() == trace}


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


Serve = Callable[..., Any]


@pytest.fixture
def serve(tmp_path: Path, collector: Collector, no_examples: str) -> Serve:
    """Serves a model that makes spans of its own; when it ends, all spans have been sent."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    settings = f"{no_examples}\n[tracing]\nendpoint = '{collector.endpoint}'\n"

    def serve(executor: str = "process") -> Any:
        (folder / "traced.py").write_text(MODEL.replace('"process"', f'"{executor}"'))
        return running_server("--strict", settings=settings, directories=[folder])

    return serve


def ask_over_rest(server: RunningServer, traceparent: str, data: object = 1) -> Any:
    headers = {"Content-Type": "application/json", "traceparent": traceparent}
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=30)) as connection:
        connection.request("POST", "/api/models/traced/predictions", json.dumps(data), headers)
        return json.loads(connection.getresponse().read())


def check_tree(collector: Collector, trace: str, parent: str) -> None:
    """One request: its span belongs to the client's, and all others to it."""
    spans = collector.of(trace)
    assert set(spans) == {"own", "prediction", "predict", "queue"}
    request = spans["prediction"]
    assert request.parent_span_id.hex() == parent
    assert spans["queue"].parent_span_id == spans["predict"].parent_span_id == request.span_id
    assert spans["own"].parent_span_id == spans["predict"].span_id


def test_a_request_over_rest_is_one_trace_across_the_processes(serve: Serve, collector: Collector) -> None:
    with serve() as server:
        answer = ask_over_rest(server, SAMPLED)
    check_tree(collector, TRACE, PARENT)
    spans = collector.of(TRACE)
    request = spans["prediction"]
    said = attributes(request)
    assert said.pop("tornado_ml.request_id").startswith("q")
    assert said == {
        "tornado_ml.model": "traced",
        "tornado_ml.model_version": "1.2",
        "tornado_ml.code": "OK",
        "tornado_ml.batch_size": 1,
    }
    timing = answer["meta"]["timing_ms"]
    for name, key in (("queue", "queue"), ("predict", "predict")):
        span = spans[name]
        assert (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6 == pytest.approx(timing[key], abs=0.01)
        assert request.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= request.end_time_unix_nano + 1_000_000
    assert abs(request.start_time_unix_nano / 1e9 - time.time()) < 120
    assert spans["predict"].start_time_unix_nano >= spans["queue"].end_time_unix_nano


@pytest.mark.parametrize("executor", ["thread", "inline"])
def test_a_model_in_the_services_own_process_is_in_the_trace_as_well(
    serve: Serve, collector: Collector, executor: str
) -> None:
    with serve(executor) as server:
        ask_over_rest(server, SAMPLED)
    check_tree(collector, TRACE, PARENT)


def test_a_socket_belongs_to_the_span_of_its_handshake_and_a_frame_to_its_own(
    serve: Serve, collector: Collector
) -> None:
    other = "1" * 32
    with serve() as server, connect(server.socket_url, additional_headers={"traceparent": SAMPLED}) as socket:
        for meta in ({}, {"traceparent": f"00-{other}-{PARENT}-01", "tracestate": "a=b"}):
            frame = {"event": "prediction_request", "data": {"model_qualified_name": "traced", "input_data": 1}}
            socket.send(json.dumps({**frame, "meta": meta}))
            assert json.loads(socket.recv(timeout=30))["event"] == "prediction_response"
    check_tree(collector, TRACE, PARENT)
    check_tree(collector, other, PARENT)
    assert {span.trace_state for span in collector.of(other).values()} == {"a=b"}


def test_streams_and_sessions_are_traced_as_well(serve: Serve, collector: Collector) -> None:
    streamed, remembered = "2" * 32, "3" * 32

    async def ask(url: str) -> None:
        async with await Client.connect(url) as client:
            stream = client.stream("traced", 1, trace={"traceparent": f"00-{streamed}-{PARENT}-01"})
            assert [piece async for piece in stream] == [1]
            async with client.session("traced") as session:
                await session.predict(1, trace={"traceparent": f"00-{remembered}-{PARENT}-01"})

    with serve() as server:
        asyncio.run(ask(server.socket_url))
    check_tree(collector, remembered, PARENT)
    check_tree(collector, streamed, PARENT)
    assert len([span for span in collector.spans if span.trace_id.hex() == streamed and span.name == "own"]) == 2


def test_what_the_client_does_not_record_is_not_recorded_and_nonsense_begins_a_trace(
    serve: Serve, collector: Collector
) -> None:
    with serve() as server:
        ask_over_rest(server, f"00-{TRACE}-{PARENT}-00")
        ask_over_rest(server, "nonsense")
    assert collector.of(TRACE) == {}
    (trace,) = {span.trace_id.hex() for span in collector.spans}
    check_tree(collector, trace, "")


@pytest.mark.gen_test
async def test_an_error_is_one_in_its_trace(shared: Shared, collector: Collector) -> None:
    tracer = RequestTracer(collector.endpoint)
    service = InferenceService(shared.manager, listeners=[tracer], tracer=tracer)
    requests = [Request("broken", {}), Request("nobody", 1), Request("echo", 1)]
    await asyncio.gather(*(service.predict(one, client=1) for one in requests), return_exceptions=True)
    await asyncio.to_thread(tracer.close)
    found = {attributes(span)["tornado_ml.code"]: span for span in collector.spans if span.name == "prediction"}
    assert set(found) == {"INVALID_INPUT", "MODEL_NOT_FOUND", "OK"}
    for code in ("INVALID_INPUT", "MODEL_NOT_FOUND"):
        assert (found[code].status.code, attributes(found[code])["error.type"]) == (2, code)
    assert found["OK"].status.code == 0
    assert len(collector.spans) == 5
