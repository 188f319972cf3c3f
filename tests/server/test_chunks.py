"""Frames come out whole, however they came in."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import pytest

from tornado_ml.server.base import Shared
from tornado_ml.server.chunks import CHUNK_BYTES
from tornado_ml.server.websocket import SocketHandler

Ask = Callable[..., dict[str, Any]]


def frame(document: Any) -> bytes:
    """A text frame, masked with zeros, its length said as shortly as it can be (RFC 6455, section 5.2)."""
    payload = json.dumps(document).encode()
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x81, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x81, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x81, 0x80 | 127, size)
    return head + bytes(4) + payload


async def send_cut(peer: Any, data: bytes, cuts: Iterable[int]) -> None:
    """Send the pieces between the cuts, each when the one before has been read."""
    for start, end in pairwise([0, *cuts, len(data)]):
        await peer.socket.protocol.stream.write(data[start:end])
        await asyncio.sleep(0.001)


@pytest.mark.gen_test
async def test_frames_that_come_byte_by_byte(connect: Any, ask: Ask) -> None:
    peer = await connect()
    data = frame(ask("echo", "one", id=1)) + frame(ask("echo", "x" * 100, id=2))
    await send_cut(peer, data, range(1, len(data)))
    answers = [await peer.read() for _ in range(2)]
    assert [answer["data"]["prediction"] for answer in answers] == ["one", "x" * 100]


@pytest.mark.settings("[server]\nmax_message_bytes = 1_000_000")
@pytest.mark.parametrize("size", [CHUNK_BYTES - 200, CHUNK_BYTES, 2 * CHUNK_BYTES, 8 * CHUNK_BYTES])
@pytest.mark.parametrize("cuts", [(), (1,), (90,), (CHUNK_BYTES - 1,), (CHUNK_BYTES + 1,), (100, CHUNK_BYTES)])
@pytest.mark.gen_test
async def test_a_large_one_among_small_ones(connect: Any, ask: Ask, size: int, cuts: tuple[int, ...]) -> None:
    peer = await connect()
    inputs = ["before", "x" * size, "after", "y" * size, "end"]
    data = b"".join(frame(ask("echo", text, id=number)) for number, text in enumerate(inputs))
    await send_cut(peer, data, (cut for cut in cuts if cut < len(data)))
    answers = {answer["id"]: answer["data"]["prediction"] for answer in [await peer.read() for _ in inputs]}
    assert [answers[number] for number in range(len(inputs))] == inputs


@pytest.mark.gen_test
async def test_a_connection_on_which_nothing_comes_keeps_nothing(connect: Any, shared: Shared, ask: Ask) -> None:
    peer = await connect()
    await peer.ask(ask("echo", "x" * 1000))
    await asyncio.sleep(0.01)
    (handler,) = shared.sockets
    assert isinstance(handler, SocketHandler)
    assert handler.ws_connection is not None
    assert handler.ws_connection._chunk == b""
