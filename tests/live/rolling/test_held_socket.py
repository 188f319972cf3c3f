"""A service that is started anew at a socket that a supervisor holds: who comes meanwhile waits."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

# As systemd starts it: the socket is file descriptor 3, and the number of the process is the service's own.
AS_SYSTEMD = 'exec 3<&"$LISTENER"; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web; exec "$@"'

Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield listener


@pytest.fixture
def start(listener: socket.socket, plugin_folders: list[Path]) -> Iterator[Start]:
    """Starts a service at the socket; the last one ends with the test."""
    command = ["bash", "-c", AS_SYSTEMD, "bash", sys.executable, "-P", "-m", "tornado_ml", "serve"]
    variables = {
        "LISTENER": str(listener.fileno()),
        "TORNADO_ML_PLUGINS__DIRECTORIES": json.dumps([str(folder) for folder in plugin_folders]),
        "TORNADO_ML_PLUGINS__DISABLED": '["anomaly", "digits", "iris", "text"]',
        "TORNADO_ML_LOGGING__FORMAT": "text",
    }
    with ExitStack() as stack:

        def start() -> subprocess.Popen[str]:
            service = subprocess.Popen(
                command,
                env={**os.environ, **variables},
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            stack.callback(service.communicate)
            stack.callback(service.terminate)
            return service

        yield start


@pytest.mark.gen_test(timeout=100)
async def test_no_connection_is_refused(start: Start, listener: socket.socket, asking: Callable[[str], Any]) -> None:
    service = start()
    async with asking(f"http://127.0.0.1:{listener.getsockname()[1]}") as askers:
        await askers.more()
        service.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(service.wait, 30) == 0
        before = dict(askers.counts)
        await asyncio.sleep(0.5)  # nobody serves, and nobody fails
        assert askers.counts == before
        start()
        await askers.more()
