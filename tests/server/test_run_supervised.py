"""The real command under a supervisor that reads what it is told."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tornado_ml.testing import ServerFailed, running_server

SETTINGS = '[plugins]\ndisabled = ["anomaly", "digits", "iris", "text"]\n'

SLEEPER = """
import time
from tornado_ml import MLModel, hookimpl

class Sleeper(MLModel):
    executor = "inline"
    qualified_name, display_name, description = "sleeper", "Sleeper", "Stops the loop for as long as it is told."
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def predict(self, data):
        time.sleep(data)
        return data

@hookimpl
def register_models():
    return [Sleeper]
"""

SLOW_TO_LOAD = """
import time
from tornado_ml import MLModel, hookimpl

class Slow(MLModel):
    executor = "thread"
    qualified_name = display_name = description = "NAME"
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def __init__(self):
        time.sleep(0.5)

    def predict(self, data):
        time.sleep(data)
        return data

@hookimpl
def register_models():
    return [Slow]
"""

Hear = Callable[[], list[str]]


@pytest.fixture
def hear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hear]:
    """Reads the next message for a supervisor."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield lambda: listener.recv(4096).decode().split("\n")


def next_with(hear: Hear, line: str) -> tuple[list[str], list[str]]:
    """The next message with a line, and all lines before it."""
    before: list[str] = []
    while line not in (message := hear()):
        before += message
    return message, before


def test_a_supervisor_hears_of_a_service_from_start_to_stop(hear: Hear, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "sleeper.py").write_text(SLEEPER)
    with running_server(directories=[tmp_path / "plugins"], settings=SETTINGS, until_ready=False) as server:
        ready, before = next_with(hear, "READY=1")
        assert "EXTEND_TIMEOUT_USEC=30000000" in before
        assert not any(line.startswith("WATCHDOG") for line in before)
        assert ready == ["READY=1", "STATUS=Ready. Models: 1 ready"]
        server.process.send_signal(signal.SIGHUP)
        assert next_with(hear, "RELOADING=1")[0][1].startswith("MONOTONIC_USEC=")
        assert next_with(hear, "READY=1")[1] == []
        server.process.send_signal(signal.SIGTERM)
        stopping, _ = next_with(hear, "STOPPING=1")
        assert stopping[2] == "EXTEND_TIMEOUT_USEC=30000000"
        assert server.process.wait(20) == 0


def test_a_stop_while_models_are_loaded_anew_lets_the_others_be(hear: Hear, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    for name in ("first", "second"):
        text = SLOW_TO_LOAD.replace("NAME", name)
        (tmp_path / "plugins" / f"{name}.py").write_text(text)
    with (
        running_server(directories=[tmp_path / "plugins"], settings=SETTINGS) as server,
        closing(HTTPConnection(urlsplit(server.url).netloc, timeout=20)) as client,
    ):
        client.request("POST", "/api/models/second/predictions", "3")
        server.process.send_signal(signal.SIGHUP)
        next_with(hear, "RELOADING=1")
        server.process.send_signal(signal.SIGTERM)
        next_with(hear, "STOPPING=1")
        assert client.getresponse().status == 200
        assert server.process.wait(20) == 0
        assert "Model first 1.0 is loaded anew." in server.log
        assert "Model second 1.0 is loaded anew." not in server.log


def test_a_model_that_is_required_and_fails_never_lets_it_be_ready(hear: Hear, tmp_path: Path) -> None:
    settings = SETTINGS + "[models.nobody]\nrequired = true"
    with running_server("--no-plugins", settings=settings, until_ready=False):
        _, before = next_with(hear, "STATUS=Not ready. Models: 1 failed; nobody is failed")
    assert "READY=1" not in before


def test_the_watchdog_hears_of_the_loop_and_only_while_it_turns(
    hear: Hear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "sleeper.py").write_text(SLEEPER)
    with (
        running_server(directories=[tmp_path / "plugins"], settings=SETTINGS) as server,
        closing(HTTPConnection(urlsplit(server.url).netloc, timeout=20)) as client,
    ):
        client.request("POST", "/api/models/sleeper/predictions", "2")
        moments: list[float] = []
        while not any(later - earlier > 1.5 for earlier, later in pairwise(moments)):
            next_with(hear, "WATCHDOG=1")
            moments.append(time.monotonic())
            assert len(moments) < 30, moments
        assert client.getresponse().status == 200


def test_who_ends_it_by_the_watchdog_finds_in_the_log_where_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")  # as the unit does
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "sleeper.py").write_text(SLEEPER)

    def serve_and_hang() -> None:
        with running_server(directories=[tmp_path / "plugins"], settings=SETTINGS) as server:
            with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=20)) as client:
                client.request("POST", "/api/models/sleeper/predictions", "20")
                client.sock.settimeout(1)
                with pytest.raises(TimeoutError):
                    client.getresponse()
            server.process.send_signal(signal.SIGABRT)
            server.process.wait(20)
            assert "sleeper.py" in server.log
            assert "in predict" in server.log

    with pytest.raises(ServerFailed, match=f"ended with -{int(signal.SIGABRT)}"):
        serve_and_hang()
