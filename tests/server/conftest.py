"""A socket to the service of this process, as a plain client has it."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgpack
import pytest
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tornado_ml import PushSource
from tornado_ml.access import token_file
from tornado_ml.access.token_file import TokenRecord
from tornado_ml.server.base import Shared
from tornado_ml.testing import RunningServer

MAX_STEP_S = 0.03
"""How much the clock of a `steady` loop goes on at most from one look at it to the next."""


@pytest.fixture
def steady(io_loop: IOLoop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lets the loop's clock leave out for how long the process stands still: by that, whoever is quick enough for a
    short timeout would miss it.
    """
    loop: asyncio.AbstractEventLoop = io_loop.asyncio_loop  # type: ignore[attr-defined]
    real_time = loop.time
    seen = now = real_time()

    def passed() -> float:
        nonlocal seen, now
        before, seen = seen, real_time()
        now += min(seen - before, MAX_STEP_S)
        return now

    async def tick() -> None:
        while True:
            await asyncio.sleep(MAX_STEP_S / 3)

    async def begin() -> asyncio.Task[None]:
        return asyncio.create_task(tick())

    async def end() -> None:
        ticking.cancel()
        await asyncio.wait([ticking])

    monkeypatch.setattr(loop, "time", passed)
    ticking = io_loop.run_sync(begin)
    yield
    io_loop.run_sync(end)


class Peer:
    """A client that sends frames and reads frames."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self.is_binary = socket.selected_subprotocol == "tornado-ml.v1.msgpack"
        self.is_closed = False

    def encoded(self, document: Any) -> str | bytes:
        """The frame of a document; this client's encoders write NaN too."""
        frame: str | bytes = msgpack.packb(document) if self.is_binary else json.dumps(document)
        return frame

    async def send(self, document: Any) -> None:
        frame = document if isinstance(document, str | bytes) else self.encoded(document)
        await self.socket.write_message(frame, binary=isinstance(frame, bytes))

    async def read(self) -> dict[str, Any]:
        frame = await self.socket.read_message()
        self.is_closed = frame is None
        assert frame is not None, f"closed with {self.socket.close_code}"
        assert isinstance(frame, bytes) is self.is_binary
        document: dict[str, Any] = json.loads(frame) if isinstance(frame, str) else msgpack.unpackb(frame)
        return document

    async def ask(self, document: Any) -> dict[str, Any]:
        await self.send(document)
        return await self.read()

    async def closed(self) -> int | None:
        """Reads to the end, and returns the code that the service has closed with."""
        while await self.socket.read_message() is not None:
            pass
        self.is_closed = True
        self.socket.close()
        return self.socket.close_code

    async def close(self) -> None:
        """Returns when both sides have closed."""
        if self.is_closed:
            return
        self.is_closed = True
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


