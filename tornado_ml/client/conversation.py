"""A client's side of the conversation: what it has asked, what was sent, and what the service is known to have. No I/O.

A shell writes what `take` gives, hands what it reads to `receive`, and says when a connection begins and ends.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Collection, Iterator
from functools import partial

from tornado_ml.client.errors import ConnectionLost
from tornado_ml.client.exchange import Exchange, RemoteSession, Tell, ignore
from tornado_ml.client.ledger import Ledger
from tornado_ml.client.subscriptions import Leave, Subscriptions
from tornado_ml.codecs.base import Codec
from tornado_ml.errors import BadFrame, Cancelled, ServiceError, ShuttingDown, Superseded
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.events import CLOSE_GOING_AWAY, Event
from tornado_ml.protocol.payloads import Document

MAX_ANSWER_DEPTH = 1000

CONNECTION_LOST = "connection_lost"
"""Why a session has ended whose connection could not be resumed."""

_MAX_OPEN, _MAX_BYTES = "max_open_requests", "max_message_bytes"
_REPEATABLE = {events.PREDICTION_REQUEST, events.SESSION_OPEN, events.SUBSCRIBE}
_WELCOME_KEYS = {"session_token", "epoch", "resumed", "received"}
_UNNUMBERED = {event.name for event in events.EVENTS if not event.is_numbered}
_LAST_ANSWERS = {
    event.name
    for event in (
        events.PREDICTION_RESPONSE,
        events.PREDICTION_ERROR,
        events.SUBSCRIBED,
        events.UNSUBSCRIBED,
        events.SESSION_OPENED,
        events.SESSION_CLOSED,
    )
}


class ClientConversation:
    """The conversation with a service, over one connection after the other.

    What is asked waits until there is a connection and fewer than the service's `max_open_requests` are open. What was
    sent is kept until the service is known to have it: an answer tells so of its request and of all that was sent
    before. A connection that begins with `hello` can be followed by one that goes on where it was lost.

    A service that stops in good order answers all that it has received, and refuses what it does not begin any more. So
    what it has refused, and what it has not answered by the time it closes, is asked of the service that comes next.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._ids = itertools.count(1)
        self._open: dict[int, Exchange] = {}
        self._waiting: deque[Exchange] = deque()
        self._cancels: deque[int] = deque()
        self._ledger = Ledger()
        self._sessions: dict[str, RemoteSession] = {}
        self._subscriptions = Subscriptions(self.ask, partial(self._drop, why=Cancelled()))
        self._welcome: Document = {}
        self._is_connected = False
        self._is_leaving = False
        self._has_left = False

    @property
    def unacknowledged_count(self) -> int:
        """How many frames were sent that the service is not known to have."""
        return len(self._ledger)

    def begin(self) -> None:
        """A connection begins that cannot be resumed."""
        self._is_connected = True

    def hello(self) -> bytes:
        """What to send first on a connection that can be resumed, be it the first or the next one."""
        data: Document = {}
        if self._welcome:
            data = {key: self._welcome[key] for key in ("session_token", "epoch")} | {"last_seq": self._ledger.last_seq}
        return self._codec.encode({"event": events.HELLO.name, "data": data})

    def welcome(self, frame: str | bytes) -> None:
        """Take the answer to `hello`, with which a connection begins.

        Raises:
            ConnectionLost: it is a refusal, or no `welcome`.
        """
        message = self._message(frame)
        data = message["data"]
        if message["event"] == events.PREDICTION_ERROR.name:
            raise ConnectionLost(f"The service refused the connection: {data.get('message')}")
        if message["event"] != events.WELCOME.name or not data.keys() >= _WELCOME_KEYS:
            raise foreign_service()
        if not data["resumed"]:
            self._start_over()
        elif not self._ledger.rewind(data["received"]):
            raise foreign_service()
        self._welcome = data
        self._is_connected = True
        self._is_leaving = False
        self._has_left = False

    def disconnected(self, close_code: int | None = None) -> None:
        """The connection is lost; there may be another one."""
        self._is_connected = False
        self._has_left = self._is_leaving and close_code == CLOSE_GOING_AWAY.code

    def farewell(self) -> Iterator[bytes]:
        """What ends all that goes on, to be sent before a connection is closed that could be resumed."""
        ends: list[tuple[Event, int, Document]] = []
        ends += [(events.PREDICTION_CANCEL, one.id, {}) for one in self._open.values() if one.number is not None]
        ends += [(events.SESSION_CLOSE, next(self._ids), {"session": id}) for id in self._sessions]
        ends += [(events.UNSUBSCRIBE, next(self._ids), {"subscription": id}) for id in self._subscriptions.ids]
        for event, id, data in ends:
            yield self._frame(event, id, data)

    def end(self, why: str) -> None:
        """There will be no connection any more: everyone who waits is told."""
        self.disconnected()
        self._waiting.clear()
        self._forget_service()
        self._lose(list(self._open.values()), why)
        self._subscriptions.end(why)

    def take(self) -> bytes | None:
        """The next frame to send, if one may be sent now."""
        if not self._is_connected:
            return None
        if (again := self._ledger.take_again()) is not None:
            return again
        if self._cancels:
            frame = self._frame(events.PREDICTION_CANCEL, self._cancels.popleft(), {})
            self._ledger.send(frame)
            return frame
        if not self._waiting or self._is_leaving or len(self._open) - len(self._waiting) >= self._limit(_MAX_OPEN):
            return None
        exchange = self._waiting.popleft()
        exchange.number = self._ledger.send(exchange.frame)
        return exchange.frame

    def receive(self, frame: str | bytes) -> None:
        """Take a frame of the service; whoever it concerns is told.

        Raises:
            ConnectionLost: no service that keeps to the protocol has sent this.
        """
        message = self._message(frame)
        is_numbered = bool(self._welcome) and message["event"] not in _UNNUMBERED
        if is_numbered and not self._ledger.arrived(message.get("seq")):
            raise foreign_service()
        id = messages.readable_id(message)
        exchange = self._open.get(id) if isinstance(id, int) else None
        if exchange is not None and exchange.number is not None:
            self._ledger.acknowledge(exchange.number)
            if self._is_refused_by_leaving(message) and exchange.is_repeatable and not exchange.is_cancelled:
                self._wait_again([exchange])
            elif message["event"] in _LAST_ANSWERS:
                del self._open[exchange.id]
                exchange.tell(message)
            elif message["event"] == events.PREDICTION_PARTIAL.name:
                exchange.is_repeatable = False  # or the caller would get its beginning twice
                exchange.tell(message)
        elif "id" not in message:
            self._receive_unasked(message)

    def ask(
        self,
        event: Event,
        data: Document,
        meta: Document,
        tell: Tell,
        *,
        session: RemoteSession | None = None,
        replaces: str | None = None,
        retries: int = 0,
    ) -> Exchange:
        """Ask something, now or as soon as it may be asked.

        What needs a `session` is lost with it. `replaces` is a name: what was asked under it before is SUPERSEDED.
        `retries` is how often it may be sent again where the service may have answered.

        Raises:
            ValueError: its frame is larger than the service takes.
        """
        if replaces is not None:
            for other in [one for one in self._open.values() if one.name == replaces]:
                if other.number is None:
                    self._drop(other, Superseded())
                else:
                    meta = {**meta, "replaces": other.id}
        id = next(self._ids)
        frame = self._frame(event, id, data, meta)
        if len(frame) > (limit := self._limit(_MAX_BYTES)):
            raise ValueError(f"This makes a message of {len(frame)} bytes; the service takes at most {limit}.")
        exchange = self._open[id] = Exchange(id, frame, tell, replaces, session)
        exchange.is_repeatable = event in _REPEATABLE and session is None
        exchange.retries = retries
        self._waiting.append(exchange)
        return exchange

    def cancel(self, exchange: Exchange) -> None:
        """Take a prediction back. Its `tell` is called as ever: with CANCELLED, or with an answer that was quicker."""
        if exchange.number is None:
            self._drop(exchange, Cancelled())
        elif exchange.id in self._open and not exchange.is_cancelled:
            exchange.is_cancelled = True
            self._cancels.append(exchange.id)

    def open_session(self, data: Document, meta: Document, tell: Tell) -> RemoteSession:
        """Ask for a session."""
        session = RemoteSession()
        session.exchange = self.ask(events.SESSION_OPEN, data, meta, partial(self._opened, session, tell))
        return session

    def close_session(self, session: RemoteSession, tell: Tell) -> None:
        """End a session; `tell` is called with `session_closed`, at once for one that is not open."""
        session.is_wanted = False
        if session.id is not None and session.closed is None:
            data = {"session": session.id}
            self.ask(events.SESSION_CLOSE, data, {}, partial(self._closed, session, tell), session=session)
            return
        self._drop(session.exchange, Cancelled())
        tell(messages.server_message(events.SESSION_CLOSED, {"reason": session.closed}))

    def subscribe(self, data: Document, meta: Document, tell: Tell) -> Leave:
        """Ask for what is to be pushed; where it is pushed already, under the same `data`, its `meta` holds.

        `tell` is called with each message, and once with why there will be no more. Returns what ends that.
        """
        return self._subscriptions.add(data, meta, tell)

    def _receive_unasked(self, message: Document) -> None:
        event, data = message["event"], message["data"]
        if event == events.GOAWAY.name:
            self._is_leaving = bool(self._welcome)  # what was not sent yet can wait for the next connection
        elif event == events.SESSION_CLOSED.name:
            self._end_session(str(data.get("session")), str(data.get("reason")))
        elif event == events.UNSUBSCRIBED.name:
            renew = self._is_leaving and data.get("code") == ShuttingDown.code  # by the next connection
            self._subscriptions.ended(data, renew=renew)
        elif (id := message.get("meta", {}).get("subscription")) is not None:
            self._subscriptions.push(id, message)
        elif event == events.PREDICTION_ERROR.name:
            # It says that a frame could not be read, and not which: all are told.
            for exchange in [one for one in self._open.values() if one.number is not None]:
                del self._open[exchange.id]
                exchange.tell(message)

    def _opened(self, session: RemoteSession, tell: Tell, answer: Document | ConnectionLost) -> None:
        if not isinstance(answer, ConnectionLost) and answer["event"] == events.SESSION_OPENED.name:
            session.id = str(answer["data"].get("session"))
            self._sessions[session.id] = session
            if not session.is_wanted:
                self.close_session(session, ignore)
        tell(answer)

    def _closed(self, session: RemoteSession, tell: Tell, answer: Document | ConnectionLost) -> None:
        if not isinstance(answer, ConnectionLost):
            self._end_session(str(session.id), str(answer["data"].get("reason", "closed")))
        tell(answer)

    def _end_session(self, id: str, reason: str) -> None:
        if (session := self._sessions.pop(id, None)) is not None:
            session.closed = reason

    def _drop(self, exchange: Exchange, why: ServiceError) -> None:
        """Ask no more what was not sent yet."""
        if exchange.id in self._open and exchange.number is None:
            del self._open[exchange.id]
            self._waiting.remove(exchange)
            exchange.tell(messages.server_message(events.PREDICTION_ERROR, messages.error_data(why)))

    def _start_over(self) -> None:
        """The service knows nothing of what was before."""
        self._forget_service()
        gone = [one for one in self._open.values() if one.number is not None or (one.session and one.session.closed)]
        again = [one for one in gone if self._may_repeat(one)]
        gone = [one for one in gone if one not in again]
        self._waiting = deque(one for one in self._waiting if one not in gone)
        self._wait_again(again)
        self._lose(gone, "The connection was lost, and the answer with it.")
        self._subscriptions.start_over()

    def _is_refused_by_leaving(self, message: Document) -> bool:
        is_refusal = message["event"] == events.PREDICTION_ERROR.name
        return is_refusal and self._is_leaving and message["data"].get("code") == ShuttingDown.code

    def _may_repeat(self, exchange: Exchange) -> bool:
        """Whether what was sent, and is not answered, may be asked of a service that knows nothing of it."""
        if exchange.is_cancelled or not exchange.is_repeatable:
            return False
        if not self._has_left:
            exchange.retries -= 1
        return exchange.retries >= 0

    def _wait_again(self, exchanges: Collection[Exchange]) -> None:
        """Let them be asked by the next connection, in the order in which they were asked first."""
        for exchange in exchanges:
            exchange.number = None
        self._waiting = deque(sorted([*self._waiting, *exchanges], key=lambda one: one.id))

    def _forget_service(self) -> None:
        self._ledger = Ledger()
        self._cancels.clear()
        self._welcome = {}
        for id in list(self._sessions):
            self._end_session(id, CONNECTION_LOST)

    def _lose(self, exchanges: Collection[Exchange], why: str) -> None:
        for exchange in exchanges:
            del self._open[exchange.id]
        for exchange in exchanges:
            exchange.tell(ConnectionLost(why))

    def _frame(self, event: Event, id: int, data: Document, meta: Document | None = None) -> bytes:
        return self._codec.encode(messages.server_message(event, data, id=id, meta=meta))

    def _limit(self, name: str) -> float:
        limit: float = self._welcome.get("limits", {}).get(name, float("inf"))
        return limit

    def _message(self, frame: str | bytes) -> Document:
        try:
            message = self._codec.parse(frame)
            self._codec.check_depth(frame, message, MAX_ANSWER_DEPTH)
        except BadFrame:
            raise foreign_service() from None
        if not isinstance(message, dict) or "event" not in message:
            raise foreign_service()
        if not isinstance(message.get("data"), dict) or not isinstance(message.get("meta", {}), dict):
            raise foreign_service()
        return message


def foreign_service() -> ConnectionLost:
    return ConnectionLost("What answered is no tornado-ml service.")
