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
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tornado_ml.server.base import Shared
from tornado_ml.server.websocket import CUT_S, SocketHandler
from tornado_ml.settings.declaration import ServerSettings
from tornado_ml.testing import RunningServer, running_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

Ask = Callable[..., dict[str, Any]]

MAX_COST_BYTES = 8 * 1024 * 1024
MAX_TIME_S = 10
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def text_frame(payload: bytes) -> bytes:
    """Masked with zeros, which leaves the payload as it is (RFC 6455, section 5.3)."""
    return struct.pack("!BBQ", 0x81, 0x80 | 127, len(payload)) + bytes(4) + payload


class Idler:
    """A client that sends, and reads nothing but the answer to its handshake.

    Attributes:
        gone_after_s: how long the service put up with it, counted from its last request.
    """

    def __init__(self, server: RunningServer, frames: bytes, batch_count: int) -> None:
        self.gone_after_s = float("inf")
        self._frames = frames
        self._batch_count = batch_count
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(30)
        self._socket.connect(("127.0.0.1", urlsplit(server.url).port))
        self._thread = threading.Thread(target=self._idle)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()
        self._socket.close()

    def _idle(self) -> None:
        self._socket.sendall(HANDSHAKE)
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._socket.recv(1)
        started = time.monotonic()
        try:
            for _ in range(self._batch_count):
                self._socket.sendall(self._frames)
            started = time.monotonic()
            while time.monotonic() - started < 2 * MAX_TIME_S:
                time.sleep(0.05)
                self._socket.sendall(b"\x8a\x80" + bytes(4))  # a pong, which fails once the connection is cut
        except OSError:
            self.gone_after_s = time.monotonic() - started


@pytest.fixture
def server(dropins: Path, no_examples: str) -> Iterator[RunningServer]:
    """Warm: it has answered before."""
    with running_server(directories=[dropins], settings=no_examples) as server:
        for _ in range(20):
            urlopen(f"{server.url}/api/models").read()
        yield server


def test_clients_that_never_read_cost_less_than_8_mib_and_are_gone_within_10_s(
    server: RunningServer, ask: Ask, watch_memory: Callable[[RunningServer], Any]
) -> None:
    """Together: one with large answers, one with 3,000 small ones, one that sends nothing but rubbish."""
    large = text_frame(json.dumps(ask("echo", "x" * 60_000)).encode())
    small = text_frame(json.dumps(ask("echo", 1)).encode())
    idlers = [
        Idler(server, large, 20),
        Idler(server, small * 100, 30),
        Idler(server, text_frame(b"{") * 100, 300),
    ]
    watch = watch_memory(server)
    for idler in idlers:
        idler.start()
    for idler in idlers:
        idler.join()
    cost_bytes = watch.cost_bytes()
    assert cost_bytes < MAX_COST_BYTES
    assert max(idler.gone_after_s for idler in idlers) < 2 * MAX_TIME_S, "as long as a machine that stands still takes"
    assert 1.05 * ServerSettings().stalled_s + CUT_S < MAX_TIME_S, "as long as any other takes"
    assert server.log.count("is given up with 1013") == len(idlers)
    assert urlopen(f"{server.url}/health/ready").status == 200


@pytest.mark.gen_test
async def test_of_the_handshake_nothing_is_kept(connect: Any, shared: Shared) -> None:
    peer = await connect()
    (handler,) = shared.sockets
    assert isinstance(handler, SocketHandler)
    assert list(handler.request.headers) == []
    await peer.close()
