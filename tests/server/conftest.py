"""A socket to the service of this process, as a plain client has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import pytest
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect


class Peer:
    """A client that sends frames and reads frames."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self.is_binary = socket.selected_subprotocol == "tornado-ml.v1.msgpack"
        self._is_closed = False

    def encoded(self, document: Any) -> str | bytes:
        """The frame of a document; this client's encoders write NaN too."""
        frame: str | bytes = msgpack.packb(document) if self.is_binary else json.dumps(document)
        return frame

    async def send(self, document: Any) -> None:
        frame = document if isinstance(document, str | bytes) else self.encoded(document)
        await self.socket.write_message(frame, binary=isinstance(frame, bytes))

    async def read(self) -> dict[str, Any]:
        frame = await self.socket.read_message()
        assert frame is not None, f"closed with {self.socket.close_code}"
        assert isinstance(frame, bytes) is self.is_binary
        document: dict[str, Any] = json.loads(frame) if isinstance(frame, str) else msgpack.unpackb(frame)
        return document

    async def ask(self, document: Any) -> dict[str, Any]:
        await self.send(document)
        return await self.read()

    async def close(self) -> None:
        """Returns when both sides have closed."""
        if self._is_closed:
            return
        self._is_closed = True
        self.socket.close()
        while await self.socket.read_message() is not None:
            pass


def request(model: str, data: Any, id: Any = None, **meta: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "event": "prediction_request",
        "data": {"model_qualified_name": model, "input_data": data},
    }
    if id is not None:
        document["id"] = id
    if meta:
        document["meta"] = meta
    return document


@pytest.fixture
def ask() -> Callable[..., dict[str, Any]]:
    """Makes a `prediction_request`."""
    return request


@pytest.fixture
def connect(io_loop: IOLoop, socket_url: str) -> Iterator[Callable[..., Any]]:
    """Opens sockets, which are closed at the end."""
    peers: list[Peer] = []

    async def open_one(**options: Any) -> Peer:
        peer = Peer(await websocket_connect(socket_url, **options))
        peers.append(peer)
        return peer

    async def close_all() -> None:
        for peer in peers:
            await peer.close()

    yield open_one
    io_loop.run_sync(close_all)
