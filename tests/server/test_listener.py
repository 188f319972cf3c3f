"""Running out of files: connections are turned away, and the service goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from tornado.netutil import bind_sockets
from tornado.web import Application

from tornado_ml.metrics import Metrics, declarations
from tornado_ml.server.listener import BoundedServer, allow_files

REQUEST = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def file_limit() -> Iterator[tuple[int, int]]:
    """The soft limit, lowered to 512, and the hard one."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
    yield 512, before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_limit_that_is_too_low_is_raised_to_what_is_wanted(file_limit: tuple[int, int]) -> None:
    assert allow_files(600) == 600
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (600, file_limit[1])


def test_a_limit_is_raised_no_further_than_the_system_lets_it(file_limit: tuple[int, int]) -> None:
    assert allow_files(10**9) == file_limit[1]


def test_a_limit_that_is_high_enough_stays(file_limit: tuple[int, int]) -> None:
    assert allow_files(100) == file_limit[0]


def next_file_number() -> int:
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return number


class Client:
    """A connection that asks for `/health/live`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self) -> bytes:
        """The first line of the answer, empty where the connection was closed instead."""
        with contextlib.suppress(ConnectionError):
            self._writer.write(REQUEST)
            return (await self._reader.readline()).strip()
        return b""

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


@pytest.mark.gen_test
async def test_connections_beyond_the_limit_are_turned_away_and_those_that_are_open_are_served(
    app: Application, logged: Callable[[], str]
) -> None:
    listeners = bind_sockets(0, "127.0.0.1")
    metrics = Metrics()
    port = listeners[0].getsockname()[1]
    server = BoundedServer(app, metrics=metrics, max_files=2 * (next_file_number() + 12))
    server.add_sockets(listeners)

    clients = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(10)]
    answers = [await client.ask() for client in clients]
    served = answers.index(b"")
    assert answers == [b"HTTP/1.1 200 OK"] * served + [b""] * (len(clients) - served)
    assert served > 0
    assert logged().count("Connections are turned away") == 1
    assert metrics.values()[declarations.ERRORS] == {("accept", "NO_FILES"): len(clients) - served}

    for client in clients:
        await client.close()
    answer = b""
    while not answer:  # until the server has closed them too
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        answer = await client.ask()
        await client.close()
    assert answer == b"HTTP/1.1 200 OK"
    server.stop()
    await server.close_all_connections()


@pytest.mark.gen_test
async def test_without_a_file_for_another_connection_it_waits_and_is_served_when_there_is_one(
    app: Application, file_limit: tuple[int, int], logged: Callable[[], str]
) -> None:
    (listening,) = bind_sockets(0, "127.0.0.1")
    server = BoundedServer(app)
    server.listen_on([listening])
    connection = socket.create_connection(listening.getsockname())  # the kernel's, as the loop has had no turn
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_file_number(), file_limit[1]))
    waiting = Client(*await asyncio.open_connection(sock=connection))
    used_s = time.process_time()
    await asyncio.sleep(0.6)  # so that it has tried again and again
    used_s = time.process_time() - used_s
    resource.setrlimit(resource.RLIMIT_NOFILE, file_limit)
    assert await waiting.ask() == b"HTTP/1.1 200 OK"
    assert used_s < 0.3, "it waits in between"
    assert logged().count("Connections wait to be taken: Too many open files.") == 1
    await waiting.close()
    await server.stop_listening()
    await server.close_all_connections()
