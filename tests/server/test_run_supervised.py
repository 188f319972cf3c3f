"""The real command under a supervisor that reads what it is told."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tornado_ml.testing import ServerFailed, running_server

SETTINGS = '[plugins]\ndisabled = ["anomaly", "digits", "iris", "text"]\n'

SLEEPER = """
import time
from pathlib import Path
from tornado_ml import MLModel, hookimpl

class Sleeper(MLModel):
    executor = "inline"
    qualified_name, display_name, description = "sleeper", "Sleeper", "Stops the loop."
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def predict(self, data):
        Path(data, "begun").touch()
        while not Path(data, "may end").exists():
            time.sleep(0.01)
        return data

@hookimpl
def register_models():
    return [Sleeper]
"""
"""A model that stops the loop. It tells of it by a file in the folder that is its input, and waits for another one."""

SLOW_TO_LOAD = """
import time
from pathlib import Path
from tornado_ml import MLModel, hookimpl

class Slow(MLModel):
    executor = "thread"
    qualified_name = display_name = description = "NAME"
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def __init__(self):
        while Path(FOLDER, "must not load").exists():
            time.sleep(0.01)

    def predict(self, data):
        while not Path(FOLDER, "may answer").exists():
            time.sleep(0.01)
        return data

@hookimpl
def register_models():
    return [Slow]
"""

Hear = Callable[[], list[str]]
STOP_S = 30
"""How long the process may take to end when nothing holds it any more."""


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[socket.socket]:
    """Where the supervisor is told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


@pytest.fixture
def hear(ear: socket.socket) -> Hear:
    """Reads the next message for a supervisor."""
    return lambda: ear.recv(4096).decode().split("\n")


def next_with(hear: Hear, line: str) -> tuple[list[str], list[str]]:
    """The next message with a line, and all lines before it."""
    before: list[str] = []
    while line not in (message := hear()):
        before += message
    return message, before


def wait_for(file: Path) -> None:
    """Returns when there is the file."""
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


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
        assert server.process.wait(STOP_S) == 0


def test_a_stop_while_models_are_loaded_anew_lets_the_others_be(hear: Hear, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    for name in ("first", "second"):
        text = SLOW_TO_LOAD.replace("NAME", name).replace("FOLDER", repr(str(tmp_path)))
        (tmp_path / "plugins" / f"{name}.py").write_text(text)
    with (
        running_server(directories=[tmp_path / "plugins"], settings=SETTINGS + "[server]\ndrain_s = 60\n") as server,
        closing(HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as client,
        closing(HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as another,
    ):
        another.connect()
        client.request("POST", "/api/models/second/predictions", "1")
        (tmp_path / "must not load").touch()
        server.process.send_signal(signal.SIGHUP)
        next_with(hear, "RELOADING=1")
        server.process.send_signal(signal.SIGTERM)
        next_with(hear, "STOPPING=1")
        status = 200
        while status == 200:
            another.request("GET", "/health/ready")
            with another.getresponse() as response:
                status = response.status
        (tmp_path / "must not load").unlink()
        while "Model first 1.0 is loaded anew." not in server.log:
            assert server.process.poll() is None
        (tmp_path / "may answer").touch()
        assert client.getresponse().status == 200
        assert server.process.wait(STOP_S) == 0
        assert "Model second 1.0 is loaded anew." not in server.log


def test_a_model_that_is_required_and_fails_never_lets_it_be_ready(hear: Hear, tmp_path: Path) -> None:
    settings = SETTINGS + "[models.nobody]\nrequired = true"
    with running_server("--no-plugins", settings=settings, until_ready=False):
        _, before = next_with(hear, "STATUS=Not ready. Models: 1 failed; nobody is failed")
    assert "READY=1" not in before


def test_the_watchdog_hears_of_the_loop_and_only_while_it_turns(
    ear: socket.socket, hear: Hear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "sleeper.py").write_text(SLEEPER)
    with (
        running_server(directories=[tmp_path / "plugins"], settings=SETTINGS) as server,
        closing(HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as client,
    ):
        next_with(hear, "WATCHDOG=1")
        client.request("POST", "/api/models/sleeper/predictions", json.dumps(str(tmp_path)))
        wait_for(tmp_path / "begun")
        ear.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                hear()  # what was said before
        ear.settimeout(1)
        with pytest.raises(TimeoutError):
            hear()
        (tmp_path / "may end").touch()
        ear.settimeout(60)
        next_with(hear, "WATCHDOG=1")
        assert client.getresponse().status == 200


def test_who_ends_it_by_the_watchdog_finds_in_the_log_where_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")  # as the unit does
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "sleeper.py").write_text(SLEEPER)

    def serve_and_hang() -> None:
        with running_server(directories=[tmp_path / "plugins"], settings=SETTINGS) as server:
            with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as client:
                client.request("POST", "/api/models/sleeper/predictions", json.dumps(str(tmp_path)))
                wait_for(tmp_path / "begun")
            server.process.send_signal(signal.SIGABRT)
            server.process.wait(STOP_S)
            assert "sleeper.py" in server.log
            assert "in predict" in server.log

    with pytest.raises(ServerFailed, match=f"ended with -{int(signal.SIGABRT)}"):
        serve_and_hang()
