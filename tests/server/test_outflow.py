"""From a connection to its peer over a real pair of TCP sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream

from tornado_ml.access import ANYONE, Caller
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.connection import Connection
from tornado_ml.server.base import Shared
from tornado_ml.server.outflow import MAX_UNFLUSHED_BYTES, Outflow
from tornado_ml.server.tcp import progress

RUBBISH = "{" + "x" * 50


class Line:
    """A connection whose client sends rubbish, and the socket at which it could read the answers."""

    def __init__(self, shared: Shared) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.peer = socket.socket()
            self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.peer.connect(listener.getsockname())
            ours, _ = listener.accept()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.peer.setblocking(False)
        self.is_open = True
        self.stream = IOStream(ours)
        self.written: list[bytes] = []
        self.connection = Connection(
            shared.backend,
            JSONCodec(),
            caller=Caller(ANYONE, "127.0.0.1"),
            wake=lambda: self.outflow.send_soon(),
            end=lambda close, why: None,
        )
        self.outflow = Outflow(self.connection, self.stream, self._frame, lambda: self.is_open)

    def ask(self, count: int) -> None:
        for _ in range(count):
            self.connection.receive(RUBBISH)

    async def read(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.peer, 1_000_000)

    async def read_to_the_end(self) -> None:
        while await self.read():
            pass

    def close(self) -> None:
        self.connection.close()
        self.peer.close()
        self.stream.close()

    def _frame(self, payload: bytes) -> bytes:
        self.written.append(payload)
        return payload + b"\n"


def is_taken(connection: socket.socket) -> bool:
    """Whether the peer has taken all that was handed to the system, as far as the system tells."""
    known = progress(connection)
    return known is None or not known.has_unacknowledged


@pytest.fixture
def line(io_loop: IOLoop, shared: Shared) -> Iterator[Line]:
    async def make() -> Line:
        return Line(shared)

    line = io_loop.run_sync(make)
    yield line
    line.close()


@pytest.mark.gen_test
async def test_what_comes_in_one_turn_of_the_loop_goes_together(line: Line) -> None:
    line.ask(3)
    assert line.outflow.has_unsent
    assert line.written == []
    assert (await line.read()).count(b"\n") == 3
    assert not line.outflow.has_unsent


@pytest.mark.gen_test
async def test_nothing_is_sent_where_nothing_may_be(line: Line) -> None:
    line.is_open = False
    line.ask(3)
    await asyncio.sleep(0)
    assert line.written == []


@pytest.mark.gen_test
async def test_what_the_peer_does_not_take_waits_in_the_outbox_and_goes_on_when_it_reads(line: Line) -> None:
    line.ask(3000)
    while not line.stream.writing():
        await asyncio.sleep(0)
    handed_over = sum(map(len, line.written))
    assert handed_over < 2 * MAX_UNFLUSHED_BYTES
    assert line.connection.outgoing_bytes > 0
    received = b""
    while received.count(b"\n") < 3000:
        received += await line.read()
    while line.outflow.has_unsent:  # that all has gone is told in a later turn
        await asyncio.sleep(0)


@pytest.mark.gen_test
async def test_a_peer_is_stalled_for_as_long_as_it_has_taken_nothing(line: Line) -> None:
    now = asyncio.get_running_loop().time
    assert line.outflow.stalled_for(now() + 100) == 0, "nothing has been sent to it"
    line.ask(3000)
    while not line.stream.writing():
        await asyncio.sleep(0)
    while line.outflow.stalled_for(now()) < 0.5:  # until the kernel has stopped, which probes once more whether it must
        await asyncio.sleep(0.01)
    assert line.outflow.stalled_for(now() + 100) >= 99
    reading = asyncio.create_task(line.read_to_the_end())
    while line.outflow.has_unsent or not is_taken(line.stream.socket):
        await asyncio.sleep(0.01)
    assert line.outflow.stalled_for(now() + 100) == 0
    reading.cancel()


@pytest.mark.gen_test
async def test_a_peer_that_is_cut_has_its_time_and_then_no_connection(line: Line) -> None:
    line.ask(3000)
    while not line.stream.writing():
        await asyncio.sleep(0)
    line.outflow.cut_after(0.05)
    assert not line.stream.closed()
    cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    line.stream.set_close_callback(lambda: cut.set_result(None))
    await cut
    with pytest.raises(ConnectionResetError):
        await line.read_to_the_end()
