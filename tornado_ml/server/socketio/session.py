"""One client of Socket.IO, whichever transport carries it. What its requests mean is `connection`'s business."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

from engineio.packet import MESSAGE, NOOP, PING, Packet
from tornado.iostream import IOStream

from tornado_ml.access import NOBODY, Caller
from tornado_ml.access.access import Access
from tornado_ml.codecs.json import decode_json, encode_json
from tornado_ml.connection import Connection
from tornado_ml.errors import BadFrame, ServiceError
from tornado_ml.metrics import declarations
from tornado_ml.protocol.events import (
    CLOSE_NORMAL,
    CLOSE_POLICY_VIOLATION,
    CLOSE_PROTOCOL_ERROR,
    CLOSE_TRY_AGAIN_LATER,
    CloseCode,
)
from tornado_ml.protocol.payloads import Document
from tornado_ml.server.access_log import SocketLog
from tornado_ml.server.frames import text_frame
from tornado_ml.server.metering import Transport
from tornado_ml.server.outflow import Outflow
from tornado_ml.server.socketio.codec import SEPARATOR, SocketIOCodec
from tornado_ml.server.socketio.poll_outflow import PollOutflow
from tornado_ml.server.websocket import CUT_S, SocketRegistry
from tornado_ml.traces import Parent

log = logging.getLogger(__name__)

MAX_JOINS = 8
"""How often a client may ask for a namespace. There is only one, and nothing bounds the refusals of others."""
MAX_NAMESPACE_LENGTH = 128
LOGIN_S = 10.0
"""How long a client may take to say who it is, where that is asked."""


class Engine(Protocol):
    """The library's side of a session: `engineio.AsyncSocket`, as far as it is relied on.

    Attributes:
        queue: the packets that wait for a poll, or for the task that writes them to a websocket; without a bound.
        upgrading: whether polls are answered with nothing, because a websocket is being tried.
        last_ping: when it sent a ping that is not answered, by the wall clock.
        schedule_ping: called when the client is there, and whenever it answers a ping.
    """

    queue: asyncio.Queue[Any]
    upgrading: bool
    last_ping: float | None
    schedule_ping: Any

    async def receive(self, pkt: Packet) -> None: ...
    async def close(self, *, wait: bool, abort: bool) -> None: ...


class WebSocket(Protocol):
    """A socket that carries a session, or may come to."""

    stream: IOStream

    def may_send(self) -> bool: ...
    def close(self, code: int, reason: str) -> None: ...


class Session:
    """The session with one client. It begins with polls, unless a websocket carries it from the start.

    Args:
        engine: the library's side of it.
        caller: whose it is; a stranger may log in on joining the namespace.
        access: finds out who a stranger is.
        registry: counts it among the sockets, and gives it up when it stalls.
        ping_interval_s: how often the client is asked for a sign of life, and how long it may take to give one.
        parent: the span that its handshake belongs to, if it said one.

    Attributes:
        is_polled: whether a poll is under way.
        ended_as: the close code that it ended with, once it has.
    """

    transport: Transport = "socketio"
    ended_as = CLOSE_NORMAL.code

    def __init__(
        self,
        engine: Engine,
        caller: Caller,
        access: Access,
        registry: SocketRegistry,
        ping_interval_s: float,
        parent: Parent | None = None,
    ) -> None:
        self.engine = engine
        self.caller = caller
        self._identify = access.identify
        self._login: asyncio.Task[None] | None = None
        self.is_polled = False
        self.connection = Connection(
            registry.backend,
            SocketIOCodec(self._tell),
            caller=caller,
            wake=lambda: self._outflow.send_soon(),
            end=self.give_up,
            parent=parent,
        )
        self._registry = registry
        self._polls = PollOutflow(self.connection, engine.queue)
        self._outflow: Outflow | PollOutflow = self._polls
        self._websocket: WebSocket | None = None
        self._probe: WebSocket | None = None
        self._join_count = 0
        self._is_closing = False
        self._closing: asyncio.Task[None] | None = None
        self._ping_interval_s = ping_interval_s
        self._timer = asyncio.get_running_loop().call_later(ping_interval_s, self._ping)
        # The library goes by the wall clock, and leaves a sleeping task behind for each session that ends.
        engine.last_ping = None
        engine.schedule_ping = self._pong
        if caller.identity is NOBODY:
            asyncio.get_running_loop().call_later(LOGIN_S, self._send_stranger_away)
        registry.add(self)
        self._access = SocketLog(self.connection.name, caller)

    def receive(self, packet: str) -> str | None:
        """Take a packet of Engine.IO from the client.

        Returns:
            What the library has to see of it; None where that is nothing.
        """
        if self._is_closing:
            return None
        if packet == "3":  # a pong
            return packet
        if packet.startswith(("42", "45")):
            self.connection.receive(packet[1:])
        elif packet.startswith("40"):
            return self._join(packet[2:])
        elif packet in {"1", "41"}:
            self.close(CLOSE_NORMAL.code, "the client has disconnected")
        elif not packet.startswith(("41", "43", "46", "6")):  # what ends or acknowledges what there is not
            self.close(CLOSE_PROTOCOL_ERROR.code, "this is no packet of Socket.IO")
        return None

    def check_polls(self) -> None:
        """Raises BadFrame if a websocket carries the session."""
        if self._websocket is not None:
            raise BadFrame("This session has gone over to a websocket.")

    def begin_poll(self) -> None:
        """The client comes to fetch what waits.

        Raises:
            BadFrame: it may not, or another poll is under way, which ends the session.
        """
        self.check_polls()
        if self.is_polled:
            self.close(CLOSE_PROTOCOL_ERROR.code, "two polls at once")
            raise BadFrame("Another poll of this session is under way.")
        self.is_polled = True
        self._polls.fill()

    def end_poll(self, stream: IOStream, flushed: asyncio.Future[None]) -> None:
        """The poll is answered; `flushed` is done when the answer has gone to the system."""
        self.is_polled = False
        self._polls.answered(stream, flushed)

    def begin_probe(self, websocket: WebSocket) -> None:
        """The client tries whether a websocket gets through; raises BadFrame if it may not."""
        self.check_polls()
        if self._probe is not None or self._is_closing:
            raise BadFrame("This session has a websocket already.")
        self._probe = websocket

    def end_probe(self, websocket: WebSocket) -> None:
        """If it has not got through, polling goes on."""
        if self._probe is websocket:
            self._probe = None
            self.engine.upgrading = False  # the library leaves it so where the socket closed at once

    def carry(self, websocket: WebSocket) -> None:
        """From now on a websocket carries the session."""
        self._probe = None
        self._websocket = websocket
        self._outflow = Outflow(self.connection, websocket.stream, _frames, websocket.may_send)
        self._outflow.send_soon()

    def is_carried_by(self, websocket: WebSocket) -> bool:
        return self._websocket is websocket

    @property
    def has_unsent(self) -> bool:
        return self._outflow.has_unsent

    def stalled_for(self, now: float) -> float:
        return self._outflow.stalled_for(now)

    def give_up(self, close: CloseCode, why: str) -> None:
        """Close, behind what has been written, and cut the connection soon after."""
        level = logging.WARNING if close is CLOSE_TRY_AGAIN_LATER else logging.INFO
        fields = {"connection": self.connection.name, "code": close.code}
        log.log(level, "Connection %s is given up with %d: %s.", *fields.values(), why, extra=fields)
        self._outflow.cut_after(CUT_S)
        self.close(close.code, why)

    def dismiss(self, close: CloseCode, why: str) -> None:
        """End, for good, what goes on there, and close."""
        self.connection.dismiss(close, why)

    def close(self, code: int, reason: str) -> None:
        """Close in good order. Socket.IO knows no reasons: only a websocket is told, by its close frame."""
        if self._is_closing:
            return
        self._stop(code, reason)
        if self._websocket is not None:
            self._websocket.close(code, reason)  # when it has closed the library is told, and tells `gone`
            return
        self.engine.queue.put_nowait(Packet(NOOP))  # a poll that waits is let go
        self._closing = asyncio.ensure_future(self.engine.close(wait=False, abort=True))

    def gone(self) -> None:
        """The session is over."""
        self._stop(CLOSE_NORMAL.code, "its client is gone")
        self._registry.discard(self)

    def _stop(self, code: int, reason: str) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        self.ended_as = code
        self._timer.cancel()
        self.connection.close()
        if self._probe is not None:
            self._probe.close(code, reason)
        self._access.closed(code, self.connection.traffic)

    def _join(self, text: str) -> str | None:
        """What the library has to see of a packet that joins a namespace: not what may be there for a login."""
        namespace = text.partition(",")[0].partition("?")[0] if text.startswith("/") else "/"
        self._join_count += 1
        if self._join_count > MAX_JOINS or len(namespace) > MAX_NAMESPACE_LENGTH:
            self.close(CLOSE_PROTOCOL_ERROR.code, "there is one namespace, /")
            return None
        if namespace == "/" and self.caller.identity is NOBODY:
            self._login = asyncio.ensure_future(self._log_in(text.partition(",")[2] if text.startswith("/") else text))
            return None
        return "40" if namespace == "/" else f"40{namespace},"

    async def _log_in(self, payload: str) -> None:
        """Find out by what a client joins with, `{"token": …}`, who it is, and let it join."""
        try:
            caller = await self._identify(_token_in(payload), self.caller.address)
            if self._is_closing or self.caller.identity is not NOBODY:
                return
            self._registry.log_in(self, caller)
        except ServiceError as error:
            self._registry.backend.metrics.count(declarations.ERRORS, "handshake", error.code)
            refusal = encode_json({"message": str(error)}).decode()
            self.engine.queue.put_nowait(Packet(MESSAGE, f"4{refusal}"))  # CONNECT_ERROR
            return
        self.caller = caller
        self.connection.log_in(caller)
        self._access.identified(caller)
        await self.engine.receive(Packet(encoded_packet="40"))

    def _send_stranger_away(self) -> None:
        if self.caller.identity is NOBODY:
            self.close(CLOSE_POLICY_VIOLATION.code, "this takes a token that is known here")

    def _ping(self) -> None:
        self.engine.queue.put_nowait(Packet(PING))
        self._wait(self._no_pong)

    def _pong(self) -> None:
        if not self._is_closing:
            self._wait(self._ping)

    def _wait(self, then: Any) -> None:
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._ping_interval_s, then)

    def _no_pong(self) -> None:
        self.close(CLOSE_NORMAL.code, "no pong in time")

    def _tell(self, error: Document) -> None:
        fields = {
            "connection": self.connection.name,
            "request_id": error.get("meta", {}).get("request_id"),
            "code": error["data"]["code"],
        }
        text = "Connection %s: %s is answered %s."
        log.info(text, fields["connection"], fields["request_id"] or "a request", fields["code"], extra=fields)


def _frames(payload: bytes) -> bytes:
    """The frames of a websocket that the packets of one answer go in."""
    return b"".join(text_frame(packet) for packet in payload.split(SEPARATOR.encode()))


def _token_in(payload: str) -> str:
    """The token that a client joins with; "", which nobody has, where it shows none."""
    try:
        token = decode_json(payload, max_depth=4)["token"]
    except (BadFrame, KeyError, TypeError):
        return ""
    return token if isinstance(token, str) else ""
