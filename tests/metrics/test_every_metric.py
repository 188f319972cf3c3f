"""Each declared metric is there, and moves with what it is about, in a service that does all that one can do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import ClientConnection, connect

from tornado_ml.metrics import declarations as declared
from tornado_ml.metrics.declarations import METRICS
from tornado_ml.testing import RunningServer, running_server

SETTINGS = """
[server]
max_message_bytes = 20_000_000
[plugins]
disabled = ["anomaly", "digits", "iris", "text"]
[limits_per_connection]
bytes_per_s = 1000
burst_s = 100
[models.frail]
required = true
"""
FRAIL = """
import os, time
from pathlib import Path
from tornado_ml import MLModel, Observer, hookimpl

class Dreamer(Observer):
    def observe(self, records):
        while not Path(__file__).with_name("awake").exists():
            time.sleep(0.01)

class Frail(MLModel):
    qualified_name = display_name = "frail"
    description = "Ends its process when it is told to."
    major_version, minor_version = 1, 0
    input_schema, output_schema = {}, {}

    def predict(self, data):
        if data == "die":
            os._exit(3)
        return data

@hookimpl
def register_models():
    return [Frail]

@hookimpl
def register_observers():
    return [Dreamer()]
"""
AS_THE_SETTINGS_SAY = {declared.BUILD, declared.MAX_QUEUED, declared.MAX_CONNECTIONS, declared.PLUGIN_STATE}

Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Scraper:
    """Reads the metrics of a service, and remembers which of them were ever other than at first."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._first = self.read()
        self.moved: set[str] = set()

    def read(self) -> Values:
        with urlopen(f"{self._url}/metrics", timeout=30) as response:
            families = text_string_to_metric_families(response.read().decode())
        return {
            (one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples
        }

    def look(self) -> None:
        now = self.read()
        self.moved |= {
            name
            for name, labels in now.keys() | self._first.keys()
            if now.get((name, labels)) != self._first.get((name, labels))
        }

    def look_until(self, *names: str) -> None:
        deadline = time.monotonic() + 60
        while not self.moved.issuperset(names):
            assert time.monotonic() < deadline, sorted(set(names) - self.moved)
            self.look()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plugin is; its observer sleeps until there is a file `awake`."""
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "frail.py").write_text(FRAIL)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[RunningServer]:
    dropins = Path(__file__).parents[1] / "dropins"
    with running_server(directories=[folder, dropins], settings=SETTINGS) as server:
        yield server


def post(server: RunningServer, path: str, document: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    asked = Request(f"{server.url}{path}", json.dumps(document).encode(), headers, method="POST")
    with urlopen(asked, timeout=30) as response:
        return json.load(response)


def say(socket: ClientConnection, event: str, data: Any, **more: Any) -> None:
    socket.send(json.dumps({"event": event, "data": data, **more}))


def hear(socket: ClientConnection, event: str) -> Any:
    """The data of the next frame of that event; others are passed over."""
    while (frame := json.loads(socket.recv(timeout=30)))["event"] != event:
        pass
    return frame["data"]


def predict_and_fail(socket: ClientConnection, scraper: Scraper) -> None:
    socket.send("{")
    hear(socket, "prediction_error")
    counter = {"model_qualified_name": "counter", "input_data": {"to": 3}}
    say(socket, "prediction_request", counter, meta={"stream": True})
    hear(socket, "prediction_response")
    endless = {"model_qualified_name": "counter", "input_data": {"to": 1_000_000, "seconds": 0.01}}
    for _ in range(3):
        say(socket, "prediction_request", endless)
    scraper.look_until(declared.QUEUED.name, declared.RUNNING.name, declared.OPEN.name)


def subscribe_and_open_a_session(socket: ClientConnection, scraper: Scraper) -> None:
    say(socket, "session_open", {"model_qualified_name": "adder", "parameters": {}})
    say(socket, "subscribe", {"model_qualified_name": "echo", "source": "ticks"}, meta={"max_rate_hz": 5})
    scraper.look_until(
        *(declared.SESSIONS.name, declared.SUBSCRIPTIONS.name, declared.CONNECTIONS.name),
        *(declared.FEED_VALUES.name, declared.FEED_DELIVERED.name, declared.FEED_DROPPED.name),
    )


def be_too_fast(socket: ClientConnection) -> None:
    say(socket, "ping", {"so much": "x" * 200_000})
    hear(socket, "pong")
    say(socket, "subscribe", {"topic": "models"})
    assert hear(socket, "prediction_error")["code"] == "RATE_LIMITED"


def drop_and_resume(open_one: Callable[[], ClientConnection], scraper: Scraper) -> None:
    with open_one() as dropped:
        say(dropped, "hello", {})
        welcome = hear(dropped, "welcome")
    scraper.look_until(declared.WAITING.name, declared.CONNECTIONS_CLOSED.name)
    session = {key: welcome[key] for key in ("session_token", "epoch")}
    with open_one() as resumed:
        say(resumed, "hello", {**session, "last_seq": 0})
        assert hear(resumed, "welcome")["resumed"]


def ask_more_than_an_observer_can_hold(server: RunningServer, scraper: Scraper) -> None:
    for _ in range(3):
        post(server, "/api/models/echo/predictions", "x" * 12_000_000)
    scraper.look_until(declared.OBSERVATIONS_DROPPED.name)


def lose_a_worker_and_a_model(server: RunningServer, scraper: Scraper) -> None:
    post(server, "/api/models/frail/predictions", 1)
    with pytest.raises(OSError, match="500"):
        post(server, "/api/models/frail/predictions", "die")
    scraper.look_until(declared.WORKER_RESTARTS.name, declared.WORKER_MEMORY.name)
    post(server, "/api/models/frail/unload", {})
    scraper.look_until(declared.WORKERS.name, declared.MODEL_STATE.name, declared.READY.name)


def test_each_metric_moves_with_what_it_is_about(server: RunningServer, folder: Path) -> None:
    scraper = Scraper(server.url)

    def open_one() -> ClientConnection:
        return connect(f"{server.url.replace('http', 'ws')}/ws")

    with open_one() as socket:
        predict_and_fail(socket, scraper)
        subscribe_and_open_a_session(socket, scraper)
    with open_one() as socket:
        be_too_fast(socket)
    drop_and_resume(open_one, scraper)
    ask_more_than_an_observer_can_hold(server, scraper)
    (folder / "awake").touch()
    lose_a_worker_and_a_model(server, scraper)
    scraper.look()
    suffixes = {"histogram": "_count"}
    expected = {metric.name + suffixes.get(metric.kind, "") for metric in METRICS if metric not in AS_THE_SETTINGS_SAY}
    assert {name for name in scraper.moved if name.startswith("tornado_ml") and name in expected} == expected
    assert {metric.name for metric in AS_THE_SETTINGS_SAY} <= {name for name, _ in scraper.read()}
