"""Whatever is asked over HTTP: an answer that says what is wrong, and never that the service has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from tornado_ml.protocol.routes import ROUTES

FEW = 60
MANY = 3_000
PARTS = [
    "api",
    "models",
    "echo",
    "form",
    "tensor",
    "..",
    "%2e%2e",
    "%00",
    "%ff",
    "%0d%0a",
    "metadata",
    "js",
    "page",
    "ws",
    "",
]
OTHERS = [
    "/",
    "/ws",
    "/socket.io/",
    "/models/echo/predict",
    "/js/main.js",
    "/page/x/js/main.js",
    "/widgets/echo/1/x.js",
]
"""What is no route of REST."""
HEADERS = {
    "Accept": ["text/event-stream", "application/json;q=0", "*/*;q=x"],
    "Accept-Encoding": ["gzip", "gzip;q=0", "br;q=nan"],
    "Authorization": ["Bearer x", "Basic eDp4", "Bearer"],
    "Connection": ["close", "upgrade", "keep-alive, x"],
    "Content-Encoding": ["gzip", "identity"],
    "Content-Type": [
        "application/json",
        "text/plain",
        "application/x+json; charset=x",
        "multipart/form-data; boundary=",
    ],
    "Cookie": ["tornado-ml-token=x", "=;=", 'a="\\"'],
    "Expect": ["100-continue"],
    "If-Modified-Since": ["Sun, 06 Nov 1994 08:49:37 GMT", "never"],
    "If-None-Match": ["*", '"x", W/"y"'],
    "Origin": ["http://localhost", "null", "http://evil.com", "http://["],
    "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ==", "x"],
    "Sec-WebSocket-Protocol": ["tornado-ml.v1.json", "tornado-ml.bearer.!", ", ,"],
    "Sec-WebSocket-Version": ["13", "8", ""],
    "Upgrade": ["websocket", "h2c"],
    "X-Forwarded-For": ["127.0.0.1", "x, y"],
    "traceparent": ["00-" + "a" * 32 + "-" + "b" * 16 + "-01", "x"],
}
QUERIES = {
    "model_version": ["1", "1.0", "9", "-1", "1\n"],
    "deadline_ms": ["5", "0", "1e9", "99999999.999999"],
    "policy": ["latest", "none"],
    "max_rate_hz": ["1000", "0"],
    "EIO": ["4"],
    "transport": ["polling", "websocket"],
    "sid": ["x", ""],
}
CUT = 0


class Request(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def written(self) -> bytes:
        headers = {"Host": "localhost", "Content-Length": str(len(self.body)), **self.headers}
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body


@st.composite
def requests(draw: st.DrawFn, words: Any) -> Request:
    route = draw(st.sampled_from(ROUTES))
    path = route.path.replace("{qualified_name}", draw(st.sampled_from(["echo", "form", "steps", "nobody", "%2e"])))
    path = path.replace("{source}", "nothing")
    if draw(st.integers(0, 2)) == 0:
        parts = st.lists(st.sampled_from(PARTS), max_size=5)
        path = draw(st.sampled_from(OTHERS) | parts.map(lambda some: "/" + "/".join(some)))
    visible = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=8)
    queries = draw(
        st.lists(
            st.sampled_from([f"{name}={one}" for name, some in QUERIES.items() for one in some]) | visible, max_size=2
        )
    )
    method = draw(st.sampled_from([route.method, route.method, "GET", "HEAD", "POST", "OPTIONS", "DELETE"]))
    headers = {
        name: draw(st.sampled_from(HEADERS[name]) | visible)
        for name in draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=3))
    }
    body = words.encoded(draw(words.inputs), is_binary=False)
    if draw(st.integers(0, 2)) == 0:
        body = draw(words.changed_bytes(body))
    if method != "POST" or draw(st.integers(0, 9)) == 0:
        body = b""
    return Request(method, (path + "?" + "&".join(queries)).replace("\n", "%0a").replace(" ", "+"), headers, body)


async def ask(port: int, request: Request) -> tuple[int, bytes]:
    """Status and body of the answer; of one that goes on, as much of the body as nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.written())
        async with asyncio.timeout(20):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                status = int(head.split(b" ")[1])
                if status != 100:
                    break
            lengths = [line for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
            length = int(lengths[0].split(b":")[1]) if lengths and request.method != "HEAD" and status != 304 else 0
            return status, await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return CUT, b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_every_request_is_answered_and_none_by_a_failure(
    count: int, io_loop: IOLoop, http_server: Any, http_port: int, words: Any, as_often: Callable[[int], Any]
) -> None:
    statuses: set[int] = set()

    async def all_of(sent: Sequence[Request]) -> None:
        for request in sent:
            status, body = await ask(http_port, request)
            statuses.add(status)
            assert status != CUT, request
            if status >= 400 and body:
                assert orjson.loads(body).keys() >= {"type", "code", "message"}
                assert orjson.loads(body)["code"] not in {"INTERNAL", "MODEL_CRASHED", "INVALID_OUTPUT"}, request

    @as_often(count)
    @given(st.lists(requests(words), min_size=1, max_size=3))
    def run(sent: Sequence[Request]) -> None:
        io_loop.run_sync(lambda: all_of(sent))

    run()
    assert (
        {200, 400, 404, 405}
        <= statuses
        <= {100, 101, 200, 204, 304, 400, 401, 403, 404, 405, 409, 413, 415, 422, 426, 503, 504}
    )
