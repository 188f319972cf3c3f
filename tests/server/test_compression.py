"""What a client takes compressed, and what it is sent."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import brotli
import pytest
from tornado.httpclient import AsyncHTTPClient

from tornado_ml.server.compression import best_coding


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("GZip;q=0.5", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("", None),
        ("zstd", None),
        ("gzip; q=0.000", None),
        ("*;q=0", None),
    ],
)
def test_the_best_is_taken_of_what_accept_encoding_allows(header: str, expected: str | None) -> None:
    assert best_coding(header, ["br", "gzip"]) == expected


@pytest.mark.parametrize(("coding", "decompress"), [("gzip", gzip.decompress), ("br", brotli.decompress)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/models", "/js/main.js", "/"])
@pytest.mark.gen_test
async def test_what_is_long_and_public_is_sent_compressed_to_who_takes_it(
    http_client: AsyncHTTPClient,
    base_url: str,
    method: str,
    path: str,
    coding: str,
    decompress: Callable[[bytes], bytes],
) -> None:
    async def fetch(accepted: str) -> Any:
        return await http_client.fetch(
            base_url + path, method=method, headers={"Accept-Encoding": accepted}, decompress_response=False
        )

    compressed, plain = await fetch(coding), await fetch("identity")
    assert compressed.headers["Content-Encoding"] == coding
    assert "Content-Encoding" not in plain.headers
    assert int(compressed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert "Accept-Encoding" in compressed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert method == "HEAD" or decompress(compressed.body) == plain.body


@pytest.mark.gen_test
async def test_what_is_short_is_sent_as_it_is(http_client: AsyncHTTPClient, base_url: str) -> None:
    answer = await http_client.fetch(
        f"{base_url}/health/live", headers={"Accept-Encoding": "gzip"}, decompress_response=False
    )
    assert "Content-Encoding" not in answer.headers
