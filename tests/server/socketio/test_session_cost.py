"""What clients that never read cost the real service, with its default settings, and when it is rid of them."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tornado_ml.server.websocket import CUT_S
from tornado_ml.settings.declaration import ServerSettings
from tornado_ml.testing import RunningServer, running_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

Asking = Callable[[str, Any], str]

MAX_COST_BYTES = 8 * 1024 * 1024
MAX_TIME_S = 10
HANDSHAKE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def text_frame(packet: str) -> bytes:
    """Masked with zeros, which leaves the payload as it is (RFC 6455, section 5.3)."""
    payload = packet.encode()
    return struct.pack("!BBQ", 0x81, 0x80 | 127, len(payload)) + bytes(4) + payload


class Idler(threading.Thread):
    """A client that asks, and does not read the answers.

    Attributes:
        gone_after_s: how long the service put up with it, counted from its last request.
    """

    def __init__(self, server: RunningServer) -> None:
        super().__init__()
        self.gone_after_s = float("inf")
        self.url = server.url

    def connect(self) -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", urlsplit(self.url).port))
        return connection

    def run(self) -> None:
        last = self.ask()
        while time.monotonic() - last < 2 * MAX_TIME_S:
            time.sleep(0.05)
            if self.is_gone():
                self.gone_after_s = time.monotonic() - last
                return

    def ask(self) -> float:
        """Ask, and tell when it asked last."""
        raise NotImplementedError

    def is_gone(self) -> bool:
        """Whether the service has ended its session."""
        raise NotImplementedError


class SocketIdler(Idler):
    """Has a websocket, and never reads from it."""

    def __init__(self, server: RunningServer, packet: str, count: int) -> None:
        super().__init__(server)
        self._frames = text_frame("40") + text_frame(packet) * count
        self._socket = self.connect()

    def ask(self) -> float:
        self._socket.sendall(HANDSHAKE)
        while b"sid" not in self._socket.recv(4096):
            pass
        try:
            self._socket.sendall(self._frames)
        except OSError:
            self.gone_after_s = 0
        return time.monotonic()

    def is_gone(self) -> bool:
        try:
            self._socket.sendall(b"\x8a\x80" + bytes(4))  # a pong, which fails once the connection is cut
        except OSError:
            self._socket.close()
            return True
        return False


class PollIdler(Idler):
    """Sends its requests as the bodies of POST, and never comes for the answers."""

    def __init__(self, server: RunningServer, packet: str, count: int, body_count: int) -> None:
        super().__init__(server)
        self._bodies = ["\x1e".join([packet] * count)] * body_count
        self._path = "/socket.io/?EIO=4&transport=polling"

    def ask(self) -> float:
        with urlopen(f"{self.url}{self._path}") as opened:
            self._path += f"&sid={json.loads(opened.read()[1:])['sid']}"
        last = time.monotonic()
        for body in ("40", *self._bodies):
            if self.is_gone(body):
                break
            last = time.monotonic()
        return last

    def is_gone(self, body: str = "3") -> bool:
        try:
            with urlopen(f"{self.url}{self._path}", body.encode()):
                return False
        except HTTPError as error:
            with error:
                if error.code != 400:
                    raise
            return True


class PollingIdler(PollIdler):
    """Comes for the answers again and again, and does not read what it is given."""

    def ask(self) -> float:
        last = super().ask()
        self._polls = [self.connect()]
        self._polls[0].sendall(f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return last

    def run(self) -> None:
        super().run()
        for poll in self._polls:
            poll.close()


@pytest.fixture
def server(dropins: Path, no_examples: str) -> Iterator[RunningServer]:
    """Warm: it has answered before, and made its page."""
    with running_server(directories=[dropins], settings=no_examples) as server:
        urlopen(Request(server.url, headers={"Accept-Encoding": "br"})).read()
        for _ in range(20):
            urlopen(f"{server.url}/socket.io/?EIO=4&transport=polling").read()
            urlopen(f"{server.url}/api/models").read()
        yield server


def idlers_of(kind: str, server: RunningServer, asking: Asking) -> list[Idler]:
    """One with large answers, one with many small ones, one that sends nothing but rubbish."""
    large, small, rubbish = asking("echo", "x" * 60_000), asking("echo", 1), "42{"
    if kind == "websocket":
        return [SocketIdler(server, large, 20), SocketIdler(server, small, 3000), SocketIdler(server, rubbish, 30_000)]
    polling = PollIdler if kind == "polling, without polls" else PollingIdler
    return [
        polling(server, large, 1, 20),
        polling(server, small, 50, 60),
        polling(server, rubbish, 1000, 30),
    ]


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["websocket", "polling, without polls", "polling, without reading"])
def test_clients_that_never_read_cost_less_than_8_mib_and_are_gone_within_10_s(
    server: RunningServer, asking: Asking, kind: str, watch_memory: Callable[[RunningServer], Any]
) -> None:
    idlers = idlers_of(kind, server, asking)
    watch = watch_memory(server)
    for idler in idlers:
        idler.start()
    for idler in idlers:
        idler.join()
    cost_bytes = watch.cost_bytes()
    assert cost_bytes < MAX_COST_BYTES
    assert max(idler.gone_after_s for idler in idlers) < 2 * MAX_TIME_S, "as long as a machine that stands still takes"
    assert 1.05 * ServerSettings().stalled_s + CUT_S < MAX_TIME_S, "as long as any other takes"
    assert server.log.count("is given up with 1013") >= len(idlers)
    with urlopen(f"{server.url}/health/ready") as ready:
        assert ready.status == 200