class TokenBook:
    """The token file of a service, and the tokens themselves."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tokens: dict[str, str] = {}
        self.add("ann", "predict:*")

    @property
    def settings_text(self) -> str:
        return f'[auth]\ntokens = "{self.path}"\n'

    def add(self, name: str, *scopes: str, expires: datetime | None = None) -> str:
        token = self.tokens[name] = token_file.new_token()
        with token_file.changing(self.path) as records:
            now = datetime.now(UTC)
            records[name] = TokenRecord(name, token_file.hash_of(token), frozenset(scopes), now, expires)
        return token

    def revoke(self, name: str) -> None:
        with token_file.changing(self.path) as records:
            del records[name]

    def headers(self, name: str = "ann") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def subprotocol(self, name: str = "ann") -> str:
        return f"tornado-ml.bearer.{base64.urlsafe_b64encode(self.tokens[name].encode()).decode().rstrip('=')}"

    def cookie(self, name: str = "ann") -> dict[str, str]:
        return {"Cookie": f"tornado-ml-token={self.tokens[name]}"}


@pytest.fixture
def book(tmp_path: Path) -> TokenBook:
    """Of a service that asks for tokens, if a module has its `settings_text` fixture give `book.settings_text`."""
    return TokenBook(tmp_path / "tokens.toml")


class EventReader:
    """A client of server-sent events on a bare connection, which reads only when it is told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._buffer = b""
        self._connection = socket.socket()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.comments = 0

    async def ask(self, path: str, body: Any = None, *, receive_bytes: int | None = None, **headers: str) -> None:
        """Send a request, a POST if there is a body, and read nothing yet."""
        connection = self._connection
        if receive_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self._port))
        self._reader, self._writer = await asyncio.open_connection(sock=connection, limit=receive_bytes or 65536)
        text = "" if body is None else json.dumps(body)
        lines = [
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Content-Length: {len(text)}",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", text]).encode())

    async def head(self) -> None:
        """Read the head of the answer."""
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:-1])}

    async def event(self) -> tuple[str, int, Any] | None:
        """Name, id and data of the next event; None at the end."""
        if not self.status:
            await self.head()
        while b"\n\n" not in self._buffer:
            size = int(await self._reader.readline(), 16)
            self._buffer += (await self._reader.readexactly(size + 2))[:-2]
            if size == 0:
                assert self._buffer == b""
                return None
        text, _, self._buffer = self._buffer.partition(b"\n\n")
        if text.startswith(b":"):
            self.comments += 1
            return await self.event()
        (event, id, data) = (line.partition(": ") for line in text.decode().split("\n"))
        assert (event[0], id[0], data[0]) == ("event", "id", "data")
        return event[2], int(id[2]), json.loads(data[2])

    def hurry(self) -> None:
        """Read quickly from now on, whatever the receive buffer was."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)

    async def all(self) -> list[tuple[str, int, Any]]:
        """All further events."""
        found = []
        while (event := await self.event()) is not None:
            found.append(event)
        return found

    async def document(self) -> Any:
        """The JSON document that is the answer."""
        await self.head()
        return json.loads(await self._reader.readexactly(int(self.headers["content-length"])))

    async def is_cut(self) -> bool:
        """Whether the connection ends without an end of the answer."""
        try:
            await self.all()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            return True
        return False

    async def close(self) -> None:
        if hasattr(self, "_writer"):
            self._writer.transport.abort()
        self._connection.close()


@pytest.fixture
def event_reader(io_loop: IOLoop, http_server: Any, http_port: int) -> Iterator[Callable[[], EventReader]]:
    """Makes clients of server-sent events, which are closed at the end."""
    readers: list[EventReader] = []

    def make() -> EventReader:
        readers.append(EventReader(http_port))
        return readers[-1]

    async def close_all() -> None:
        for reader in readers:
            await reader.close()

    yield make
    io_loop.run_sync(close_all)


@pytest.fixture
def nothing_is_left(shared: Shared) -> Callable[[], Any]:
    """Returns when no connection, no source and no request is left."""

    async def wait() -> None:
        async with asyncio.timeout(20):
            while (
                len(shared.sockets)
                or shared.backend.feeds.running_count
                or shared.backend.feeds.subscriber_count
                or shared.service.open_count
            ):
                await asyncio.sleep(0.005)

    return wait


@pytest.fixture
def pushed(shared: Shared) -> Callable[[], Any]:
    """The source that a test pushes into, once somebody listens."""

    async def listened_to() -> PushSource:
        (source,) = [one for one in shared.backend.feeds.sources_of("echo") if one.name == "pushed"]
        assert isinstance(source, PushSource)
        async with asyncio.timeout(20):
            while not source._readers:
                await asyncio.sleep(0.005)
        return source

    return listened_to


def resident_bytes(server: RunningServer) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


class Watch:
    """How much more memory the service has held at most since."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._before_bytes = resident_bytes(server)
        self._most_bytes = self._before_bytes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def cost_bytes(self) -> int:
        self.end()
        return self._most_bytes - self._before_bytes

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            self._most_bytes = max(self._most_bytes, resident_bytes(self._server))


@pytest.fixture
def watch_memory() -> Iterator[Callable[[RunningServer], Watch]]:
    """Looks how much memory a service holds, from now on until it is asked."""
    with ExitStack() as stack:

        def watch(server: RunningServer) -> Watch:
            made = Watch(server)
            stack.callback(made.end)
            return made

        yield watch
