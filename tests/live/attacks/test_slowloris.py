"""Thousands of connections that never come to the point: gone after a while, and nobody else the worse for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.server import conformance, patience
from tornado_ml.testing import RunningServer, running_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

PING_S = 4
MAX_GROWN_BYTES = 32 * 1024 * 1024
MAX_WAIT_S = 1.0
"""What a neighbour may wait while thousands connect; it would be seconds if each of them cost a millisecond more."""

UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
POST = b"POST /api/models/echo/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"
FRAME = b"\x81\xfe\xea\x60" + bytes(4)  # 60,000 bytes are to come
FRAGMENT = b"\x01\xfe\x75\x30" + bytes(4 + 30_000)
EMPTY_FRAGMENT_AND_PONG = b"\x00\x80" + bytes(4) + b"\x8a\x80" + bytes(4)

HEADS = [b"", b"GET /api/mod", UPGRADE[:-2]]


@pytest.fixture
def server(dropins: Path, no_examples: str) -> Iterator[RunningServer]:
    settings = f"server.ping_interval_s = {PING_S}\n{no_examples}"
    with running_server(directories=[dropins], settings=settings) as server:
        yield server


@pytest.mark.parametrize(
    ("count", "firsts", "drip", "gone_s"),
    [
        pytest.param(2000, HEADS, [], 15, id="half-open", marks=pytest.mark.soak),
        pytest.param(
            500, [UPGRADE[:-2]], [b"X", b":", b"y", b"\n"], patience.HEAD_S + 5, id="head", marks=pytest.mark.soak
        ),
        pytest.param(500, [POST], [b" "], patience.BODY_S + 5, id="body", marks=pytest.mark.long),
        pytest.param(500, [UPGRADE + FRAME], [b" "], 2 * PING_S + 6, id="frame", marks=pytest.mark.soak),
        pytest.param(
            500,
            [UPGRADE + FRAGMENT],
            [EMPTY_FRAGMENT_AND_PONG],
            conformance.MESSAGE_S + 6,
            id="fragments",
            marks=pytest.mark.long,
        ),
    ],
)
def test_all_are_gone_in_time_and_others_are_answered_all_the_while(
    server: RunningServer,
    crowd: Any,
    neighbour: Any,
    look: Any,
    count: int,
    firsts: list[bytes],
    drip: list[bytes],
    gone_s: float,
    tell: Any,
) -> None:
    with neighbour(server) as asker:
        before = look(server)
        with crowd(server, count, firsts, drip) as slow:
            grown_bytes = before.grown_bytes
            slow.wait_until_gone(gone_s + 10)
            left, gone_after_s = slow.left, slow.gone_after_s
    tell(
        gone_after_s=round(max(gone_after_s, default=0), 1),
        grown_mib=round(max(grown_bytes, before.grown_bytes) / 2**20, 1),
        neighbour_slowest_ms=round(1000 * max(asker.took_s)),
        neighbour_answers=len(asker.took_s),
        cpu_share=round(before.cpu_share, 2),
    )
    assert left == 0
    assert max(gone_after_s) <= gone_s
    assert max(grown_bytes, before.grown_bytes) <= MAX_GROWN_BYTES
    assert asker.faults == []
    assert max(asker.took_s) < MAX_WAIT_S
