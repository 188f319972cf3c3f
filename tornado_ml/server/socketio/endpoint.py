"""Socket.IO for one service: python-socketio, and who is connected."""

from __future__ import annotations

import logging
from typing import Any

import socketio
from tornado.routing import PathMatches, Rule

from tornado_ml.access import NOBODY, Caller
from tornado_ml.errors import BadFrame
from tornado_ml.server.base import Shared
from tornado_ml.server.socketio.session import Session
from tornado_ml.server.socketio.transports import PATTERN, IsWebSocket, PollHandler, Transport, WebSocketHandler
from tornado_ml.traces import Parent

PING_GRACE_S = 1
"""The library tells clients whole seconds, rounded down."""

library_log = logging.getLogger(f"{__name__}.library")


class Endpoint:
    """Has the library open, ping, upgrade and close sessions and refuse namespaces. Events never reach it: it knows no
    bounds for them. It keeps no task of its own running.
    """

    def __init__(self, shared: Shared) -> None:
        server = shared.settings.server
        self._shared = shared
        self._ping_interval_s = server.ping_interval_s
        self._sessions: dict[str, Session] = {}
        self.registry = shared.sockets
        library_log.setLevel(logging.ERROR)  # at the next level it writes down what clients send
        self._library = socketio.AsyncServer(
            async_mode="tornado",
            namespaces=["/"],
            monitor_clients=False,  # the registry does
            cors_allowed_origins=[],  # the guard has judged
            http_compression=False,
            ping_interval=(server.ping_interval_s, PING_GRACE_S),
            ping_timeout=server.ping_interval_s,
            max_http_buffer_size=server.max_message_bytes,
            logger=library_log,
            engineio_logger=library_log,
        )
        engine = self._library.eio
        self._library_connected = engine.handlers["connect"]
        self._library_disconnected = engine.handlers["disconnect"]
        engine.on("connect", self._connected)
        engine.on("disconnect", self._disconnected)

    def rules(self) -> list[Rule]:
        """What the URL map has for it."""
        options = {"shared": self._shared, "endpoint": self}
        return [Rule(IsWebSocket(), WebSocketHandler, options), Rule(PathMatches(PATTERN), PollHandler, options)]

    def find(self, id: str, caller: Caller) -> Session:
        """The session with this id; raises BadFrame if there is none, or it is somebody else's.

        Python's client shows its token when it begins, and no more: the id, which is as hard to guess, says enough.
        """
        session = self._sessions.get(id)
        if session is None or (caller.identity is not NOBODY and caller.identity != session.caller.identity):
            raise BadFrame("There is no such session.")
        return session

    async def answer(self, transport: Transport) -> None:
        """Have the library answer a request, for as long as that takes."""
        await self._library.handle_request(transport)

    async def _connected(self, id: str, environ: dict[str, Any]) -> None:
        await self._library_connected(id, {})  # it would keep the request for as long as the session lasts
        transport = environ["tornado.handler"]
        session = Session(
            self._library.eio.sockets[id],
            transport.caller,
            self._shared.access,
            self.registry,
            self._ping_interval_s,
            Parent.of(transport.request.headers),
        )
        self._sessions[id] = session
        transport.session = session
        if isinstance(transport, WebSocketHandler):
            session.carry(transport)

    async def _disconnected(self, id: str, reason: str) -> None:
        await self._library_disconnected(id, reason)
        self._library.eio.sockets.pop(id, None)
        session = self._sessions.pop(id, None)
        if session is not None:
            session.gone()
