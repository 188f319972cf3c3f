"""What all answers over HTTP have in common, asked for with raw bytes as a clumsy or hostile client sends them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tornado_ml.models.schema import Validator, declare
from tornado_ml.protocol.payloads import ErrorData
from tornado_ml.server.base import MAX_DISCARDED_BYTES, SECURITY_HEADERS

PREDICT = "POST /api/models/echo/predictions"
ERROR = Validator(declare(ErrorData, direction="output").json_schema)


class Answer:
    """One answer, as it was read."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, *lines = head.decode("latin1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.body = body

    @property
    def code(self) -> str:
        """The code of the error document that it is."""
        document = json.loads(self.body)
        assert ERROR.faults(document) == []
        for name, value in SECURITY_HEADERS.items():
            assert self.headers[name.lower()] == value
        return str(document["code"])


class RawClient:
    """A TCP connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Open it, in place of one that is open already."""
        await self.close()
        self.reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    def write(self, data: bytes) -> None:
        assert self._writer is not None
        self._writer.write(data)

    async def ask(self, line: str, *headers: str, body: bytes = b"", host: str | None = "localhost") -> Answer:
        """Send a request in two parts, first its head and then its body, and read the answer."""
        await self.send(line, *headers, host=host)
        await asyncio.sleep(0)
        self.write(body)
        return await self.read()

    async def send(self, line: str, *headers: str, host: str | None = "localhost") -> None:
        lines = [f"{line} HTTP/1.1", *([] if host is None else [f"Host: {host}"]), *headers, "", ""]
        self.write("\r\n".join(lines).encode("latin1"))

    async def read(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n"))[:-4]
        answer = Answer(head, b"")
        answer.body = await self.reader.readexactly(int(answer.headers.get("content-length", 0)))
        return answer

    async def is_closed(self) -> bool:
        """Whether the server closes the connection without another byte."""
        try:
            return await self.reader.read(1) == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()


@pytest.fixture
def raw(io_loop: IOLoop, http_server: Any, http_port: int) -> Iterator[RawClient]:
    client = RawClient(http_port)
    io_loop.run_sync(client.open)
    yield client
    io_loop.run_sync(client.close)


@pytest.fixture
def untroubled(logged: Callable[[], str]) -> Iterator[None]:
    """Nothing of what a client sends is the service's own failure: the log has no traceback."""
    yield
    assert "failed." not in logged()


def length(size: int) -> str:
    return f"Content-Length: {size}"


@pytest.mark.parametrize(
    ("line", "host", "status", "code"),
    [
        (PREDICT, "localhost", 413, "BODY_TOO_LARGE"),
        ("POST /api/nothing", "localhost", 404, "NOT_FOUND"),
        ("POST /api/models", "localhost", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE /api/models/echo/metadata", "localhost", 405, "METHOD_NOT_ALLOWED"),
        ("POST /", "localhost", 405, "METHOD_NOT_ALLOWED"),
        ("POST /ws", "localhost", 405, "METHOD_NOT_ALLOWED"),
        ("GET /ws", "localhost", 400, "BAD_FRAME"),
        (PREDICT, "evil.com", 403, "FORBIDDEN"),
        ("POST /", "evil.com", 403, "FORBIDDEN"),
    ],
)
@pytest.mark.usefixtures("untroubled")
@pytest.mark.gen_test
async def test_a_refusal_reaches_its_client_whatever_the_size_of_the_body_and_the_connection_stays(
    raw: RawClient, line: str, host: str, status: int, code: str
) -> None:
    for size in (100_000, 4_000_000):
        answer = await raw.ask(line, length(size), "Content-Type: application/json", body=b"x" * size, host=host)
        assert (answer.status, answer.code) == (status, code)
    assert (await raw.ask("GET /health/live")).status == 200


@pytest.mark.gen_test
async def test_a_body_where_none_is_expected_is_ignored(raw: RawClient) -> None:
    answer = await raw.ask("GET /api/models", length(3), body=b"{]}")
    assert answer.status == 200
    assert (await raw.ask("GET /health/live")).status == 200


@pytest.mark.parametrize("size", [str(MAX_DISCARDED_BYTES + 1), "9" * 30, "9" * 5000])
@pytest.mark.usefixtures("untroubled")
@pytest.mark.gen_test
async def test_a_body_that_is_too_large_even_to_throw_away_is_refused_before_it_comes(
    raw: RawClient, size: str
) -> None:
    for line in (PREDICT, "POST /", "GET /ws"):
        answer = await raw.ask(line, f"Content-Length: {size}")
        assert (answer.status, answer.code, answer.headers["connection"]) == (413, "BODY_TOO_LARGE", "close")
        assert await raw.is_closed()
        await raw.open()


@pytest.mark.gen_test
async def test_who_asks_before_sending_a_body_is_told_to_send_it_or_why_not(raw: RawClient) -> None:
    expect = "Expect: 100-continue"
    await raw.send(PREDICT, length(4), expect)
    assert await raw.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 (Continue)\r\n\r\n"
    raw.write(b'"hi"')
    assert json.loads((await raw.read()).body)["prediction"] == "hi"
    for line, size, host, code in (
        (PREDICT, 65_537, "localhost", "BODY_TOO_LARGE"),
        (PREDICT, 4, "evil.com", "FORBIDDEN"),
        ("POST /api/nothing", 4, "localhost", "NOT_FOUND"),
    ):
        answer = await raw.ask(line, length(size), expect, host=host)
        assert (answer.code, answer.headers["connection"]) == (code, "close")
        assert await raw.is_closed()
        await raw.open()


@pytest.mark.gen_test
async def test_a_chunked_body_is_read_and_one_that_is_too_large_is_refused(raw: RawClient) -> None:
    chunked = "Transfer-Encoding: chunked"
    answer = await raw.ask(PREDICT, chunked, body=b"2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n")
    assert json.loads(answer.body)["prediction"] == [1]
    answer = await raw.ask(PREDICT, chunked, body=b"2710\r\n" + b"x" * 10_000 + b"\r\n0\r\n\r\n")
    assert answer.code == "BAD_FRAME"
    answer = await raw.ask(PREDICT, chunked, body=(b"2710\r\n" + b"x" * 10_000 + b"\r\n") * 20 + b"0\r\n\r\n")
    assert answer.code == "BODY_TOO_LARGE"
    assert (await raw.ask("GET /health/live")).status == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (["Content-Type: text/plain"], "UNSUPPORTED_MEDIA_TYPE"),
        (["Content-Type: application/jsonp"], "UNSUPPORTED_MEDIA_TYPE"),
        (["Content-Type: \xff"], "UNSUPPORTED_MEDIA_TYPE"),
        (["Content-Type:"], "UNSUPPORTED_MEDIA_TYPE"),
        (["Content-Encoding: gzip"], "UNSUPPORTED_MEDIA_TYPE"),
        (["Content-Encoding: identity"], None),
        (["Content-Type: application/json; charset=utf-8"], None),
        (["Content-Type: APPLICATION/JSON"], None),
        (["Content-Type: application/vnd.flowers+json"], None),
        ([], None),
    ],
)
@pytest.mark.usefixtures("untroubled")
@pytest.mark.gen_test
async def test_a_body_must_be_json_and_say_nothing_else(raw: RawClient, headers: list[str], code: str | None) -> None:
    answer = await raw.ask(PREDICT, length(1), *headers, body=b"1")
    assert (answer.status == 200) if code is None else (answer.code == code)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/api/models?x=1", "BAD_ENVELOPE"),
        ("/api/models?%zz=%ff", "BAD_ENVELOPE"),
        ("/api/models?" + "x" * 60_000, "BAD_ENVELOPE"),
        ("/api/models/echo/metadata?model_version=%ff", "BAD_ENVELOPE"),
        ("/api/models/echo/metadata?model_version=1%00", "BAD_ENVELOPE"),
        ("/api/models/echo/metadata?model_version=1%0a", "BAD_ENVELOPE"),
        ("/api/models/echo/metadata?model_version=%201", "BAD_ENVELOPE"),
        ("/api/models/echo/metadata?model_version=1&model_version=1", "BAD_ENVELOPE"),
        ("/api/models/%ff/metadata", "MODEL_NOT_FOUND"),
        ("/api/models/\xff/metadata", "MODEL_NOT_FOUND"),
        ("/api/models/%00/metadata", "MODEL_NOT_FOUND"),
        ("/api/models/a%2Fb/metadata", "MODEL_NOT_FOUND"),
        ("/api/models/echo%0a/metadata", "MODEL_NOT_FOUND"),
        ("/api/models/", "NOT_FOUND"),
        ("//api/models", "NOT_FOUND"),
        ("/" + "x" * 60_000, "NOT_FOUND"),
        ("http://localhost/api/models", "NOT_FOUND"),
        ("http://evil.com/api/models", "NOT_FOUND"),
        ("*", "NOT_FOUND"),
    ],
)
@pytest.mark.usefixtures("untroubled")
@pytest.mark.gen_test
async def test_a_strange_target_is_answered_by_name(raw: RawClient, target: str, code: str) -> None:
    answer = await raw.ask(f"GET {target}")
    assert answer.code == code
    assert len(answer.body) < 500
    assert (await raw.ask("GET /health/live")).status == 200


