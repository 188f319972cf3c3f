"""The service from start to stop: the real command, its signals, and what clients see of them."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tornado_ml.errors import OperatorError
from tornado_ml.plugins import PluginHost
from tornado_ml.server.base import Shared
from tornado_ml.server.run import faults_of, serve
from tornado_ml.settings import load_settings
from tornado_ml.testing import RunningServer, ServerFailed, running_server

Ask = Callable[..., dict[str, Any]]

ONLY_DROPINS = '[plugins]\ndisabled = ["anomaly", "digits", "iris", "text"]\n'
STOP_S = 30
"""How long the process may take to end when nothing holds it any more."""


class Client:
    """An HTTP connection that is kept open."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
        self._connection.connect()
        self.is_told_to_close = False

    def send(self, method: str, path: str, document: Any = None) -> None:
        self._connection.request(method, path, None if document is None else json.dumps(document))

    def read(self) -> tuple[int, Any]:
        response = self._connection.getresponse()
        self.is_told_to_close = response.getheader("Connection") == "close"
        return response.status, json.loads(response.read())

    def ask(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        self.send(method, path, document)
        return self.read()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def client() -> Iterator[Callable[[str], Client]]:
    """Opens connections, which are closed at the end."""
    clients: list[Client] = []

    def open_one(url: str) -> Client:
        clients.append(Client(url))
        return clients[-1]

    yield open_one
    for one in clients:
        one.close()


def test_a_stop_lets_clients_have_their_answers_first(
    dropins: Path, held: Path, tmp_path: Path, client: Callable[[str], Client], ask: Ask
) -> None:
    gate = tmp_path / "gate"

    async def converse(server: RunningServer) -> None:
        over_http, another = client(server.url), client(server.url)
        assert over_http.ask("GET", "/health/ready")[0] == 200
        async with connect(server.socket_url) as peer:
            await peer.send(json.dumps(ask("held", str(gate), id="open")))
            await peer.send(json.dumps(ask("echo", 1)))
            await peer.recv()
            server.process.send_signal(signal.SIGTERM)
            goaway = json.loads(await peer.recv())
            assert goaway == {
                "event": "goaway",
                "data": {"reason": "the service is stopping", "deadline_ms": 70_000},
            }
            status, document = over_http.ask("GET", "/health/ready")
            assert (status, document["status"]) == (503, "not_ready")
            status, document = another.ask("POST", "/api/models/echo/predictions", 1)
            assert (status, document["code"], document["retryable"]) == (503, "SHUTTING_DOWN", True)
            assert over_http.is_told_to_close
            assert another.is_told_to_close
            await peer.send(json.dumps(ask("echo", 1, id="late")))
            refused = json.loads(await peer.recv())
            assert (refused["id"], refused["data"]["code"]) == ("late", "SHUTTING_DOWN")
            gate.touch()
            answer = json.loads(await peer.recv())
            assert (answer["id"], answer["data"]["prediction"]) == ("open", str(gate))
            with pytest.raises(ConnectionClosed):
                await peer.recv()
            assert peer.close_code == 1001

    with running_server(directories=[dropins, held], settings=ONLY_DROPINS + "[server]\ndrain_s = 70") as server:
        asyncio.run(converse(server))
        assert server.process.wait(STOP_S) == 0


def test_what_takes_longer_than_drain_s_is_cut_off_and_told_so(
    dropins: Path, held: Path, tmp_path: Path, client: Callable[[str], Client], ask: Ask
) -> None:
    never = str(tmp_path / "never")

    async def converse(server: RunningServer) -> None:
        over_http = client(server.url)
        async with connect(server.socket_url) as peer:
            await peer.send(json.dumps(ask("held", never, id="cut")))
            await peer.send(json.dumps(ask("echo", 1)))
            await peer.recv()
            over_http.send("POST", "/api/models/held/predictions", never)
            await asyncio.sleep(0.1)  # nothing tells when the request has arrived
            server.process.send_signal(signal.SIGINT)
            assert json.loads(await peer.recv())["event"] == "goaway"
            cut = json.loads(await peer.recv())
            assert (cut["id"], cut["data"]["code"], cut["data"]["retryable"]) == ("cut", "SHUTTING_DOWN", True)
            with pytest.raises(ConnectionClosed):
                await peer.recv()
            assert peer.close_code == 1001
        status, document = over_http.read()
        assert (status, document["code"]) == (503, "SHUTTING_DOWN")

    with running_server(directories=[dropins, held], settings=ONLY_DROPINS + "[server]\ndrain_s = 0.3") as server:
        asyncio.run(converse(server))
        assert server.process.wait(STOP_S) == 0


ALWAYS = """
import asyncio
from tornado_ml import Source, hookimpl

class Always(Source):
    name = "always"
    description = "Tells a file when it begins and when it is closed."
    model_qualified_name = "echo"
    always = True

    async def inputs(self):
        with open({book!r}, "a") as book:
            print("begun", file=book, flush=True)
            try:
                yield 1
                await asyncio.Event().wait()
            finally:
                print("closed", file=book)

@hookimpl
def register_sources():
    return [Always()]
"""


def test_a_stop_ends_subscriptions_and_closes_sources(dropins: Path, tmp_path: Path) -> None:
    book = tmp_path / "book"
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "always.py").write_text(ALWAYS.format(book=str(book)))
    data = {"model_qualified_name": "echo", "source": "always"}

    async def converse(server: RunningServer, over_http: HTTPConnection) -> None:
        over_http.request("GET", "/api/models/echo/subscriptions/always")
        response = over_http.getresponse()
        async with connect(server.socket_url) as peer:
            await peer.send(json.dumps({"event": "subscribe", "data": data}))
            assert json.loads(await peer.recv())["event"] == "subscribed"
            assert json.loads(await peer.recv())["data"]["prediction"] == 1
            server.process.send_signal(signal.SIGTERM)
            events = [json.loads(frame) async for frame in peer]
        assert [event["event"] for event in events] == ["goaway", "unsubscribed"]
        assert events[1]["data"]["code"] == "SHUTTING_DOWN"
        parts = response.read().decode().strip().split("\n\n")
        first, last = (part for part in parts if not part.startswith(":"))
        assert first.startswith("event: prediction_response\nid: 1\n")
        assert last.startswith("event: unsubscribed\nid: 2\n")
        assert "SHUTTING_DOWN" in last

    with running_server(directories=[dropins, tmp_path / "plugins"], settings=ONLY_DROPINS) as server:
        with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=20)) as over_http:
            asyncio.run(converse(server, over_http))
        assert server.process.wait(STOP_S) == 0
    assert book.read_text().split() == ["begun", "closed"]


