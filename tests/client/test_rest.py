from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tornado_ml.client import ConnectionLost, PredictionError, rest
from tornado_ml.testing import RunningServer, running_server


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server("--no-plugins") as server:
        yield server


@pytest.fixture
def foreign() -> Iterator[Callable[[bytes], str]]:
    """A web server that answers with these bytes, whatever it is asked."""
    servers: list[HTTPServer] = []

    def start(body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_models_are_named_and_loaded_anew(dropins: Path, no_examples: str) -> None:
    with running_server(settings=no_examples, directories=[dropins]) as server:
        assert {"broken", "echo", "slow", "unloadable"} <= set(rest.model_names(server.url))
        entry = rest.reload("echo", server.socket_url)
        assert [version["state"] for version in entry["versions"]] == ["ready"] * 3


def test_an_error_is_raised_with_its_code(server: RunningServer) -> None:
    with pytest.raises(PredictionError) as failure:
        rest.reload("no such/model", server.url)
    assert failure.value.code == "MODEL_NOT_FOUND"


def test_nobody_at_the_address_is_said_so() -> None:
    with pytest.raises(ConnectionLost, match=r"^Cannot ask http://127\.0\.0\.1:1/api/models: .*refused"):
        rest.model_names("ws://127.0.0.1:1")


@pytest.mark.parametrize("body", [b"", b"<!doctype html>", b"[]"])
def test_a_web_server_that_is_no_service_is_said_so(foreign: Callable[[bytes], str], body: bytes) -> None:
    with pytest.raises(ConnectionLost, match="Cannot ask"):
        rest.model_names(foreign(body))


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="is no address of a service"):
        rest.model_names("localhost")
