from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tornado_ml.logs import ACCESS

Lines = Callable[[], list[str]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """The access log so far; what differs from run to run is left out."""
    caplog.set_level(logging.INFO, logger=ACCESS)
    return lambda: [
        re.sub(r"\d+\.\d+ (m?s)|request q\d+|Connection c\d+", _without_number, record.getMessage())
        for record in caplog.records
        if record.name == ACCESS
    ]


def _without_number(match: re.Match[str]) -> str:
    return match[1] or match[0].rstrip("0123456789")


async def fetch(http_client: AsyncHTTPClient, url: str, **options: Any) -> HTTPResponse:
    return await http_client.fetch(url, raise_error=False, **options)


@pytest.mark.gen_test
async def test_each_request_has_a_line_without_its_query(
    http_client: AsyncHTTPClient, base_url: str, lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps("secret")
    response = await fetch(
        http_client,
        f"{base_url}/api/models/echo/predictions?deadline_ms=9000",
        method="POST",
        body=body,
        headers={"Content-Type": "application/json"},
    )
    await fetch(http_client, f"{base_url}/nothing/%0a?secret=1")
    assert lines() == [
        f"200 POST /api/models/echo/predictions (127.0.0.1) ms, 8 bytes in, {len(response.body)} out, request q",
        "404 GET /nothing/%0a (127.0.0.1) ms, 0 bytes in, 81 out",
    ]
    fields = vars(caplog.records[0])
    assert (fields["method"], fields["path"], fields["status"]) == ("POST", "/api/models/echo/predictions", 200)
    assert (fields["remote"], fields["received_bytes"], fields["identity"]) == ("127.0.0.1", 8, None)
    assert fields["request_id"].startswith("q")
    assert 0 < fields["duration_ms"] < 30_000


@pytest.mark.gen_test
async def test_each_socket_has_a_line_when_it_opens_and_one_when_it_closes(
    connect: Callable[..., Any], ask: Callable[..., Any], lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await connect()
    sent = json.dumps(ask("echo", "secret"))
    await peer.send(sent)
    got = await peer.socket.read_message()
    await peer.close()
    assert lines() == [
        "Connection c is open (127.0.0.1)",
        f"Connection c is closed (127.0.0.1): 1005, s, 1 frames ({len(sent)} bytes) in, 1 ({len(got)}) out",
    ]
    assert vars(caplog.records[0])["connection"] == vars(caplog.records[1])["connection"]


@pytest.mark.gen_test
async def test_a_path_cannot_look_like_another_line(http_server: Any, http_port: int, lines: Lines) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", http_port)
    writer.write(b"GET /nothing/\x85 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    await reader.read()
    writer.close()
    assert lines() == [r"404 GET /nothing/\x85 (127.0.0.1) ms, 0 bytes in, 81 out"]


@pytest.mark.gen_test
async def test_nothing_is_written_where_nobody_asked_for_it(
    http_client: AsyncHTTPClient, base_url: str, lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger=ACCESS)
    await fetch(http_client, f"{base_url}/health/live")
    assert lines() == []