def test_a_second_signal_ends_the_process_at_once(dropins: Path, held: Path, tmp_path: Path, ask: Ask) -> None:
    async def interrupt_twice(server: RunningServer) -> None:
        async with connect(server.socket_url) as peer:
            await peer.send(json.dumps(ask("held", str(tmp_path / "never"))))
            await peer.send(json.dumps(ask("echo", 1)))
            await peer.recv()
            server.process.send_signal(signal.SIGINT)
            assert json.loads(await peer.recv())["event"] == "goaway"
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed):
                await peer.recv()

    def serve_and_interrupt() -> None:
        with running_server(directories=[dropins, held], settings=ONLY_DROPINS + "[server]\ndrain_s = 60") as server:
            asyncio.run(interrupt_twice(server))
            server.process.wait(STOP_S)

    with pytest.raises(ServerFailed, match=f"ended with {128 + signal.SIGTERM}"):
        serve_and_interrupt()


LOADS_SLOWLY = """
import time
from pathlib import Path
from tornado_ml import MLModel, hookimpl

class LoadsSlowly(MLModel):
    executor = "thread"
    qualified_name = "loads_slowly"
    display_name = "Loads slowly"
    description = "Is loaded as soon as there is a file."
    major_version, minor_version = 1, 0
    input_schema = output_schema = {{}}

    def __init__(self):
        while not Path({gate!r}).exists():
            time.sleep(0.01)

    def predict(self, data):
        return data

@hookimpl
def register_models():
    return [LoadsSlowly]
"""


def test_it_listens_before_the_models_are_loaded_and_is_not_ready_until_they_are(
    tmp_path: Path, client: Callable[[str], Client]
) -> None:
    gate = tmp_path / "gate"
    (tmp_path / "loads_slowly.py").write_text(LOADS_SLOWLY.format(gate=str(gate)))
    settings = ONLY_DROPINS + "[models.loads_slowly]\nrequired = true"
    with running_server(directories=[tmp_path], settings=settings, until_ready=False) as server:
        over_http = client(server.url)
        model = {"qualified_name": "loads_slowly", "model_version": "1.0", "state": "loading", "required": True}
        assert over_http.ask("GET", "/health/ready") == (503, {"status": "not_ready", "models": [model]})
        assert over_http.ask("GET", "/health/live") == (200, {"status": "live"})
        status, document = over_http.ask("POST", "/api/models/loads_slowly/predictions", 1)
        assert (status, document["code"]) == (503, "MODEL_NOT_READY")
        gate.touch()
        while (answer := over_http.ask("GET", "/health/ready"))[0] != 200:
            assert server.process.poll() is None
        assert answer == (200, {"status": "ready", "models": [model | {"state": "ready"}]})


def test_in_strict_mode_a_service_with_a_fault_is_never_ready(tmp_path: Path, client: Callable[[str], Client]) -> None:
    (tmp_path / "broken.py").write_text("import nowhere")
    gate = tmp_path / "gate"
    (tmp_path / "loads_slowly.py").write_text(LOADS_SLOWLY.format(gate=str(gate)))

    def ask_until_it_ends() -> None:
        with running_server("--strict", directories=[tmp_path], settings=ONLY_DROPINS, until_ready=False) as server:
            over_http = client(server.url)
            assert over_http.ask("GET", "/health/ready")[0] == 503
            gate.touch()
            with suppress(OSError, HTTPException):
                while True:
                    assert over_http.ask("GET", "/health/ready")[0] == 503
            assert server.process.wait(STOP_S) == 1

    with pytest.raises(ServerFailed, match="ended with 1"):
        ask_until_it_ends()


async def refusal(**server: Any) -> str:
    """Why the service does not start."""
    settings = load_settings(environ={}, overrides={"server": server})
    try:
        await serve(settings, PluginHost(discover=False), lambda url: None)
    except OperatorError as error:
        return str(error)
    raise AssertionError("it has been served")


# Tornado 6.6 does not close a socket that it cannot bind.
@pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning")
@pytest.mark.gen_test
async def test_an_address_that_cannot_be_had_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = await refusal(port=port)
    assert told.startswith(f"Port {port} on 127.0.0.1 is taken.")
    assert "--port" in told
    assert "\n" not in told
    assert (await refusal(host="192.0.2.1", port=0)).startswith("Cannot listen on 192.0.2.1, port 0: ")


@pytest.mark.settings("[models.nobody]\nrequired = true")
@pytest.mark.gen_test
async def test_strict_mode_stops_for_a_failed_model_and_settings_that_no_model_bears(shared: Shared) -> None:
    assert faults_of(shared.settings, shared.plugins, shared.manager) == [
        "Model unloadable 1.0 failed: OSError: the parameters are not there",
        "The settings have [models.nobody], and there is no such model.",
    ]
