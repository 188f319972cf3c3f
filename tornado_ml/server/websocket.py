"""The socket: frames in, frames out. What they mean is `connection`'s business."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from tornado.iostream import IOStream, StreamClosedError

from tornado_ml.codecs.base import Codec
from tornado_ml.connection import Connection
from tornado_ml.conversation.conversation import Backend
from tornado_ml.errors import BadFrame, Overloaded, ShuttingDown
from tornado_ml.protocol.events import CLOSE_GOING_AWAY, CLOSE_TRY_AGAIN_LATER, CloseCode
from tornado_ml.server import tcp
from tornado_ml.server.base import Shared
from tornado_ml.server.frames import binary_frame, text_frame
from tornado_ml.server.upgrade import UpgradeHandler

log = logging.getLogger(__name__)

MAX_UNFLUSHED_BYTES = 65536
"""How much is handed to Tornado's write buffer before the rest waits in the outbox, where it is bounded."""

CUT_S = 3.5
"""How long a peer that was given up may take to read what is in the write buffer, and the close frame behind it."""

RETRY_AFTER_S = 5.0
"""When a client that found the service full should come back."""


class Socket(Protocol):
    """One client's place in the registry."""

    connection: Connection

    @property
    def has_unsent(self) -> bool:
        """Whether something waits that has not gone to the system yet."""

    def stalled_for(self, now: float) -> float:
        """For how many seconds something has waited while the peer took no byte."""

    def give_up(self, close: CloseCode, why: str) -> None:
        """Close, behind what has been written, and cut the connection soon after."""

    def close(self, code: int, reason: str) -> None:
        """Close in good order."""


