"""RFC 6455 where Tornado departs from it: masks, close codes, and what counts towards a message's size."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tornado_ml.server import conformance
from tornado_ml.server.base import Shared

Ask = Callable[..., dict[str, Any]]

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True) -> bytes:
    """A frame; the mask is of zeros, which leaves the payload as it is."""
    mask_bit = 0x80 if masked else 0
    return (
        (
            struct.pack("!BBQ", (0x80 if final else 0) | opcode, mask_bit | 127, len(payload))
            if len(payload) > 125
            else struct.pack("!BB", (0x80 if final else 0) | opcode, mask_bit | len(payload))
        )
        + (bytes(4) if masked else b"")
        + payload
    )


class RawPeer:
    """A socket to the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, *frames: bytes) -> None:
        self._writer.write(b"".join(frames))

    async def read(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame, which is a small one."""
        first, size = await self._reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await self._reader.readexactly(2))
        return first & 0x0F, await self._reader.readexactly(size)

    async def closed_with(self) -> int:
        """The code of the close frame that comes next and ends the connection."""
        opcode, payload = await self.read()
        assert opcode == CLOSE
        with contextlib.suppress(ConnectionError):
            assert await self._reader.read() == b""
        (code,) = struct.unpack("!H", payload[:2])
        return int(code)

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


@pytest.fixture
def peer(io_loop: IOLoop, http_server: Any, http_port: int, shared: Shared) -> Iterator[RawPeer]:
    async def open_one() -> RawPeer:
        reader, writer = await asyncio.open_connection("127.0.0.1", http_port)
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        return RawPeer(reader, writer)

    async def gone() -> None:
        await peer.close()
        while len(shared.sockets):
            await asyncio.sleep(0.01)

    peer = io_loop.run_sync(open_one)
    yield peer
    io_loop.run_sync(gone, timeout=10)


@pytest.mark.parametrize("opcode", [TEXT, PING, CLOSE])
@pytest.mark.gen_test
async def test_a_frame_that_is_not_masked_ends_the_connection_and_is_not_heard(peer: RawPeer, opcode: int) -> None:
    peer.send(frame(opcode, b"", masked=False))
    assert await peer.closed_with() == 1002


@pytest.mark.gen_test
async def test_each_fragment_must_be_masked(peer: RawPeer) -> None:
    peer.send(frame(TEXT, b"{", final=False), frame(0, b"}", masked=False))
    assert await peer.closed_with() == 1002


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4999])
@pytest.mark.gen_test
async def test_a_close_code_that_may_be_sent_is_answered_with_itself(peer: RawPeer, code: int) -> None:
    peer.send(frame(CLOSE, struct.pack("!H", code) + "schön".encode()))
    assert await peer.closed_with() == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
@pytest.mark.gen_test
async def test_one_that_may_not_be_sent_is_a_protocol_error(peer: RawPeer, code: int) -> None:
    peer.send(frame(CLOSE, struct.pack("!H", code)))
    assert await peer.closed_with() == 1002


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xe8\xff"])
@pytest.mark.gen_test
async def test_a_close_frame_has_a_whole_code_and_a_reason_in_utf_8(peer: RawPeer, payload: bytes) -> None:
    peer.send(frame(CLOSE, payload))
    assert await peer.closed_with() == 1002


@pytest.mark.settings("[server]\nmax_message_bytes = 1000")
@pytest.mark.gen_test
async def test_a_ping_between_the_fragments_of_a_message_counts_not_towards_its_size(peer: RawPeer, ask: Ask) -> None:
    request = json.dumps(ask("echo", 1, id="x")).encode().ljust(1000)
    for cut in (875, 876, 999, 1000):
        peer.send(frame(TEXT, request[:cut], final=False), frame(PING, b"p" * 125), frame(0, request[cut:]))
        assert await peer.read() == (PONG, b"p" * 125)
        _, answer = await peer.read()
        assert json.loads(answer)["id"] == "x"


@pytest.mark.settings("[server]\nmax_message_bytes = 1000")
@pytest.mark.parametrize(
    "sent",
    [
        frame(TEXT, b"x" * 1001),
        frame(TEXT, b"x" * 1125),
        frame(TEXT, b"x" * 1126),
        frame(TEXT, b"x" * 1001, final=False),
        frame(TEXT, b"x" * 1000, final=False) + frame(0, b"x", final=False),
        frame(TEXT, b"x" * 1000, final=False) + frame(0, b"x"),
    ],
    ids=["1 too many", "125 too many", "126 too many", "a first fragment", "a second one", "a last one"],
)
@pytest.mark.gen_test
async def test_a_message_that_is_a_byte_too_large_is_refused(peer: RawPeer, sent: bytes) -> None:
    peer.send(sent)
    assert await peer.closed_with() == 1009


@pytest.mark.gen_test
async def test_a_message_whose_fragments_go_on_and_on_is_not_waited_for(
    peer: RawPeer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conformance, "MESSAGE_S", 0.3)
    request = json.dumps(ask("echo", 1)).encode()
    peer.send(frame(TEXT, request[:9], final=False), frame(PING), frame(0, request[9:]))  # in time
    assert await peer.read() == (PONG, b"")
    await peer.read()
    begun = time.monotonic()
    peer.send(frame(TEXT, b"{", final=False))
    closed = asyncio.create_task(peer.closed_with())
    while not closed.done():
        peer.send(frame(0, b" ", final=False))
        await asyncio.sleep(0.02)
    assert closed.result() == 1002
    assert 0.3 <= time.monotonic() - begun < 20
