"""HTTP as no good client speaks it, byte by byte: what is answered, what is refused, and what is never believed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from tornado.ioloop import IOLoop

HOST = b"Host: localhost\r\n"
LISTED = b"GET /api/models HTTP/1.1\r\n" + HOST
ASKED = b"POST /api/models/echo/predictions HTTP/1.1\r\n" + HOST
CHUNKED = ASKED + b"Transfer-Encoding: chunked\r\n"
GOOD = b"GET /health/live HTTP/1.1\r\n" + HOST + b"\r\n"


class Caller:
    """A connection on which anything may be said."""

    async def open(self, port: int) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)

    async def tell(self, sent: bytes) -> tuple[int | None, bytes, bytes]:
        """Status, head and body of the answer; the status is None where there is none."""
        self.writer.write(sent)
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None, b"", b""
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await self.reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b""
        return int(head.split(b" ")[1]), head, body

    async def is_closed(self) -> bool:
        """Whether the service has ended the connection, or will not answer another request on it."""
        try:
            return (await self.tell(GOOD))[0] != 200
        except ConnectionError:
            return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@pytest.fixture
def caller(io_loop: IOLoop, http_server: Any, http_port: int) -> Iterator[Caller]:
    caller = Caller()
    io_loop.run_sync(lambda: caller.open(http_port))
    yield caller
    io_loop.run_sync(caller.close)


@pytest.fixture(autouse=True)
def untroubled(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client sends is an error of the service."""
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


