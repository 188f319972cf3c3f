"""A server that takes no more connections, and answers what was there already; and whom a request is from."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from tornado_ml.server import listener
from tornado_ml.server.listener import BoundedServer
from tornado_ml.server.proxies import Proxies


class EchoHandler(RequestHandler):
    def get(self) -> None:
        self.write(f"{self.request.protocol} {self.request.remote_ip}")

    async def post(self) -> None:
        await asyncio.sleep(0.05)
        self.write(self.request.body)


REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return await reader.readexactly(length)


def serve(**options: object) -> tuple[BoundedServer, int]:
    sockets = bind_sockets(0, "127.0.0.1")
    server = BoundedServer(Application([("/", EchoHandler)]), **options)
    server.listen_on(sockets)
    return server, sockets[0].getsockname()[1]


@pytest.mark.gen_test
async def test_a_connection_that_waits_to_be_taken_is_taken_and_what_it_asks_is_answered() -> None:
    server, port = serve()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        # Nothing has been awaited: the connection is there, and the server has not seen it.
        client.sendall(REQUEST % b"")
        await server.stop_listening()
        await server.finish_answers(10)
        assert client.recv(1000).endswith(b"http 127.0.0.1")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=10)
    await server.close_all_connections()


@pytest.mark.gen_test
async def test_what_is_just_being_asked_is_asked_to_its_end_and_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "LAST_REQUESTS_S", 20)
    server, port = serve()
    async with connected(port) as (reader, writer):
        writer.write(HEAD + b"1")
        stopping = asyncio.create_task(server.stop_listening())
        await asyncio.sleep(0.1)
        assert not stopping.done()
        writer.write(b"234")
        await stopping
        await server.finish_answers(10)
        await server.close_all_connections()
        assert await answer(reader) == b"1234"


@pytest.mark.gen_test
async def test_a_connection_that_asks_nothing_is_not_waited_for_long() -> None:
    server, port = serve()
    async with connected(port) as (reader, writer), connected(port):
        writer.write(REQUEST % b"")
        assert await answer(reader) == b"http 127.0.0.1"
        before = time.monotonic()
        await server.stop_listening()
        assert time.monotonic() - before >= listener.LAST_REQUESTS_S
        await server.finish_answers(60)
        assert time.monotonic() - before < 30
        await server.close_all_connections()


@pytest.mark.gen_test
async def test_a_request_is_from_whom_a_trusted_proxy_says_and_each_of_a_connection_from_its_own() -> None:
    server, port = serve(proxies=Proxies(["127.0.0.1/32"]))
    async with connected(port) as (reader, writer):
        writer.write(REQUEST % b"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n")
        assert await answer(reader) == b"https 198.51.100.7"
        writer.write(REQUEST % b"")
        assert await answer(reader) == b"http 127.0.0.1"
    await server.stop_listening()
    await server.close_all_connections()


@pytest.mark.gen_test
async def test_nobody_else_is_believed() -> None:
    server, port = serve(proxies=Proxies(["10.0.0.0/8", "unix"]))
    async with connected(port) as (reader, writer):
        writer.write(REQUEST % b"X-Forwarded-For: 198.51.100.7\r\nX-Real-Ip: 198.51.100.7\r\nX-Scheme: https\r\n")
        assert await answer(reader) == b"http 127.0.0.1"
    await server.stop_listening()
    await server.close_all_connections()
