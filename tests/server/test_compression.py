"""What a client says of gzip, and what it is sent."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient

from tornado_ml.server.compression import accepts_gzip


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip, deflate, br, zstd", True),
        ("GZip;q=0.5", True),
        ("br, *", True),
        ("", False),
        ("br", False),
        ("gzip;q=0, *", False),
        ("gzip; q=0.000", False),
        ("*;q=0", False),
    ],
)
def test_what_accept_encoding_says_of_gzip(header: str, expected: bool) -> None:
    assert accepts_gzip(header) is expected


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/models", "/js/main.js", "/"])
@pytest.mark.gen_test
async def test_what_is_long_and_public_is_sent_compressed_to_who_takes_it(
    http_client: AsyncHTTPClient, base_url: str, method: str, path: str
) -> None:
    async def fetch(accepted: str) -> Any:
        return await http_client.fetch(
            base_url + path, method=method, headers={"Accept-Encoding": accepted}, decompress_response=False
        )

    compressed, plain = await fetch("gzip"), await fetch("identity")
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert int(compressed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert "Accept-Encoding" in compressed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert gzip.decompress(compressed.body) == plain.body


@pytest.mark.gen_test
async def test_what_is_short_is_sent_as_it_is(http_client: AsyncHTTPClient, base_url: str) -> None:
    answer = await http_client.fetch(
        f"{base_url}/health/live", headers={"Accept-Encoding": "gzip"}, decompress_response=False
    )
    assert "Content-Encoding" not in answer.headers