BROKEN = {
    "a request of HTTP/0.9": b"GET /\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that there is not": b"GET / HTTP/3.0\r\n" + HOST + b"\r\n",
    "no Host": b"GET /api/models HTTP/1.1\r\n\r\n",
    "two Hosts": LISTED + b"Host: evil.com\r\n\r\n",
    "twice the same Host": LISTED + HOST + b"\r\n",
    "two Hosts in one": b"GET /api/models HTTP/1.1\r\nHost: localhost,evil.com\r\n\r\n",
    "a Host behind a space": LISTED + b"Host : evil.com\r\n\r\n",
    "a NUL in the method": b"G\0T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the path": b"GET /api/models x HTTP/1.1\r\n" + HOST + b"\r\n",
    "tabs for spaces": b"GET\t/api/models\tHTTP/1.1\r\n" + HOST + b"\r\n",
    "a length and chunks": CHUNKED + b"Content-Length: 4\r\n\r\n1\r\n1\r\n0\r\n\r\n" + GOOD,
    "chunks and a length": ASKED + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n" + GOOD,
    "two lengths": ASKED + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n12",
    "a negative length": ASKED + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": ASKED + b"Content-Length: +1\r\n\r\n1",
    "a length with an underscore": ASKED + b"Content-Length: 1_0\r\n\r\n1234567890",
    "a length in hexadecimal": ASKED + b"Content-Length: 0x1\r\n\r\n1",
    "a length in other digits": ASKED + "Content-Length: ١\r\n\r\n1".encode(),
    "another encoding of the transfer": ASKED + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "one that is nearly known": ASKED + b"Transfer-Encoding: xchunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "one behind a space": ASKED + b"Transfer-Encoding : chunked\r\nContent-Length: 1\r\n\r\n1",
    "one in other characters": ASKED + b"Transfer-Encoding: \x85chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "a negative chunk": CHUNKED + b"\r\n-1\r\n1\r\n0\r\n\r\n",
    "a chunk of no size": CHUNKED + b"\r\nzz\r\n1\r\n0\r\n\r\n",
    "a chunk with a prefix": CHUNKED + b"\r\n0x1\r\n1\r\n0\r\n\r\n",
    "a chunk that is far too large": CHUNKED + b"\r\n" + b"f" * 60 + b"\r\n1\r\n0\r\n\r\n",
    "a chunk that does not end": CHUNKED + b"\r\n1\r\n1X0\r\n\r\n\r\n",
    "a header that goes on": LISTED + b"X: a\r\n b\r\n\r\n",
    "a header with a CR": LISTED + b"X: a\rY: b\r\n\r\n",
    "a header with a NUL": LISTED + b"X: a\0b\r\n\r\n",
    "a header without a name": LISTED + b": x\r\n\r\n",
    "a header without a colon": LISTED + b"nonsense\r\n\r\n",
    "all bytes there are": bytes(range(256)) + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.gen_test
async def test_what_is_no_http_is_refused_and_nothing_behind_it_is_heard(caller: Caller, name: str) -> None:
    status, head, body = await caller.tell(BROKEN[name])
    assert (status, head, body) == (400, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"")
    assert await caller.is_closed()


@pytest.mark.parametrize(
    "sent",
    [LISTED + b"X: " + b"a" * 70_000 + b"\r\n\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"],
    ids=["header", "path"],
)
@pytest.mark.gen_test
async def test_a_head_of_more_than_64_kib_is_cut(caller: Caller, sent: bytes) -> None:
    assert (await caller.tell(sent))[0] is None


ODD = {
    "the whole address of another site": (b"GET http://evil.com/api/models HTTP/1.1\r\n" + HOST, 404),
    "its Host with the address of this one": (b"GET http://localhost/api/models HTTP/1.1\r\nHost: evil.com\r\n", 403),
    "an authority": (b"GET evil.com:443 HTTP/1.1\r\n" + HOST, 404),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\n" + HOST, 404),
    "a path that begins twice": (b"GET //evil.com/api/models HTTP/1.1\r\n" + HOST, 404),
    "a Host that a proxy is said to have had": (
        b"GET /api/models HTTP/1.1\r\nHost: evil.com\r\nX-Forwarded-Host: localhost\r\n",
        403,
    ),
    "another method in a header": (
        b"POST /api/models HTTP/1.1\r\n" + HOST + b"X-HTTP-Method-Override: GET\r\nContent-Length: 0\r\n",
        405,
    ),
    "five thousand headers": (LISTED + b"".join(b"X%d: y\r\n" % number for number in range(5000)), 200),
    "the same one nine thousand times": (LISTED + b"X: y\r\n" * 9000, 200),
    "bytes that are no UTF-8 in the path": (b"GET /\xff\xfe HTTP/1.1\r\n" + HOST, 404),
    "bytes that are no UTF-8 in a token": (LISTED + b"Authorization: Bearer \x80\xff\r\n", 200),
    "a query that would be a header": (b"GET /api/models?a=%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n" + HOST, 400),
    "a name that would be a header": (b"GET /api/models/%0d%0aSet-Cookie:%20a=b/metadata HTTP/1.1\r\n" + HOST, 404),
    "an origin that would be a header": (LISTED + b"Origin: http://evil.com%0d%0aSet-Cookie:%20a=b\r\n", 403),
    "ten thousand tags": (
        b"GET /js/main.js HTTP/1.1\r\n" + HOST + b"If-None-Match: " + b'"a",' * 10_000 + b"\r\n",
        200,
    ),
    "a date that there is not": (
        b"GET /js/main.js HTTP/1.1\r\n" + HOST + b"If-Modified-Since: Sun, 06 Nov 99999999999 08:49:37 GMT\r\n",
        200,
    ),
    "an empty date": (b"GET /js/main.js HTTP/1.1\r\n" + HOST + b"If-Modified-Since: \r\n", 200),
    "a thousand ranges": (
        b"GET /js/main.js HTTP/1.1\r\n" + HOST + b"Range: bytes=" + b",".join([b"0-9"] * 1000) + b"\r\n",
        200,
    ),
    "cookies that are none": (b"GET /js/main.js HTTP/1.1\r\n" + HOST + b'Cookie: =;;;\\"=\x80; a\r\n', 200),
    "preferences that are no numbers": (LISTED + b"Accept-Encoding: gzip;q=nan, *;q=1e999\r\n", 200),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.gen_test
async def test_what_is_odd_is_answered_and_the_connection_goes_on(caller: Caller, name: str) -> None:
    sent, expected = ODD[name]
    status, head, _ = await caller.tell(sent + b"\r\n")
    assert status == expected
    assert b"set-cookie" not in head.lower()
    assert not await caller.is_closed()


@pytest.mark.parametrize("method", ["BREW", "get", "TRACE", "CONNECT", "PROPFIND", "prepare", "on_finish", "__init__"])
@pytest.mark.parametrize("path", ["/api/models", "/ws", "/", "/health/live", "/nowhere", "evil.com:443"])
@pytest.mark.gen_test
async def test_a_method_that_there_is_not_is_refused(caller: Caller, method: str, path: str) -> None:
    status, head, body = await caller.tell(f"{method} {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
    assert (status, b'"METHOD_NOT_ALLOWED"' in body) == (405, True)
    assert b"\r\nAllow: " in head


FOLDERS = ["js", "css", "vendor", "page/1", "widgets/echo/1"]
STEPS = [
    "../index.html",
    "../" * 12 + "etc/passwd",
    "..%2f" * 12 + "etc/passwd",
    "%2e%2e/" * 12 + "etc/passwd",
    "%252e%252e%252f" * 12 + "etc/passwd",
    "..\\" * 12 + "etc\\passwd",
    "..%5c" * 12 + "etc%5cpasswd",
    "%c0%ae%c0%ae/" * 12 + "etc/passwd",
    "....//" * 12 + "etc/passwd",
    "%00/../" * 12 + "etc/passwd",
    "main.js%00.html",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "file:///etc/passwd",
]
SECRETS = [
    *("/etc/passwd", "/settings.toml", "/__init__.py"),
    *(f"/{folder}/{step}" for folder in FOLDERS for step in STEPS),
]


@pytest.mark.gen_test
async def test_no_path_leads_to_a_file_that_is_not_the_pages(caller: Caller) -> None:
    for path in SECRETS:
        status, _, body = await caller.tell(f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        assert (status, b'"NOT_FOUND"' in body) == (404, True), path


NAMES = [
    *(
        "..",
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "%252e%252e",
        "..%5c..",
        "%00",
        "echo%00",
        "echo%2f",
    ),
    *("http:%2f%2fevil.com%2fmodel", "file:%2f%2f%2fetc%2fpasswd", "%0a", "%ff", "a" * 5000),
]


@pytest.mark.parametrize("pattern", ["/api/models/{}/metadata", "/api/models/{}/predictions", "/api/models/{}/reload"])
@pytest.mark.gen_test
async def test_a_models_name_is_looked_up_and_never_a_path_or_an_address(caller: Caller, pattern: str) -> None:
    method = "GET" if pattern.endswith("metadata") else "POST"
    length = b"" if method == "GET" else b"Content-Length: 1\r\n\r\n1"
    for name in NAMES:
        head = f"{method} {pattern.format(name)} HTTP/1.1\r\n".encode() + HOST
        status, _, body = await caller.tell(head + (length or b"\r\n"))
        assert (status, b'"MODEL_NOT_FOUND"' in body or b'"NOT_FOUND"' in body) == (404, True), (name, body)


@pytest.mark.gen_test
async def test_requests_that_come_at_once_are_answered_in_their_order(caller: Caller) -> None:
    requests = [ASKED + b"Content-Length: 1\r\n\r\n%d" % number for number in range(10)]
    caller.writer.write(b"".join(requests[:-1]))
    found = [(await caller.tell(b""))[2] for _ in requests[:-1]] + [(await caller.tell(requests[-1]))[2]]
    assert [b'"prediction":%d' % number in body for number, body in enumerate(found)] == [True] * 10


@pytest.mark.gen_test
async def test_a_body_that_nobody_asked_for_is_no_request(caller: Caller, logged: Callable[[], str]) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
    status, _, _ = await caller.tell(LISTED + b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled)
    assert status == 200
    assert not await caller.is_closed(), "the next answer is that of the next request"
    assert "smuggled" not in logged()


@pytest.mark.gen_test
async def test_an_answer_repeats_no_markup_as_markup(caller: Caller) -> None:
    attack = b"/%3Cscript%3Ealert(1)%3C/script%3E"
    for path in (attack, b"/models" + attack + b"/predict", b"/api/models" + attack + b"/metadata"):
        _, head, body = await caller.tell(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        assert b"<script>alert" not in body or b"Content-Type: application/json" in head
        assert b"X-Content-Type-Options: nosniff" in head
