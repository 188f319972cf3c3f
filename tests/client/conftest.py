"""A client's conversation, a bad line between a client and the service of the test, and a model that waits for it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, ClassVar

import pytest
from tornado.ioloop import IOLoop

from tornado_ml import MLModel
from tornado_ml.client.conversation import ClientConversation
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.models.manager import Recipe, Registration
from tornado_ml.server.base import Shared


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


class Gate(MLModel):
    """Answers with its input, but not before the gate is open."""

    executor = "thread"
    qualified_name, display_name, description = "gate", "Gate", ""
    major_version, minor_version = 1, 0
    input_schema: Any = {}
    output_schema: Any = {}
    is_open: ClassVar = threading.Event()

    def predict(self, data: Any) -> Any:
        self.is_open.wait()
        return data


@pytest.fixture
def gate(io_loop: IOLoop, shared: Shared) -> Iterator[threading.Event]:
    """What the model `gate` of the service waits for."""
    Gate.is_open.clear()
    registration = Registration("tests", Gate, Recipe("directory", "tests", "nowhere.py", 0))
    io_loop.run_sync(lambda: shared.manager.load([registration]))
    yield Gate.is_open
    Gate.is_open.set()


@pytest.fixture
def endless() -> dict[str, Any]:
    """What has the model `counter` count until it is told to stop."""
    return {"to": 1_000_000, "seconds": 0.01}


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