class SocketRegistry:
    """The open sockets of one service.

    Args:
        backend: what answers.
        codecs: the subprotocols that are spoken; the first is also what a client gets that offers none.
        max_connections: how many sockets there may be.
        stalled_s: how long a peer may take nothing while something waits for it.
    """

    def __init__(self, backend: Backend, codecs: Sequence[Codec], *, max_connections: int, stalled_s: float) -> None:
        self.backend = backend
        self.codecs = {codec.subprotocol: codec for codec in codecs}
        self.default_codec = codecs[0]
        self._max_connections = max_connections
        self._stalled_s = stalled_s
        self._sockets: set[Socket] = set()

    def admit(self) -> None:
        """Raises ShuttingDown or Overloaded if no further socket may be opened."""
        if self.backend.service.is_draining:
            raise ShuttingDown
        if len(self._sockets) >= self._max_connections:
            raise Overloaded("Too many connections are open.", retry_after_s=RETRY_AFTER_S)

    def add(self, socket: Socket) -> None:
        self._sockets.add(socket)

    def discard(self, socket: Socket) -> None:
        self._sockets.discard(socket)

    def __iter__(self) -> Iterator[Socket]:
        return iter(list(self._sockets))

    def __len__(self) -> int:
        return len(self._sockets)

    async def watch_stalled(self) -> None:
        """Give up sockets whose peer takes nothing. Runs until it is cancelled."""
        while True:
            await asyncio.sleep(self._stalled_s / 20)
            now = asyncio.get_running_loop().time()
            for socket in self:
                if socket.stalled_for(now) >= self._stalled_s:
                    socket.give_up(CLOSE_TRY_AGAIN_LATER, f"its peer took no byte for {self._stalled_s:g} s")

    def goaway(self, reason: str, deadline_s: float) -> None:
        """Tell every client that its connection will be closed."""
        for socket in self:
            socket.connection.goaway(reason, deadline_s)

    async def close(self, timeout_s: float) -> None:
        """Send what waits, close every socket with 1001, and wait for the clients to agree."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and any(socket.has_unsent for socket in self):
            await asyncio.sleep(0.01)
        for socket in self:
            socket.close(CLOSE_GOING_AWAY.code, "the service is stopping")
        while time.monotonic() < deadline and self._sockets:
            await asyncio.sleep(0.01)


class SocketHandler(UpgradeHandler):
    """One socket."""

    connection: Connection
    _stream: IOStream

    def initialize(self, shared: Shared) -> None:
        super().initialize(shared)
        self.registry = shared.sockets
        self._loop = asyncio.get_running_loop()
        self._will_send = False
        self._unflushed_bytes = 0
        self._acknowledged_bytes = 0
        self._waits_since: float | None = None

    def admit_upgrade(self) -> None:
        header = self.request.headers.get("Sec-WebSocket-Protocol", "")
        offered = [name.strip() for name in header.split(",") if name.strip()]
        if offered and self.select_subprotocol(offered) is None:
            spoken = ", ".join(self.registry.codecs)
            raise BadFrame(f"None of the offered subprotocols is spoken here. Offer one of: {spoken}.")

    async def get(self, *args: str, **kwargs: str) -> None:
        # Asked here, where nothing is awaited until the socket is open: two cannot have the same last place.
        self.registry.admit()
        await super().get(*args, **kwargs)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return next((name for name in subprotocols if name in self.registry.codecs), None)

    def open(self, *args: str, **kwargs: str) -> None:
        super().open(*args, **kwargs)
        assert self.ws_connection is not None
        assert self.ws_connection.stream is not None
        self._stream = self.ws_connection.stream
        codec = self.registry.codecs.get(self.selected_subprotocol or "", self.registry.default_codec)
        self._frame = binary_frame if codec.is_binary else text_frame
        self.connection = Connection(self.registry.backend, codec, wake=self._send_soon, end=self.give_up)
        self.registry.add(self)
        log.debug("Connection %s is open.", self.connection.name)

    def on_message(self, message: str | bytes) -> None:
        self.connection.receive(message)

    def on_close(self) -> None:
        if not hasattr(self, "connection"):
            return  # it never became a socket; Tornado tells of these too
        self.registry.discard(self)
        self.connection.close()
        log.debug("Connection %s is closed: %s %s", self.connection.name, self.close_code, self.close_reason or "")

    @property
    def has_unsent(self) -> bool:
        return self._unflushed_bytes > 0 or self.connection.outgoing_bytes > 0

    def stalled_for(self, now: float) -> float:
        """For how many seconds something has waited while the peer took no byte.

        Where the system does not tell what the peer's TCP has acknowledged, only what does not fit into the kernel's
        buffer counts as waiting, and a peer that reads so slowly that no frame is flushed for `stalled_s` as stalled.
        """
        if self._waits_since is None:
            return 0
        known = None if self._stream.closed() else tcp.progress(self._stream.socket)
        if not (self._unflushed_bytes or (known is not None and known.has_unacknowledged)):
            self._waits_since = None
            return 0
        if known is not None and known.acknowledged_bytes != self._acknowledged_bytes:
            self._acknowledged_bytes = known.acknowledged_bytes
            self._waits_since = now
        return now - self._waits_since

    def give_up(self, close: CloseCode, why: str) -> None:
        """Close, behind what is in the write buffer, and cut the connection soon after."""
        level = logging.WARNING if close is CLOSE_TRY_AGAIN_LATER else logging.INFO
        log.log(level, "Connection %s is given up with %d: %s.", self.connection.name, close.code, why)
        self.connection.close()
        self._waits_since = None
        self.close(close.code, why)
        self._loop.call_later(CUT_S, self._cut)

    def _send_soon(self) -> None:
        """Send what waits at the end of this turn of the loop, so that what comes together goes together."""
        if self.connection.outgoing_bytes >= MAX_UNFLUSHED_BYTES:
            self._send_waiting()  # so that several large answers in one turn do not count as left lying
        elif not self._will_send:
            self._will_send = True
            self._loop.call_soon(self._send_waiting)

    def _cut(self) -> None:
        if not self._stream.closed():
            tcp.abort_on_close(self._stream.socket)
            self._stream.close()

    def _send_waiting(self) -> None:
        self._will_send = False
        if self.ws_connection is None or self.ws_connection.is_closing():
            return
        frames: list[bytes] = []
        size = self._unflushed_bytes
        while size < MAX_UNFLUSHED_BYTES and (payload := self.connection.take()) is not None:
            frames.append(self._frame(payload))
            size += len(payload)
        if not frames:
            return
        try:
            flushed = self._stream.write(b"".join(frames))
        except StreamClosedError:
            return  # on_close says so
        if self._waits_since is None:
            self._waits_since = self._loop.time()
        if not flushed.done():
            self._unflushed_bytes = size
            flushed.add_done_callback(self._flushed)
        elif self.connection.outgoing_bytes > 0:
            self._send_soon()

    def _flushed(self, future: asyncio.Future[None]) -> None:
        if future.cancelled() or future.exception() is not None:
            return  # the connection is closed, and on_close says so
        if not self._stream.writing():
            self._unflushed_bytes = 0
        self._waits_since = self._loop.time()
        self._send_waiting()
