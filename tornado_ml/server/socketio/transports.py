"""What carries a session: polls and websockets, each a Tornado handler that python-engineio works through."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from engineio.packet import Packet
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream, StreamClosedError
from tornado.routing import PathMatches

from tornado_ml.access import Caller
from tornado_ml.errors import BadFrame, BodyTooLarge, Unauthorized
from tornado_ml.protocol.events import CLOSE_MESSAGE_TOO_BIG, CLOSE_NORMAL, CLOSE_PROTOCOL_ERROR
from tornado_ml.server.base import GuardedHandler, Shared
from tornado_ml.server.frames import text_frame
from tornado_ml.server.socketio.codec import SEPARATOR
from tornado_ml.server.socketio.session import Session
from tornado_ml.server.upgrade import UpgradeHandler

if TYPE_CHECKING:
    from tornado_ml.server.socketio.endpoint import Endpoint

log = logging.getLogger(__name__)

PATTERN = r"/socket\.io/"
PROBE_S = 10.0
"""How long a websocket may be tried before it carries the session."""


class IsWebSocket(PathMatches):
    """Whether a request asks for the transport `websocket`."""

    def __init__(self) -> None:
        super().__init__(PATTERN)

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        wants = request.query_arguments.get("transport") == [b"websocket"]
        return super().match(request) if wants else None


class Transport(GuardedHandler):
    """A request to `/socket.io/`.

    Attributes:
        session: whose it is; for one that begins a session, set by the endpoint.
    """

    session: Session | None = None

    def initialize(self, shared: Shared, endpoint: Endpoint | None = None) -> None:
        super().initialize(shared)
        assert endpoint is not None
        self.endpoint = endpoint

    def admit(self) -> None:
        super().admit()
        if self.said("j"):
            raise BadFrame("Engine.IO is spoken here without JSONP.")

    async def identified(self) -> Caller:
        """Who asks. That may be nobody yet, who says it on joining the namespace; but a header is right or wrong."""
        try:
            return await super().identified()
        except Unauthorized:
            if "Authorization" in self.request.headers:
                raise
            return self.caller

    def find_session(self) -> Session | None:
        """The session that the request names; None if it begins one.

        Raises:
            BadFrame: there is no such session, or this is not the protocol that is spoken here.
        """
        id = self.said("sid")
        if id is not None:
            return self.endpoint.find(id, self.caller)
        if (version := self.said("EIO") or "") != "4":
            raise BadFrame(
                f"This client speaks version {version[:10]!r} of Engine.IO, and here it is 4: use python-socketio 5 or"
                " socket.io-client 3 or 4."
            )
        return None

    def said(self, name: str) -> str | None:
        """A parameter of the query, as it stands there: the library reads it once more.

        Raises:
            BadFrame: it is said more than once, so that each might mean another one.
        """
        values = self.request.query_arguments.get(name, [])
        if len(values) > 1:
            raise BadFrame(f"The query says {name} more than once.")
        return values[0].decode(errors="replace") if values else None


class PollHandler(Transport):
    """GET fetches what waits, or waits for it; POST brings packets."""

    def initialize(self, shared: Shared, endpoint: Endpoint | None = None) -> None:
        super().initialize(shared, endpoint)
        self.max_body_bytes = shared.settings.server.max_message_bytes
        self._stream: IOStream = self.request.connection.stream  # type: ignore[union-attr]
        self._poll: asyncio.Future[None] | None = None

    def admit(self) -> None:
        super().admit()
        if self.said("transport") not in {None, "polling"}:
            raise BadFrame("Engine.IO is carried here by polling or by a websocket.")
        if self.request.headers.get("Upgrade", "").lower() == "websocket":
            raise BadFrame("A websocket has the query transport=websocket.")

    def allowed_methods(self) -> list[str]:
        return ["GET", "POST"]

    async def get(self) -> None:
        session = self.find_session()
        if session is None:
            self.endpoint.registry.admit(self.caller)
        else:
            session.begin_poll()
            self.session = session
        self.set_header("Cache-Control", "no-store")
        self._poll = asyncio.ensure_future(self.endpoint.answer(self))
        await self._poll

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> asyncio.Future[None]:
        flushed = super().finish(chunk)
        if self._poll is not None and self.session is not None:
            self.session.end_poll(self._stream, flushed)
        return flushed

    def on_connection_close(self) -> None:
        """A client that gave up its poll: by Engine.IO that ends the session, which the library does."""
        super().on_connection_close()
        if self._poll is not None:
            self._poll.cancel()

    async def post(self) -> None:
        session = self.find_session()
        if session is None:
            raise BadFrame("This names no session.")
        session.check_polls()
        try:
            packets = self.body().decode().split(SEPARATOR)
        except BodyTooLarge:
            session.close(CLOSE_MESSAGE_TOO_BIG.code, "message too big")
            raise
        except UnicodeDecodeError as error:
            session.close(CLOSE_PROTOCOL_ERROR.code, "this is no UTF-8")
            raise BadFrame("This is no UTF-8.") from error
        for packet in packets:
            # Binary data belongs to an event that is refused.
            rest = None if packet.startswith("b") else session.receive(packet)
            if rest is not None:
                await session.engine.receive(Packet(encoded_packet=rest))
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        await self.finish("ok")


class WebSocketHandler(Transport, UpgradeHandler):
    """A websocket that begins a session, or takes over one that polls."""

    stream: IOStream

    def initialize(self, shared: Shared, endpoint: Endpoint | None = None) -> None:
        super().initialize(shared, endpoint)
        self._incoming: asyncio.Queue[str | None] = asyncio.Queue()
        self._awaited = "2probe"
        self._running: asyncio.Future[None] | None = None

    def admit_upgrade(self) -> None:
        self.session = self.find_session()

    async def get(self, *args: str, **kwargs: str) -> None:
        if self.session is None:
            self.endpoint.registry.admit(self.caller)
        else:
            self.session.begin_probe(self)
        try:
            await super().get(*args, **kwargs)
        finally:
            if self._running is None and self.session is not None:
                self.session.end_probe(self)

    def open(self, *args: str, **kwargs: str) -> None:
        super().open(*args, **kwargs)
        assert self.ws_connection is not None
        assert self.ws_connection.stream is not None
        self.stream = self.ws_connection.stream
        self._running = asyncio.ensure_future(self._run())
        if self.session is not None:
            asyncio.get_running_loop().call_later(PROBE_S, self._end_probe, self.session)

    def on_message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            return  # it belongs to an event that is refused
        if self.session is None:
            self.close(CLOSE_PROTOCOL_ERROR.code, "the service speaks first")
        elif self.session.is_carried_by(self):
            if (rest := self.session.receive(message)) is not None:
                self._incoming.put_nowait(rest)
        elif message != self._awaited:
            self.close(CLOSE_PROTOCOL_ERROR.code, "this is no upgrade")
        else:
            self._incoming.put_nowait(message)
            if message == "5":
                self.session.carry(self)
            self._awaited = "5"

    def on_close(self) -> None:
        self._incoming.put_nowait(None)

    async def get_next_message(self) -> str | None:
        """What the library has to see; None when the websocket has closed."""
        return await self._incoming.get()

    def write_message(self, message: str | bytes | dict[str, Any], binary: bool = False) -> asyncio.Future[None]:
        """Write what the library itself has to say, which is little."""
        assert isinstance(message, str)
        with contextlib.suppress(StreamClosedError):  # on_close says so
            if self.may_send():
                return self.stream.write(text_frame(message.encode()))
        nothing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        nothing.set_result(None)
        return nothing

    def may_send(self) -> bool:
        return self.ws_connection is not None and not self.ws_connection.is_closing()

    async def _run(self) -> None:
        try:
            await self.endpoint.answer(self)
        except Exception:
            log.exception("A websocket of Socket.IO failed.")
        finally:
            if self.session is not None:
                self.session.end_probe(self)
            self.close(CLOSE_NORMAL.code)

    def _end_probe(self, session: Session) -> None:
        if not session.is_carried_by(self):
            self.close(CLOSE_NORMAL.code, "this was not used")
