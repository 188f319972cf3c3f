"""The socket: frames in, frames out. What they mean is `connection`'s business."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Protocol

from tornado_ml.access import NOBODY, Caller
from tornado_ml.access.allowance import Allowance
from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.known import Codecs
from tornado_ml.connection import Connection
from tornado_ml.conversation.conversation import Backend
from tornado_ml.errors import BadFrame, Overloaded, RateLimited, ShuttingDown, Unauthorized
from tornado_ml.metrics import declarations
from tornado_ml.protocol.events import CLOSE_GOING_AWAY, CLOSE_POLICY_VIOLATION, CLOSE_TRY_AGAIN_LATER, CloseCode
from tornado_ml.server.access_log import SocketLog
from tornado_ml.server.base import SECURITY_HEADERS, Shared
from tornado_ml.server.credentials import find_credential
from tornado_ml.server.frames import binary_frame, text_frame
from tornado_ml.server.metering import Transport, close_label
from tornado_ml.server.outflow import Outflow
from tornado_ml.server.patience import pause
from tornado_ml.server.upgrade import UpgradeHandler
from tornado_ml.traces import Parent

log = logging.getLogger(__name__)

CUT_S = 3.5
"""How long a peer that was given up may take to read what is in the write buffer, and the close frame behind it."""

RETRY_AFTER_S = 5.0
"""When a client that found the service full should come back."""


class Socket(Protocol):
    """One client's place in the registry."""

    @property
    def transport(self) -> Transport:
        """What carries it."""

    @property
    def ended_as(self) -> int:
        """The close code that it ended with."""

    @property
    def connection(self) -> Connection | None:
        """What is said there; None where the peer says nothing, and can be told nothing but what it waits for."""

    @property
    def caller(self) -> Caller:
        """Whose it is."""

    @property
    def has_unsent(self) -> bool:
        """Whether something waits that has not gone to the system yet."""

    def stalled_for(self, now: float) -> float:
        """For how many seconds something has waited while the peer took no byte."""

    def give_up(self, close: CloseCode, why: str) -> None:
        """Close, behind what has been written, and cut the connection soon after."""

    def dismiss(self, close: CloseCode, why: str) -> None:
        """End, for good, what goes on there, and close."""

    def close(self, code: int, reason: str) -> None:
        """Close in good order."""