MALFORMED = [
    b"\x00\x01\x02\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: local host\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nx: a\x00b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1XX0\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", MALFORMED)
@pytest.mark.usefixtures("untroubled")
@pytest.mark.gen_test
async def test_what_is_no_http_is_answered_400_and_cut(raw: RawClient, request_bytes: bytes) -> None:
    raw.write(request_bytes)
    assert await raw.reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    await raw.open()
    assert (await raw.ask("GET /health/live")).status == 200


@pytest.mark.gen_test
async def test_requests_that_come_together_are_answered_in_their_order(raw: RawClient) -> None:
    for number in range(5):
        await raw.send(PREDICT, length(1))
        raw.write(str(number).encode())
    await raw.send("GET /api/nothing")
    await raw.send("GET /health/live")
    assert [json.loads((await raw.read()).body)["prediction"] for _ in range(5)] == [0, 1, 2, 3, 4]
    assert (await raw.read()).code == "NOT_FOUND"
    assert (await raw.read()).status == 200


@pytest.mark.settings('[server]\nallowed_origins = ["https://app.example.org"]')
@pytest.mark.parametrize("line", ["GET /api/nothing", "POST /api/models", "BREW /api/models", "GET /api/models?x=1"])
@pytest.mark.gen_test
async def test_a_page_of_an_allowed_origin_may_read_errors_too(raw: RawClient, line: str) -> None:
    answer = await raw.ask(line, "Origin: https://app.example.org")
    assert answer.status >= 400
    assert answer.headers["access-control-allow-origin"] == "https://app.example.org"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "Origin" in answer.headers["vary"]


@pytest.mark.gen_test
async def test_a_method_that_is_none_is_refused_by_the_guard_first(raw: RawClient) -> None:
    assert (await raw.ask("BREW /api/models", host="evil.com")).code == "FORBIDDEN"
    await raw.open()
    assert (await raw.ask("BREW /api/models")).code == "METHOD_NOT_ALLOWED"


@pytest.mark.gen_test
async def test_options_lists_the_methods_of_an_address(raw: RawClient) -> None:
    for path, methods in (("/api/models", "GET, HEAD"), ("/api/models/echo/predictions", "POST")):
        answer = await raw.ask(f"OPTIONS {path}")
        assert (answer.status, answer.headers["allow"]) == (204, methods)
    assert (await raw.ask("OPTIONS /api/nothing")).code == "NOT_FOUND"
