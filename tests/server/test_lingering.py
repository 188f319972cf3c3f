"""A client whose message is refused gets to read why, however much of it is still on its way."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import pytest

from tornado_ml.server.base import Shared

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.usefixtures("steady")
@pytest.mark.gen_test
async def test_the_close_frame_can_be_read_after_the_whole_message_has_been_sent(
    http_server: Any, http_port: int, shared: Shared
) -> None:
    size = 8_000_000
    reader, writer = await asyncio.open_connection("127.0.0.1", http_port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(struct.pack("!BBQ", 0x81, 0x80 | 127, size) + bytes(4))
    for _ in range(size // 100_000):
        writer.write(b"x" * 100_000)
        await writer.drain()
    head = await reader.readexactly(2)
    code, _reason = struct.unpack(f"!H{head[1] - 2}s", await reader.readexactly(head[1]))
    assert (head[0], code) == (0x88, 1009)
    assert await reader.read() == b"", "and then the connection is ended, not reset"
    writer.close()
    while len(shared.sockets):
        await asyncio.sleep(0.01)


@pytest.mark.gen_test
async def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(
    http_server: Any, http_port: int, shared: Shared
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", http_port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(struct.pack("!BBQ", 0x81, 0x80 | 127, 10_000_000) + bytes(4) + b"x" * 1000)
    await reader.readexactly(2)
    writer.transport.abort()
    while len(shared.sockets):
        await asyncio.sleep(0.01)