class SocketRegistry:
    """The open sockets of one service.

    Args:
        backend: what answers.
        codecs: the subprotocols that are spoken.
        max_connections: how many sockets there may be.
        stalled_s: how long a peer may take nothing while something waits for it.
    """

    def __init__(self, backend: Backend, codecs: Codecs, *, max_connections: int, stalled_s: float) -> None:
        self.backend = backend
        self.codecs = codecs
        self._max_connections = max_connections
        self._stalled_s = stalled_s
        self._sockets: dict[Socket, Allowance] = {}

    def admit(self, caller: Caller) -> None:
        """Raises ShuttingDown, Overloaded or RateLimited if no further socket may be opened."""
        if self.backend.service.is_draining:
            raise ShuttingDown
        if len(self._sockets) >= self._max_connections:
            raise Overloaded("Too many connections are open.", retry_after_s=RETRY_AFTER_S)
        self.backend.accounts.allowance(caller).check("connections")

    def add(self, socket: Socket) -> None:
        self._sockets[socket] = allowance = self.backend.accounts.allowance(socket.caller)
        allowance.hold("connections")
        self.backend.metrics.count(declarations.CONNECTIONS_OPENED, socket.transport)

    def log_in(self, socket: Socket, caller: Caller) -> None:
        """A socket turns out to be somebody's. Raises RateLimited if they may have no further one."""
        before, after = self._sockets[socket], self.backend.accounts.allowance(caller)
        before.hold("connections", -1)
        try:
            after.check("connections")
        except RateLimited:
            before.hold("connections")
            raise
        after.hold("connections")
        self._sockets[socket] = after

    def discard(self, socket: Socket) -> None:
        allowance = self._sockets.pop(socket, None)
        if allowance is not None:
            allowance.hold("connections", -1)
            label = close_label(socket.ended_as)
            self.backend.metrics.count(declarations.CONNECTIONS_CLOSED, socket.transport, label)

    def __iter__(self) -> Iterator[Socket]:
        return iter(list(self._sockets))

    def __len__(self) -> int:
        return len(self._sockets)

    async def watch_stalled(self) -> None:
        """Give up sockets whose peer takes nothing. Runs until it is cancelled."""
        while True:
            await pause(self._stalled_s / 20)
            now = asyncio.get_running_loop().time()
            for socket in self:
                if socket.stalled_for(now) >= self._stalled_s:
                    socket.give_up(CLOSE_TRY_AGAIN_LATER, f"its peer took no byte for {self._stalled_s:g} s")

    def goaway(self, reason: str, deadline_s: float) -> None:
        """Tell every client that its connection will be closed."""
        for socket in self:
            if socket.connection is not None:
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

    transport: Transport = "websocket"
    connection: Connection
    _codec: Codec | None
    _outflow: Outflow

    def initialize(self, shared: Shared) -> None:
        super().initialize(shared)
        self.registry = shared.sockets

    def admit_upgrade(self) -> None:
        header = self.request.headers.get("Sec-WebSocket-Protocol", "")
        offered = [name.strip() for name in header.split(",") if name.strip()]
        if offered and self.select_subprotocol(offered) is None:
            spoken = ", ".join(self.registry.codecs.subprotocols)
            raise BadFrame(f"None of the offered subprotocols is spoken here. Offer one of: {spoken}.")

    async def identified(self) -> Caller:
        """Who asks. That may be nobody, for a browser: its socket opens, and is closed with a code that it can read."""
        try:
            return await super().identified()
        except Unauthorized:
            credential = find_credential(self.request)
            is_browsers = "Origin" in self.request.headers if credential is None else credential.is_browsers
            if not is_browsers:
                raise
            return self.caller

    async def get(self, *args: str, **kwargs: str) -> None:
        # Asked here, where nothing is awaited until the socket is open: two cannot have the same last place.
        self.registry.admit(self.caller)
        await super().get(*args, **kwargs)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        offered = list(filter(None, subprotocols))
        self._codec = self.registry.codecs.select(offered)
        return self._codec.subprotocol if offered and self._codec is not None else None

    def open(self, *args: str, **kwargs: str) -> None:
        super().open(*args, **kwargs)
        if self.caller.identity is NOBODY:
            self.count_error(Unauthorized.code)
            self.close(CLOSE_POLICY_VIOLATION.code, "this takes a token that is known here")
            return
        assert self.ws_connection is not None
        assert self.ws_connection.stream is not None
        assert self._codec is not None, "it has been selected"
        self.connection = Connection(
            self.registry.backend,
            self._codec,
            caller=self.caller,
            wake=lambda: self._outflow.send_soon(),
            end=self.give_up,
            parent=Parent.of(self.request.headers),
        )
        frame = binary_frame if self._codec.is_binary else text_frame
        self._outflow = Outflow(self.connection, self.ws_connection.stream, frame, self._may_send)
        self.registry.add(self)
        self._access = SocketLog(self.connection.name, self.caller)
        self._forget_headers()

    def _forget_headers(self) -> None:
        """Those of the handshake: nobody asks for them any more, and a socket may stay for days."""
        self.request.headers.clear()
        for name in SECURITY_HEADERS:
            self.clear_header(name)

    def on_message(self, message: str | bytes) -> None:
        if self.caller.identity is not NOBODY:
            self.connection.receive(message)

    def on_close(self) -> None:
        if not hasattr(self, "connection"):
            return  # it never became a socket; Tornado tells of these too
        self.registry.discard(self)
        self.connection.close()
        self._access.closed(self.ended_as, self.connection.traffic)

    @property
    def has_unsent(self) -> bool:
        return self._outflow.has_unsent

    def stalled_for(self, now: float) -> float:
        return self._outflow.stalled_for(now)

    def give_up(self, close: CloseCode, why: str) -> None:
        """Close, behind what is in the write buffer, and cut the connection soon after."""
        level = logging.WARNING if close is CLOSE_TRY_AGAIN_LATER else logging.INFO
        fields = {"connection": self.connection.name, "code": close.code}
        log.log(level, "Connection %s is given up with %d: %s.", *fields.values(), why, extra=fields)
        self.connection.close()
        self.close(close.code, why)
        self._outflow.cut_after(CUT_S)

    def dismiss(self, close: CloseCode, why: str) -> None:
        self.connection.dismiss(close, why)

    def _may_send(self) -> bool:
        return self.ws_connection is not None and not self.ws_connection.is_closing()
