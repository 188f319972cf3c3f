"""Handshakes and frames byte by byte, as no good client sends them: what goes on, and what ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tornado_ml.server.base import Shared

Ask = Callable[..., dict[str, Any]]

UPGRADE = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(
    opcode: int, payload: bytes = b"", *, final: bool = True, reserved: int = 0, length: int | None = None
) -> bytes:
    """A frame, masked with zeros, which leaves the payload as it is (RFC 6455, section 5.3)."""
    first = (0x80 if final else 0) | reserved << 4 | opcode
    size = len(payload) if length is None else length
    if size < 126:
        header = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        header = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        header = struct.pack("!BBQ", first, 0x80 | 127, size)
    return header + bytes(4) + payload


class RawPeer:
    """A TCP connection to the service."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Open it, in place of one that is open already."""
        await self.close()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def shake_hands(self, first_frames: bytes = b"", **headers: str | None) -> tuple[int, dict[str, str], bytes]:
        """Ask for the upgrade; status, headers and body of the answer. A header that is None is left out."""
        wanted = UPGRADE | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{name}: {value}" for name, value in wanted.items() if value is not None]
        self.write("\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode() + first_frames)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        found = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        body = await self._reader.readexactly(int(found.get("content-length", 0)))
        return int(head[0].split(" ")[1]), found, body

    def write(self, data: bytes) -> None:
        assert self._writer is not None
        self._writer.write(data)

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Opcode and payload of each frame until the connection ends, in good order or not."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                first, size = await self._reader.readexactly(2)
                if size == 126:
                    (size,) = struct.unpack("!H", await self._reader.readexactly(2))
                elif size == 127:
                    (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
                yield first & 0x0F, await self._reader.readexactly(size)

    async def read(self, count: int) -> list[tuple[int, bytes]]:
        """The next frames; fewer if the connection ends."""
        found: list[tuple[int, bytes]] = []
        async for one in self.frames():
            found.append(one)
            if len(found) == count:
                break
        return found

    async def close(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


@pytest.fixture
def peer(io_loop: IOLoop, http_server: Any, http_port: int, shared: Shared) -> Iterator[RawPeer]:
    """A connection before its handshake. Closed at the end, when nothing may be left of it."""

    async def gone() -> None:
        await peer.close()
        while len(shared.sockets):
            await asyncio.sleep(0.01)

    peer = RawPeer(http_port)
    io_loop.run_sync(peer.open)
    yield peer
    io_loop.run_sync(gone, timeout=10)


@pytest.fixture(autouse=True)
def untroubled(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client sends is an error of the service."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


@pytest.fixture
def asked(ask: Ask) -> bytes:
    """A good request, as one frame."""
    return frame(TEXT, json.dumps(ask("echo", 1, id="good")).encode())


def code(payload: bytes) -> Any:
    """The code of an error, or the id of a response."""
    document = json.loads(payload)
    return document["data"].get("code", document.get("id"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Upgrade": "WebSocket"},
        {"Connection": "keep-alive, UPGRADE"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "http://localhost"},
        {"Sec_WebSocket_Protocol": "tornado-ml.v1.json"},
        {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
        {"Content_Length": "0"},
    ],
)
@pytest.mark.gen_test
async def test_a_good_handshake_is_accepted_and_the_frame_right_behind_it_is_read(
    peer: RawPeer, asked: bytes, headers: dict[str, str]
) -> None:
    status, found, _ = await peer.shake_hands(asked, **headers)
    assert status == 101
    assert found["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert "sec-websocket-extensions" not in found
    assert code((await peer.read(1))[0][1]) == "good"


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({"Upgrade": None}, 400, "BAD_FRAME"),
        ({"Upgrade": "h2c"}, 400, "BAD_FRAME"),
        ({"Connection": None}, 400, "BAD_FRAME"),
        ({"Connection": "keep-alive"}, 400, "BAD_FRAME"),
        ({"Sec_WebSocket_Key": None}, 400, "BAD_FRAME"),
        ({"Sec_WebSocket_Protocol": "soap, wamp"}, 400, "BAD_FRAME"),
        ({"Sec_WebSocket_Version": None}, 426, "BAD_FRAME"),
        ({"Sec_WebSocket_Version": "8"}, 426, "BAD_FRAME"),
        ({"Host": "evil.com"}, 403, "FORBIDDEN"),
        ({"Origin": "http://evil.com"}, 403, "FORBIDDEN"),
        ({"Origin": "null"}, 403, "FORBIDDEN"),
    ],
)
@pytest.mark.gen_test
async def test_a_bad_handshake_is_answered_with_the_error_document_and_may_be_tried_again(
    peer: RawPeer, headers: dict[str, str | None], status: int, error: str
) -> None:
    answered, found, body = await peer.shake_hands(**headers)
    assert (answered, json.loads(body)["code"]) == (status, error)
    if status == 426:
        assert (found["upgrade"], found["sec-websocket-version"]) == ("websocket", "13")
        assert "close" in found["connection"]
        await peer.open()
    assert (await peer.shake_hands())[0] == 101


@pytest.mark.gen_test
async def test_a_client_that_goes_away_in_the_middle_of_anything_leaves_nothing_behind(
    peer: RawPeer, asked: bytes
) -> None:
    peer.write(b"GET /ws HTTP/1.1\r\nHost: local")
    await peer.close()
    for cut in (1, 2, 5, len(asked) - 1):
        await peer.open()
        await peer.shake_hands(asked[:cut])
        await peer.close()


GOES_ON = {
    "a pong that nobody asked for": (frame(PONG, b"x"), []),
    "a ping": (frame(PING, b"x" * 125), [(PONG, b"x" * 125)]),
    "an empty text": (frame(TEXT), ["BAD_FRAME"]),
    "an empty binary": (frame(BINARY), ["BAD_FRAME"]),
    "a binary": (frame(BINARY, b"{}"), ["BAD_FRAME"]),
    "a byte order mark": (frame(TEXT, b"\xef\xbb\xbf{}"), ["BAD_FRAME"]),
    "a nul": (frame(TEXT, b"\x00"), ["BAD_FRAME"]),
    "a character in two fragments": (
        frame(TEXT, b'"\xc3', final=False) + frame(0, b'\xa4"'),
        ["BAD_FRAME"],
    ),
    "a ping between fragments": (
        frame(TEXT, b'{"event"', final=False) + frame(PING, b"p") + frame(0, b': "x"}'),
        [(PONG, b"p"), "UNKNOWN_EVENT"],
    ),
    "ten thousand empty fragments": (
        frame(TEXT, b"{", final=False) + frame(0, final=False) * 10_000 + frame(0, b"}"),
        ["BAD_ENVELOPE"],
    ),
    "a length in more bytes than it needs": (
        struct.pack("!BBH", 0x81, 0x80 | 126, 2) + bytes(4) + b"{}",
        ["BAD_ENVELOPE"],
    ),
    "five hundred bad frames": (frame(TEXT, b"{") * 500, ["BAD_FRAME"] * 500),
}


@pytest.mark.parametrize("name", GOES_ON)
@pytest.mark.gen_test
async def test_the_connection_goes_on_after(peer: RawPeer, asked: bytes, name: str) -> None:
    sent, expected = GOES_ON[name]
    await peer.shake_hands()
    peer.write(sent + asked)
    found = await peer.read(len(expected) + 1)
    shown = [code(payload) if opcode == TEXT else (opcode, payload) for opcode, payload in found]
    assert shown == [*expected, "good"]


ENDS = {
    "a reserved bit": frame(TEXT, b"{}", reserved=4),
    "a reserved data opcode": frame(3, b"{}"),
    "a reserved control opcode": frame(11, b"{}"),
    "a continuation of nothing": frame(0, b"{}"),
    "a new message within another": frame(TEXT, b"{", final=False) + frame(TEXT, b"}"),
    "a ping that is too long": frame(PING, b"x" * 126),
    "a ping in fragments": frame(PING, b"x", final=False),
    "text that is no UTF-8": frame(TEXT, b"\xff"),
    "text with a surrogate": frame(TEXT, b'"\xed\xa0\x80"'),
    "a reason that is no UTF-8": frame(CLOSE, b"\x03\xe8\xff"),
    "bytes after the close": frame(CLOSE, b"\x03\xe8") + frame(TEXT, b"{}"),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.gen_test
async def test_the_connection_ends_with(peer: RawPeer, asked: bytes, name: str) -> None:
    await peer.shake_hands()
    peer.write(ENDS[name] + asked)
    assert [opcode async for opcode, _ in peer.frames() if opcode != CLOSE] == []
    await peer.open()
    await peer.shake_hands(asked)
    assert code((await peer.read(1))[0][1]) == "good"


@pytest.mark.parametrize(
    "sent",
    [
        frame(TEXT, b"x" * 65_537),
        frame(TEXT, b"x" * 60_000, final=False) + frame(0, b"x" * 6_000),
        frame(TEXT, length=2**63),
        frame(TEXT, length=2**64 - 1),
    ],
    ids=["one frame", "fragments", "a length of 2^63", "a length of 2^64-1"],
)
@pytest.mark.gen_test
async def test_a_message_that_is_too_large_is_closed_with_1009(peer: RawPeer, sent: bytes) -> None:
    await peer.shake_hands()
    peer.write(sent)
    ((opcode, payload),) = [one async for one in peer.frames()]
    assert (opcode, struct.unpack("!H", payload[:2])[0]) == (CLOSE, 1009)


@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x03\xe9bye", b"\x0f\xa0", b"\x13\x87" + b"x" * 123])
@pytest.mark.gen_test
async def test_a_close_is_answered_with_its_code(peer: RawPeer, payload: bytes) -> None:
    await peer.shake_hands()
    peer.write(frame(CLOSE, payload))
    assert [one async for one in peer.frames()] == [(CLOSE, payload[:2])]


@pytest.mark.settings("[server]\nping_interval_s = 0.1")
@pytest.mark.gen_test
async def test_a_client_that_answers_no_ping_is_closed(peer: RawPeer) -> None:
    await peer.shake_hands()
    found = await peer.read(2)
    assert [opcode for opcode, _ in found] == [PING, CLOSE]
    peer.write(frame(CLOSE, found[1][1]))
    assert await peer.read(1) == []


@pytest.mark.gen_test(timeout=60)
async def test_a_flood_that_is_read_is_answered_to_the_last(peer: RawPeer, ask: Ask) -> None:
    """However fast it comes: who reads all the time is not given up for what still waits."""
    count = 10_000
    await peer.shake_hands()
    peer.write(b"".join(frame(TEXT, json.dumps(ask("echo", 1, id=number)).encode()) for number in range(count)))
    found = await peer.read(count)
    assert len(found) == count
    assert sorted(json.loads(payload)["id"] for _, payload in found) == list(range(count))
