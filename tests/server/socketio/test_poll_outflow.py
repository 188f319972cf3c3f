"""What the polls of one client may fetch at a time, without a server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream

from tornado_ml.access import ANYONE, Caller
from tornado_ml.connection import Connection
from tornado_ml.server.base import Shared
from tornado_ml.server.outflow import MAX_UNFLUSHED_BYTES
from tornado_ml.server.socketio.codec import SocketIOCodec
from tornado_ml.server.socketio.poll_outflow import PollOutflow

RUBBISH = "2" + "x" * 50


class Line:
    """A connection whose client sends rubbish, and may poll for the answers."""

    def __init__(self, shared: Shared) -> None:
        self.queue: asyncio.Queue[Any] = asyncio.Queue()
        self.connection = Connection(
            shared.backend,
            SocketIOCodec(lambda error: None),
            caller=Caller(ANYONE, "127.0.0.1"),
            wake=lambda: self.outflow.send_soon(),
            end=lambda close, why: None,
        )
        self.outflow = PollOutflow(self.connection, self.queue)
        ours, self.peer = socket.socketpair()
        self.stream = IOStream(ours)

    async def ask(self, count: int) -> None:
        for _ in range(count):
            self.connection.receive(RUBBISH)
        await asyncio.sleep(0)

    def fetch(self) -> list[str]:
        """What a poll fetches."""
        return [self.queue.get_nowait().encode() for _ in range(self.queue.qsize())]

    def answer(self) -> asyncio.Future[None]:
        """The answer of a poll is on its way, until what comes back is done."""
        flushed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.outflow.answered(self.stream, flushed)
        return flushed

    def close(self) -> None:
        self.connection.close()
        self.stream.close()
        self.peer.close()


@pytest.fixture
def line(io_loop: IOLoop, shared: Shared) -> Iterator[Line]:
    async def make() -> Line:
        return Line(shared)

    line = io_loop.run_sync(make)
    yield line
    line.close()


@pytest.mark.gen_test
async def test_what_comes_in_one_turn_of_the_loop_is_fetched_together(line: Line) -> None:
    assert not line.outflow.has_unsent
    await line.ask(3)
    assert line.outflow.has_unsent
    packets = line.fetch()
    assert len(packets) == 3
    assert all(packet.startswith('42["prediction_error",{') for packet in packets)
    assert not line.outflow.has_unsent


@pytest.mark.gen_test
async def test_an_answer_with_an_acknowledgement_is_two_packets(line: Line) -> None:
    line.connection.receive('27["x"]')
    await asyncio.sleep(0)
    assert [packet[:4] for packet in line.fetch()] == ['42["', "437["]


@pytest.mark.gen_test
async def test_what_is_not_told_is_nothing_to_the_client(line: Line) -> None:
    line.connection.goaway("the service is stopping", 1)
    await asyncio.sleep(0)
    assert line.fetch() == ["6"]


@pytest.mark.gen_test
async def test_only_so_much_is_ready_to_be_fetched_and_the_rest_waits_in_the_outbox(line: Line) -> None:
    await line.ask(3000)
    fetched: list[str] = []
    while line.outflow.has_unsent:
        packets = line.fetch()
        assert sum(map(len, packets)) < MAX_UNFLUSHED_BYTES + 1000
        fetched += packets
        line.outflow.fill()
    assert len(fetched) == 3000


@pytest.mark.gen_test
async def test_nothing_more_is_ready_while_an_answer_is_on_its_way(line: Line) -> None:
    flushed = line.answer()
    await line.ask(1)
    assert line.fetch() == []
    assert line.outflow.has_unsent
    flushed.set_result(None)
    await asyncio.sleep(0)
    assert len(line.fetch()) == 1


@pytest.mark.gen_test
async def test_a_client_is_stalled_for_as_long_as_it_has_fetched_nothing(line: Line) -> None:
    assert line.outflow.stalled_for(100) == 0
    assert line.outflow.stalled_for(200) == 0, "nothing waits"
    await line.ask(3000)
    assert line.outflow.stalled_for(300) == 0
    assert line.outflow.stalled_for(304) == 4
    line.fetch()
    line.outflow.fill()
    assert line.outflow.stalled_for(305) == 0
    assert line.outflow.stalled_for(307) == 2
    while line.outflow.has_unsent:
        line.fetch()
        line.outflow.fill()
    assert line.outflow.stalled_for(400) == 0


@pytest.mark.gen_test
async def test_a_client_is_stalled_while_an_answer_stays_on_its_way(line: Line) -> None:
    flushed = line.answer()
    line.outflow.stalled_for(100)
    assert line.outflow.stalled_for(104) == 4
    flushed.set_result(None)
    assert line.outflow.stalled_for(105) == 0


@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.gen_test
async def test_only_an_answer_that_is_not_read_is_cut(line: Line, is_read: bool) -> None:
    flushed = line.answer()
    line.outflow.cut_after(0.01)
    if is_read:
        flushed.set_result(None)
    await asyncio.sleep(0.05)
    assert line.stream.closed() is not is_read
