"""The kit for the tests of a plugin: `check_model()` tries a model, `running_server()` serves it for a while.

def test_the_model_is_sound():
    assert check_model(IrisModel).problems == ()

def test_the_model_is_served():
    with running_server("--strict") as server:
        assert predict(server.url, "iris_model", {...})["prediction"] == {"species": "setosa"}
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tornado_ml.models.checking import ModelCheck, check_model

__all__ = ["ModelCheck", "RunningServer", "ServerFailed", "check_model", "running_server"]

STOP_S = 30.0
"""How long a service may take to stop; more than its `drain_s` and the farewell to its clients."""
SHOWN_LOG_LENGTH = 20_000


class ServerFailed(Exception):
    """The service did not start, did not become ready in time, or did not end well."""


@dataclass(frozen=True)
class RunningServer:
    """A service in a process of its own.

    Attributes:
        url: the address of its page.
        process: which may be sent signals; one that it ends by, other than SIGINT and SIGTERM, is a failure.
        log_file: where its standard error goes.
    """

    url: str
    process: subprocess.Popen[str]
    log_file: Path

    @property
    def socket_url(self) -> str:
        return f"ws{self.url.removeprefix('http')}/ws"

    @property
    def log(self) -> str:
        """What it has written to standard error so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_server(
    *arguments: str,
    settings: str | Path | None = None,
    directories: Iterable[Path] = (),
    until_ready: bool = True,
    timeout_s: float = 60,
) -> Iterator[RunningServer]:
    """Run `tornado-ml serve` on a free port for as long as a `with` lasts, then stop it as Ctrl-C does.

    Args:
        arguments: further ones of `tornado-ml serve`. With `"--strict"` a plugin or model that fails is an error here.
        settings: a settings file, or the text of one, in which relative paths mean nothing.
        directories: folders of plugins; they count instead of those of the settings.
        until_ready: whether to wait until the models are loaded, and not only until it listens.
        timeout_s: how long that may take.

    Raises:
        ServerFailed: it did not start, or did not end, as it should. Its log is a note of this and of any other
            exception that leaves the `with`.
    """
    with TemporaryDirectory() as folder:
        if isinstance(settings, str):
            file = Path(folder, "settings.toml")
            file.write_text(settings, encoding="utf-8")
            settings = file
        if settings is not None:
            arguments += ("--settings", str(settings))
        log_file = Path(folder, "log")
        process = _started(arguments, directories, log_file)
        try:
            deadline = time.monotonic() + timeout_s
            server = RunningServer(_address(process, timeout_s), process, log_file)
            if until_ready:
                _wait_until_ready(server, deadline)
            yield server
            _stop(process)
        except BaseException as error:
            with suppress(ServerFailed):
                _stop(process)
            text = log_file.read_text(encoding="utf-8", errors="replace")
            error.add_note(f"The service's log:\n{text[-SHOWN_LOG_LENGTH:]}")
            raise
        finally:
            process.kill()
            process.communicate()


def _started(arguments: Iterable[str], directories: Iterable[Path], log_file: Path) -> subprocess.Popen[str]:
    environment = {"TORNADO_ML_LOGGING__FORMAT": "text", **os.environ}
    if folders := [str(directory.absolute()) for directory in directories]:
        environment["TORNADO_ML_PLUGINS__DIRECTORIES"] = json.dumps(folders, ensure_ascii=False)
    with log_file.open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-P", "-m", "tornado_ml", "serve", "--port", "0", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal reaches the tests, and they stop the service
        )


def _address(process: subprocess.Popen[str], timeout_s: float) -> str:
    """What the service says when it listens."""
    assert process.stdout is not None
    timer = threading.Timer(timeout_s, process.kill)
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    if not line:
        raise ServerFailed(
            f"The service did not come to listen in {timeout_s:g} s; it ended with {process.wait(STOP_S)}."
        )
    return line.removeprefix("tornado-ml: serving on ").rstrip("\n")


def _wait_until_ready(server: RunningServer, deadline: float) -> None:
    answer = ""
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise ServerFailed(f"The service ended with {server.process.returncode} before it was ready.")
        connection = _connection(server.url, max(0.1, deadline - time.monotonic()))
        try:
            connection.request("GET", "/health/ready")
            response = connection.getresponse()
            answer = response.read().decode()
            if response.status == 200:
                return
        except (OSError, HTTPException) as error:
            answer = repr(error)
        finally:
            connection.close()
        time.sleep(0.05)
    raise ServerFailed(f"The service was not ready in time: {answer}")


def _connection(url: str, timeout_s: float) -> HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "http":
        return HTTPConnection(parts.netloc, timeout=timeout_s)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is ours, and may sign itself
    return HTTPSConnection(parts.netloc, timeout=timeout_s, context=context)


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        exit_code = process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        raise ServerFailed(f"The service did not stop within {STOP_S:g} s.") from None
    if exit_code != 0:
        raise ServerFailed(f"The service ended with {exit_code}.")
