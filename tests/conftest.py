"""What all tests share: an event loop, and a real service in this process, with the models of `dropins`."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from tornado.ioloop import IOLoop
from tornado.web import Application

from tornado_ml.inference.runner import ModelRunner
from tornado_ml.logs import ACCESS
from tornado_ml.metrics import Metrics
from tornado_ml.models.manager import ModelManager
from tornado_ml.page.files import PageFiles
from tornado_ml.plugins import PluginHost
from tornado_ml.resources import web_directory
from tornado_ml.server.app import make_app, make_shared
from tornado_ml.server.base import Shared
from tornado_ml.settings import load_settings

DROPINS = Path(__file__).parent / "dropins"
# Without a deadline: whatever a machine does may take a second now and then.
UNHURRIED = hypothesis_settings(deadline=None)
hypothesis_settings.register_profile("unhurried", UNHURRIED)
hypothesis_settings.register_profile("light", UNHURRIED, max_examples=20)  # a fifth; see tox.ini
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unhurried"))

EXAMPLES = ["anomaly", "digits", "iris", "text"]
"""The plugins of the project, which may be installed."""

HELD = """
import time
from pathlib import Path
from tornado_ml import MLModel, hookimpl

class Held(MLModel):
    executor = "thread"
    qualified_name = display_name = description = "held"
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def predict(self, data):
        while not Path(data).exists():
            time.sleep(0.01)
        return data

@hookimpl
def register_models():
    return [Held]
"""
"""A model that answers with its input as soon as there is a file of that name."""


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """Instead of pytest-tornado's own, which asks asyncio for a current loop that is no longer there."""
    loop = IOLoop(make_current=False)
    asyncio.set_event_loop(loop.asyncio_loop)  # type: ignore[attr-defined]
    yield loop
    asyncio.set_event_loop(None)
    loop.close(all_fds=True)


@pytest.fixture
def settings_text(request: pytest.FixtureRequest) -> str:
    """The settings file of the service: what the test says with `@pytest.mark.settings("...")`."""
    marker = request.node.get_closest_marker("settings")
    return "" if marker is None else str(marker.args[0])


@pytest.fixture(scope="session")
def dropins() -> Path:
    return DROPINS


@pytest.fixture(scope="session")
def no_examples() -> str:
    """Settings of a service in a process of its own that needs no example plugins: to load them takes seconds."""
    return f"[plugins]\ndisabled = {EXAMPLES}\n"


@pytest.fixture(scope="session")
def page_files() -> PageFiles:
    """Once for all tests: joining the page's modules takes longer than all else that a service does when it starts."""
    return PageFiles(web_directory())


@pytest.fixture
def shared(
    io_loop: IOLoop, tmp_path: Path, settings_text: str, dropins: Path, page_files: PageFiles
) -> Iterator[Shared]:
    """A service's objects, its models loaded."""
    file = tmp_path / "settings.toml"
    file.write_text(settings_text)
    settings = load_settings(file=file, environ={})
    plugins = PluginHost(directories=[dropins], disabled=EXAMPLES)
    metrics = Metrics()
    manager = ModelManager(lambda registration: ModelRunner(registration, settings, metrics), plugins.fail)
    made = make_shared(settings, manager, plugins, page_files, metrics)
    io_loop.run_sync(lambda: manager.load(plugins.load()))
    yield made
    io_loop.run_sync(made.backend.feeds.close)
    io_loop.run_sync(manager.close)
    made.observers.close()
    if made.tracer is not None:
        made.tracer.close()


class Gate:
    """Holds the model `slow`, where it is asked to sleep for `seconds`, until it is opened.

    Attributes:
        held_count: how often the model has come to it.
    """

    seconds = 9.75

    def __init__(self) -> None:
        self.held_count = 0
        self._is_open = threading.Event()

    def wait(self) -> None:
        self.held_count += 1
        self._is_open.wait(60)

    def open(self) -> None:
        self._is_open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """For what has to happen before a model has answered, however long it takes."""
    gate, sleep = Gate(), time.sleep
    monkeypatch.setattr(time, "sleep", lambda s: gate.wait() if s == gate.seconds else sleep(s))
    yield gate
    gate.open()


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """The folder of a plugin with the model `held`."""
    folder = tmp_path / "held"
    folder.mkdir()
    (folder / "held.py").write_text(HELD)
    return folder


@pytest.fixture
def port() -> Iterator[int]:
    """One that nobody else is given; whoever does not mind that it is in use may listen there."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.fixture
def app(shared: Shared) -> Application:
    """For pytest-tornado's `http_server`."""
    return make_app(shared)


@pytest.fixture
def socket_url(http_server: Any, http_port: int) -> str:
    return f"ws://127.0.0.1:{http_port}/ws"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that the service has logged so far, but for the access log."""
    caplog.set_level(logging.DEBUG, logger="tornado_ml")
    return lambda: "\n".join(
        f"{record.getMessage()}\n{record.exc_text or ''}" for record in caplog.records if record.name != ACCESS
    )
