"""Clients that do not read: given up with 1013, at a bounded cost, while one that merely reads slowly stays."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tornado_ml.server import websocket
from tornado_ml.server.base import Shared

Ask = Callable[..., dict[str, Any]]

HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class RawPeer:
    """A client on a bare TCP socket with a small receive buffer, which reads only when it is told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.setblocking(False)
        self._buffer = b""

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._socket, ("127.0.0.1", self._port))
        await loop.sock_sendall(self._socket, HANDSHAKE.encode())
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += await loop.sock_recv(self._socket, 1)
        self._buffer = b""

    async def send(self, document: dict[str, Any]) -> None:
        payload = json.dumps(document).encode()
        # Masked with zeros, which leaves the payload as it is (RFC 6455, section 5.3).
        header = struct.pack("!BBQ", 0x81, 0x80 | 127, len(payload)) + bytes(4)
        await asyncio.get_running_loop().sock_sendall(self._socket, header + payload)

    async def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or what came before the connection ended."""
        while len(self._buffer) < size:
            try:
                received = await asyncio.get_running_loop().sock_recv(self._socket, 65536)
            except ConnectionError:
                received = b""
            if not received:
                break
            self._buffer += received
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Opcode and payload of each frame until the connection ends."""
        while len(head := await self.read(2)) == 2:
            size = head[1]
            if size == 126:
                (size,) = struct.unpack("!H", await self.read(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.read(8))
            yield head[0] & 0x0F, await self.read(size)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def raw_peer(io_loop: IOLoop, http_server: Any, http_port: int) -> Iterator[RawPeer]:
    peer = RawPeer(http_port)
    io_loop.run_sync(peer.open)
    yield peer
    peer.close()


async def gone(shared: Shared) -> None:
    """Returns when no connection is left, as each one has been given up."""
    while len(shared.sockets):
        await asyncio.sleep(0.02)


@pytest.mark.settings("[server]\nstalled_s = 0.5")
@pytest.mark.gen_test
async def test_a_client_that_takes_nothing_is_given_up_and_cut(
    raw_peer: RawPeer, shared: Shared, ask: Ask, logged: Callable[[], str]
) -> None:
    watch = asyncio.create_task(shared.sockets.watch_stalled())
    for _ in range(60):
        await raw_peer.send(ask("echo", "x" * 60_000))
    await gone(shared)
    watch.cancel()
    assert "is given up with 1013" in logged()


@pytest.mark.settings("[server]\nstalled_s = 0.5")
@pytest.mark.gen_test
async def test_a_client_that_reads_again_in_time_sees_1013(
    raw_peer: RawPeer, shared: Shared, ask: Ask, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "CUT_S", 60)
    watch = asyncio.create_task(shared.sockets.watch_stalled())
    for _ in range(60):
        await raw_peer.send(ask("echo", "x" * 60_000))
    while "is given up with 1013" not in logged():
        await asyncio.sleep(0.02)
    watch.cancel()
    opcode, payload = await anext(frame async for frame in raw_peer.frames() if frame[0] != 1)
    assert (opcode, struct.unpack("!H", payload[:2])[0]) == (8, 1013)


@pytest.mark.settings("[server]\nstalled_s = 60\noutbox_bytes = 200_000")
@pytest.mark.gen_test
async def test_answers_that_overflow_the_outbox_give_the_client_up(
    raw_peer: RawPeer, shared: Shared, ask: Ask, logged: Callable[[], str]
) -> None:
    for _ in range(200):
        try:
            await raw_peer.send(ask("echo", "x" * 60_000))
        except ConnectionError:
            break
        if "is given up with 1013" in logged():
            break
        await asyncio.sleep(0.005)
    await gone(shared)
    assert "is given up with 1013: its peer left its answers lying" in logged()


@pytest.mark.usefixtures("steady")
@pytest.mark.settings("[server]\nstalled_s = 0.5\noutbox_bytes = 4_000_000")
@pytest.mark.gen_test
async def test_a_client_that_reads_slowly_but_steadily_stays(raw_peer: RawPeer, shared: Shared, ask: Ask) -> None:
    watch = asyncio.create_task(shared.sockets.watch_stalled())
    for _ in range(60):
        await raw_peer.send(ask("echo", "x" * 60_000))
    now = asyncio.get_running_loop().time
    started, taken = now(), 0
    while now() - started < 2:
        taken += len(await raw_peer.read(20_000))
        await asyncio.sleep(0.05)
    assert len(shared.sockets) == 1
    assert taken < 2_000_000, "it was still far from having read all"
    watch.cancel()


@pytest.mark.settings("[server]\noutbox_bytes = 1000")
@pytest.mark.gen_test
async def test_one_answer_larger_than_the_outbox_reaches_a_client_that_reads(
    connect: Callable[..., Any], ask: Ask
) -> None:
    peer = await connect()
    for _ in range(3):
        assert (await peer.ask(ask("echo", "x" * 60_000)))["data"]["prediction"] == "x" * 60_000


@pytest.mark.gen_test
async def test_large_answers_that_come_at_once_reach_a_client_that_reads(connect: Callable[..., Any], ask: Ask) -> None:
    peer = await connect()
    await peer.send(ask("slow", {"seconds": 0.2}))
    for number in range(40):
        await peer.send(ask("echo", "x" * 60_000, id=number))
    answers = [await peer.read() for _ in range(41)]
    assert {answer.get("id") for answer in answers} == {None, *range(40)}
