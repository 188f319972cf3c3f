"""A client's conversation, and a bad line between a client and the service of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tornado_ml.client.conversation import ClientConversation
from tornado_ml.codecs.json import JSONCodec


class BadLine:
    """Passes on what either end sends, as long as it does not fail.

    Attributes:
        is_down: whether it refuses new connections.
        opened_count, refused_count: how many connections it has passed on, and how many not.
    """

    def __init__(self, port: int) -> None:
        self.is_down = False
        self.opened_count = 0
        self.refused_count = 0
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cut_after: dict[bytes, asyncio.Event] = {}
        self._server: asyncio.Server

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/ws"

    def cut(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def cut_when_said(self, text: bytes) -> None:
        """Cut once, when the service has said something that holds `text`, which does not arrive any more."""
        self._cut_after[text] = asyncio.Event()

    async def close(self) -> None:
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if self.is_down:
            self.refused_count += 1
            writer.transport.abort()
            return
        self.opened_count += 1
        from_service, to_service = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, to_service}
        await asyncio.gather(self._pump(reader, to_service), self._pump(from_service, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                for text in [text for text in self._cut_after if text in data]:
                    del self._cut_after[text]
                    self.cut()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@pytest.fixture
def bad_line(io_loop: IOLoop, http_server: Any, http_port: int) -> Iterator[BadLine]:
    line = BadLine(http_port)
    io_loop.run_sync(line.open)
    yield line
    io_loop.run_sync(line.close)


Sent = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def conversation() -> ClientConversation:
    return ClientConversation(JSONCodec())


@pytest.fixture
def sent(conversation: ClientConversation) -> Sent:
    """All that may be sent now."""
    return lambda: [json.loads(frame) for frame in iter(conversation.take, None)]


Until = Callable[[Callable[[], bool]], Any]


@pytest.fixture
def until() -> Until:
    """Waits until something holds."""

    async def until(holds: Callable[[], bool]) -> None:
        while not holds():
            await asyncio.sleep(0.005)

    return until
