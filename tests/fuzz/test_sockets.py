"""Bytes of all kinds on the wire: frames that RFC 6455 allows and frames that it forbids, whole and in pieces."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from tornado_ml.server.base import Shared

FEW = 30
CONNECTIONS = 1_000
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CUT = 0
ALLOWED_ENDS = {CUT, *range(1000, 1004), *range(1007, 1011), *range(1012, 1015), *range(3000, 5000)}
"""What the contract names, and what a client may have sent itself and is answered with; not 1011, a failure here."""

HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
)
SUBPROTOCOLS = {TEXT: "tornado-ml.v1.json", BINARY: "tornado-ml.v1.msgpack"}


def frame(opcode: int, payload: bytes, *, final: bool = True, reserved: int = 0, mask: bytes = bytes(4)) -> bytes:
    first = (0x80 if final else 0) | reserved << 4 | opcode
    size = len(payload)
    if size < 126:
        header = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        header = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        header = struct.pack("!BBQ", first, 0x80 | 127, size)
    return header + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


@st.composite
def good_frames(draw: st.DrawFn, words: Any, kind: int) -> bytes:
    """A message in one or several fragments, with pings between them; or a control frame."""
    payload = words.encoded(draw(words.any_documents), is_binary=kind == BINARY)
    mask = draw(st.binary(min_size=4, max_size=4))
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=2)))
    pieces = [payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    sent = b""
    for at, piece in enumerate(pieces):
        sent += frame(kind if at == 0 else 0, piece, final=at == len(pieces) - 1, mask=mask)
        if draw(st.integers(0, 4)) == 0:
            sent += frame(draw(st.sampled_from([PING, PONG])), draw(st.binary(max_size=125)), mask=mask)
    return sent


ODD_FRAMES = st.builds(
    frame,
    st.integers(0, 15),
    st.binary(max_size=300),
    final=st.booleans(),
    reserved=st.integers(0, 7),
    mask=st.binary(min_size=4, max_size=4),
)


KINDS = pytest.mark.parametrize("kind", [TEXT, BINARY], ids=["json", "msgpack"])


class Line:
    """A connection on which a client writes what it likes."""

    async def open(self, port: int, kind: int) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.writer.write(HANDSHAKE.format(subprotocol=SUBPROTOCOLS[kind]).encode())
        assert (await self.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")

    async def read(self) -> tuple[int, bytes]:
        first, size = await self.reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return first & 0x0F, await self.reader.readexactly(size)

    async def until(self, wanted: int, payload: bytes) -> int | None:
        """Read up to a frame; the code that the service has closed with if that comes first, CUT for none."""
        try:
            while True:
                opcode, found = await self.read()
                if (opcode, found) == (wanted, payload):
                    return None
                if opcode == CLOSE:
                    return struct.unpack("!H", found[:2])[0] if found else 1000
        except (asyncio.IncompleteReadError, ConnectionError):
            return CUT

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def tell(port: int, kind: int, sent: Sequence[bytes]) -> int | None:
    """Say it all, and how the connection ended; None if it goes on."""
    line = Line()
    await line.open(port, kind)
    mark = os.urandom(8)
    try:
        for piece in sent:
            line.writer.write(piece)
            await asyncio.sleep(0)
        line.writer.write(frame(PING, mark))
        # What has announced more than it brings waits for the rest, which never comes.
        with suppress(OSError):  # it has been closed
            line.writer.write_eof()
        async with asyncio.timeout(20):
            return await line.until(PONG, mark)
    finally:
        await line.close()


def talk(
    io_loop: IOLoop, port: int, shared: Shared, often: Any, kind: int, pieces: st.SearchStrategy[Sequence[bytes]]
) -> list[int | None]:
    """What many clients say, one after another, and how their connections ended."""
    ends: list[int | None] = []

    async def gone() -> None:
        async with asyncio.timeout(10):
            while len(shared.sockets) or shared.service.open_count:
                await asyncio.sleep(0.005)

    @often
    @given(pieces)
    def run(sent: Sequence[bytes]) -> None:
        ends.append(io_loop.run_sync(lambda: tell(port, kind, sent)))

    run()
    assert io_loop.run_sync(lambda: tell(port, kind, [])) is None, "whoever comes next is served"
    io_loop.run_sync(gone)
    return ends


@pytest.fixture(params=[FEW, pytest.param(CONNECTIONS, marks=pytest.mark.long)])
def often(request: pytest.FixtureRequest, as_often: Callable[[int], Any]) -> Any:
    return as_often(request.param)


@KINDS
def test_what_rfc_6455_allows_never_costs_the_connection(
    io_loop: IOLoop, http_server: Any, http_port: int, shared: Shared, words: Any, often: Any, kind: int
) -> None:
    pieces = st.lists(good_frames(words, kind), max_size=6)
    assert set(talk(io_loop, http_port, shared, often, kind, pieces)) == {None}


@KINDS
def test_what_it_forbids_ends_that_connection_and_nothing_else(
    io_loop: IOLoop, http_server: Any, http_port: int, shared: Shared, words: Any, often: Any, kind: int
) -> None:
    good = good_frames(words, kind)
    pieces = st.lists(st.one_of(good, ODD_FRAMES, good.flatmap(words.changed_bytes)), min_size=1, max_size=6)
    ends = set(talk(io_loop, http_port, shared, often, kind, pieces))
    assert ends <= {None, *ALLOWED_ENDS}
    assert len(ends) > 1
