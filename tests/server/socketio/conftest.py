"""Clients of Socket.IO: the real one, and two that speak Engine.IO packet by packet."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import socketio
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tornado_ml.server.base import Shared


class Client:
    """A client as a script has it, which remembers what it was told."""

    def __init__(self, url: str) -> None:
        self.sio = socketio.AsyncClient(handle_sigint=False, reconnection=False)
        self.sio.on("*", self._told)
        self._url = url
        self._events: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()

    async def connect(self, *transports: str, **options: Any) -> Client:
        options = {"wait_timeout": 20, **options}
        await self.sio.connect(self._url, transports=list(transports) or None, **options)
        return self

    async def ask(self, model: str, data: Any) -> None:
        await self.sio.emit("prediction_request", request(model, data))

    async def call(self, *arguments: Any, event: str = "prediction_request") -> Any:
        """What the acknowledgement says."""
        return await self.sio.call(event, arguments if len(arguments) != 1 else arguments[0], timeout=20)

    async def event(self) -> tuple[Any, ...]:
        """The next event: its name, and what it carries."""
        async with asyncio.timeout(20):
            return await self._events.get()

    async def disconnect(self) -> None:
        await self.sio.disconnect()

    async def _told(self, event: str, *arguments: Any) -> None:
        self._events.put_nowait((event, *arguments))


class Poller:
    """Speaks Engine.IO by polling."""

    def __init__(self, url: str, http: AsyncHTTPClient) -> None:
        self.url = f"{url}/socket.io/?EIO=4&transport=polling"
        self._http = http

    async def fetch(self, url: str, **options: Any) -> HTTPResponse:
        return await self._http.fetch(url, raise_error=False, **options)

    async def open(self) -> Poller:
        (packet,) = await self.poll()
        assert packet[0] == "0"
        self.opened = json.loads(packet[1:])
        self.url += f"&sid={self.opened['sid']}"
        return self

    async def join(self) -> Poller:
        await self.open()
        await self.send("40")
        (packet,) = await self.poll()
        assert packet.startswith('40{"sid":')
        return self

    async def poll(self) -> list[str]:
        response = await self.fetch(self.url)
        assert response.code == 200, response.body
        return response.body.decode().split("\x1e")

    async def send(self, *packets: str) -> HTTPResponse:
        return await self.fetch(self.url, method="POST", body="\x1e".join(packets))


class SocketPeer:
    """Speaks Engine.IO over a websocket."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self._is_closed = False

    async def join(self) -> SocketPeer:
        assert (await self.read())[0] == "0"
        await self.send("40")
        assert (await self.read()).startswith('40{"sid":')
        return self

    async def send(self, *packets: str | bytes) -> None:
        for packet in packets:
            await self.socket.write_message(packet, binary=isinstance(packet, bytes))

    async def read(self) -> str:
        """The next packet that means something."""
        packet: Any = "6"
        while packet == "6":
            packet = await self.socket.read_message()
        assert isinstance(packet, str), f"closed with {self.socket.close_code}"
        return packet

    async def closed(self) -> int | None:
        """With which code the service closes it."""
        while not self._is_closed:
            self._is_closed = await self.socket.read_message() is None
        return self.socket.close_code


def request(model: str, data: Any) -> dict[str, Any]:
    return {"model_qualified_name": model, "input_data": data}


@pytest.fixture
def event() -> Callable[..., str]:
    """Makes the packet of an event."""
    return lambda *arguments: "42" + json.dumps(arguments)


@pytest.fixture
def asking() -> Callable[..., str]:
    """Makes the packet of a prediction_request."""
    return lambda model, data: "42" + json.dumps(["prediction_request", request(model, data)])


@pytest.fixture
def clients(io_loop: IOLoop, http_server: Any, base_url: str) -> Iterator[Callable[..., Awaitable[Client]]]:
    """Connects clients, which are disconnected at the end."""
    made: list[Client] = []

    async def connect(*transports: str, **options: Any) -> Client:
        made.append(Client(base_url))
        return await made[-1].connect(*transports, **options)

    async def close() -> None:
        for client in made:
            await client.disconnect()

    yield connect
    io_loop.run_sync(close)


@pytest.fixture
def poller(http_server: Any, base_url: str, http_client: AsyncHTTPClient) -> Poller:
    return Poller(base_url, http_client)


@pytest.fixture
def open_socket(io_loop: IOLoop, http_server: Any, http_port: int) -> Iterator[Callable[..., Awaitable[SocketPeer]]]:
    """Opens websockets; the query may say more, such as whose session it is."""
    peers: list[SocketPeer] = []

    async def connect(query: str = "EIO=4") -> SocketPeer:
        url = f"ws://127.0.0.1:{http_port}/socket.io/?transport=websocket&{query}"
        peers.append(SocketPeer(await websocket_connect(url)))
        return peers[-1]

    async def close() -> None:
        for peer in peers:
            peer.socket.close()
            await peer.closed()

    yield connect
    io_loop.run_sync(close)


@pytest.fixture
def until_gone(shared: Shared) -> Callable[[], Awaitable[None]]:
    """Waits until nobody is connected."""

    async def wait() -> None:
        deadline = time.monotonic() + 20
        while len(shared.sockets):
            assert time.monotonic() < deadline, "somebody is still there"
            await asyncio.sleep(0.01)

    return wait
