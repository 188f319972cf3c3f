"""Whatever a client of Socket.IO posts: it is answered, passed over, or ends that session and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.ioloop import IOLoop

from tornado_ml.server.base import Shared

FEW = 40
MANY = 2_000
BETWEEN_PACKETS = "\x1e"
PACKETS = [
    "40",
    "40/other,",
    '40{"token":"x"}',
    "41",
    "2",
    "3",
    "3probe",
    "5",
    "6",
    "",
    "451-",
    "4",
    "43",
    "44{}",
    "b",
    "0{}",
]
"""Of Engine.IO and Socket.IO, in good order and out of place."""


@st.composite
def bodies(draw: st.DrawFn, words: Any) -> bytes:
    """One or several packets, most of them events."""
    packets = []
    for _ in range(draw(st.integers(1, 3))):
        document = draw(words.any_documents)
        data = document.get("data") if isinstance(document, dict) else document
        arguments = json.dumps(["prediction_request", data], default=str)
        kind = draw(st.sampled_from(["42", "427", "42/x,", "451-", "4299999999999999999999"]))
        packets.append(draw(st.sampled_from([kind + arguments, kind + arguments, *PACKETS])))
    body = BETWEEN_PACKETS.join(packets).encode()
    return draw(words.changed_bytes(body)) if draw(st.integers(0, 2)) == 0 else body


async def converse(client: AsyncHTTPClient, url: str, said: Sequence[bytes]) -> set[int]:
    """Open a session, join, say it all, and leave; the statuses of what was said."""

    async def ask(address: str, body: bytes | None = None) -> HTTPResponse:
        method = "GET" if body is None else "POST"
        return await client.fetch(address, method=method, body=body, raise_error=False, request_timeout=20)

    opened = await ask(url)
    session = f"{url}&sid={json.loads(opened.body[1:])['sid']}"
    assert (await ask(session, b"40")).code == 200
    statuses = {(await ask(session, body)).code for body in said}
    await ask(session, b"1")
    return statuses


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_every_body_is_taken_or_ends_its_session(
    count: int,
    io_loop: IOLoop,
    http_client: AsyncHTTPClient,
    http_server: Any,
    base_url: str,
    shared: Shared,
    words: Any,
    as_often: Callable[[int], Any],
) -> None:
    statuses: set[int] = set()
    url = f"{base_url}/socket.io/?EIO=4&transport=polling"

    async def gone() -> None:
        async with asyncio.timeout(10):
            while len(shared.sockets) or shared.service.open_count:
                await asyncio.sleep(0.005)

    @as_often(count)
    @given(st.lists(bodies(words), min_size=1, max_size=4))
    def run(said: Sequence[bytes]) -> None:
        statuses.update(io_loop.run_sync(lambda: converse(http_client, url, said)))

    run()
    assert {200, 400} <= statuses <= {200, 400, 413}
    io_loop.run_sync(gone)
