"""Peers that drip, stop or do not read are waited for as long as it says, and no others are cut."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from tornado_ml.metrics import Metrics, declarations
from tornado_ml.server import listener, patience
from tornado_ml.server.listener import BoundedServer

SLOW = ("accept", "TOO_SLOW")
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE_BYTES = 20_000_000


class Handler(RequestHandler):
    async def get(self) -> None:
        await asyncio.sleep(0.5)
        self.write("late")

    def post(self) -> None:
        self.write(f"{len(self.request.body)}")

    def put(self) -> None:
        self.write(bytes(LARGE_BYTES))


class Peer:
    """A client on a bare connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun: float) -> None:
        self.reader = reader
        self._writer = writer
        self._begun = begun

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def drip(self, data: bytes, pause_s: float = 0.02) -> float:
        """Send byte by byte, until the service has closed: how long it took, in seconds."""
        for byte in data:
            if self.reader.at_eof() or self.reader.exception() is not None:
                break
            self.send(bytes([byte]))
            await asyncio.sleep(pause_s)
        with contextlib.suppress(ConnectionResetError):  # as the last byte came just before the end, or after it
            return await self.closed_after_s()
        return time.monotonic() - self._begun

    async def closed_after_s(self) -> float:
        while await self.reader.read(1000):
            pass
        return time.monotonic() - self._begun

    def close(self) -> None:
        self._writer.transport.abort()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def connect(io_loop: IOLoop, steady: None, metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes connections to a server that looks often."""
    monkeypatch.setattr(listener, "LOOK_S", 0.02)
    sockets = bind_sockets(0, "127.0.0.1")
    peers: list[Peer] = []

    async def start() -> tuple[BoundedServer, asyncio.Task[None]]:
        server = BoundedServer(Application([("/", Handler)]), metrics=metrics, stalled_s=0.3)
        server.listen_on(sockets)
        return server, asyncio.create_task(server.watch_slow())

    server, watch = io_loop.run_sync(start)

    async def open_one(receive_bytes: int | None = None) -> Peer:
        connection = socket.socket()
        if receive_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.setblocking(False)
        begun = time.monotonic()
        await asyncio.get_running_loop().sock_connect(connection, sockets[0].getsockname())
        peers.append(Peer(*await asyncio.open_connection(sock=connection, limit=receive_bytes or 65536), begun))
        return peers[-1]

    async def stop() -> None:
        watch.cancel()
        for peer in peers:
            peer.close()
        await server.stop_listening()
        await server.close_all_connections()

    yield open_one
    io_loop.run_sync(stop)


@pytest.fixture
def too_slow(metrics: Metrics) -> Callable[[], float]:
    """How many connections were cut for that."""
    return lambda: metrics.values()[declarations.ERRORS].get(SLOW, 0)


@pytest.mark.gen_test
@pytest.mark.parametrize("head", [b"", GET[:-2], GET * 1000])
async def test_a_head_that_does_not_come_is_waited_for_no_longer_however_it_drips(
    connect: Any, too_slow: Callable[[], float], head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEAD_S", 0.3)
    peer = await connect()
    assert 0.3 <= await peer.drip(head.replace(b"\r\n\r\n", b"\r\nX: y\r\n")) < 20
    assert too_slow() == 1


@pytest.mark.gen_test
async def test_a_connection_that_has_been_answered_may_stay_for_another_request_and_leaves_without_a_trace(
    connect: Any, too_slow: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEAD_S", 0.3)
    monkeypatch.setattr(patience, "IDLE_S", 1)
    peer = await connect()
    for _ in range(2):
        peer.send(POST % 1 + b"x")
        await peer.reader.readuntil(b"\r\n\r\n1")
        await asyncio.sleep(0.4)
    assert 1.4 <= await peer.closed_after_s() < 20
    assert too_slow() == 0


@pytest.mark.gen_test
async def test_a_body_that_drips_is_waited_for_no_longer_than_one_that_comes_on(
    connect: Any, too_slow: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "BODY_S", 0.3)
    monkeypatch.setattr(patience, "BODY_BYTES_PER_S", 10_000)
    dripping, coming = await connect(), await connect()
    dripping.send(POST % 1000)
    coming.send(POST % 8000)
    drip = asyncio.create_task(dripping.drip(bytes(1000)))
    for _ in range(8):
        coming.send(bytes(1000))
        await asyncio.sleep(0.08)
    await coming.reader.readuntil(b"\r\n\r\n8000")
    assert 0.3 <= await drip < 20
    assert too_slow() == 1


@pytest.mark.gen_test
async def test_whoever_waits_for_an_answer_is_left_in_peace(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_S", "IDLE_S", "BODY_S"):
        monkeypatch.setattr(patience, name, 0.2)
    peer = await connect()
    peer.send(GET)
    await peer.reader.readuntil(b"\r\n\r\nlate")


@pytest.mark.gen_test
async def test_after_the_loop_stood_still_peers_are_not_judged_before_what_they_sent_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def turns() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    loop, now = asyncio.get_running_loop(), 0.0
    monkeypatch.setattr(loop, "time", lambda: now)
    for lateness_s, is_over in ((1.5, True), (2.5, False)):
        pausing = asyncio.create_task(patience.pause(1))
        await turns()
        now += lateness_s
        await turns()
        assert pausing.done() is is_over
        now += 1
        await turns()
        assert pausing.done()


@pytest.mark.gen_test
async def test_an_answer_of_which_nothing_is_read_is_dropped_and_one_that_is_read_slowly_is_not(
    connect: Any, too_slow: Callable[[], float]
) -> None:
    deaf, slow = await connect(4096), await connect(4096)
    for peer in (deaf, slow):
        peer.send(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
    async with asyncio.timeout(20):
        while too_slow() == 0:
            await slow.reader.read(20_000)
            await asyncio.sleep(0.005)
        with pytest.raises(ConnectionResetError):
            await deaf.closed_after_s()
        for _ in range(50):
            assert await slow.reader.read(20_000)
            await asyncio.sleep(0.005)
    assert too_slow() == 1
