"""One client's connection: frames in and out, and which conversation they belong to. No I/O.

A transport hands over frames with `receive`, takes what `take` gives, and is told of the rest by callbacks. What the
frames mean is the conversation's business, but for two events: `hello`, which may put an earlier conversation in the
place of this one, and `ping`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from tornado_ml import __version__
from tornado_ml.access import Caller
from tornado_ml.codecs.base import Codec
from tornado_ml.conversation.conversation import Backend, Conversation
from tornado_ml.errors import BadEnvelope, BadFrame, ServiceError
from tornado_ml.metrics import declarations
from tornado_ml.metrics.metrics import Traffic
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.events import CLOSE_TRY_AGAIN_LATER, CloseCode, Event
from tornado_ml.protocol.messages import ClientMessage, RequestId
from tornado_ml.protocol.payloads import Document
from tornado_ml.traces import Parent


class Connection:
    """The connection with one client.

    Args:
        backend: what answers.
        codec: how frames are encoded.
        caller: whose connection it is.
        wake: called when there is something to `take`.
        parent: the span that its handshake belongs to, if it said one: what is asked belongs to that where it says no
            other.
        end: called once, when the service ends this connection: with which close code, and what its peer did. Nothing
            is left to take by then.

    Attributes:
        traffic: what has come and gone on this connection.
    """

    def __init__(
        self,
        backend: Backend,
        codec: Codec,
        *,
        caller: Caller,
        wake: Callable[[], None],
        end: Callable[[CloseCode, str], None],
        parent: Parent | None = None,
    ) -> None:
        self.traffic = Traffic()
        self._parent = parent
        self._backend = backend
        self._codec = codec
        self._wake = wake
        self._end = end
        self._is_closed = False
        self._unnumbered: deque[bytes] | None = None  # an empty one would occupy 700 bytes of each connection
        self._unnumbered_bytes = 0
        self.name = ""
        self._begin(caller)

    @property
    def open_count(self) -> int:
        """How many requests are not yet answered."""
        return self._conversation.open_count

    @property
    def outgoing_bytes(self) -> int:
        """How much there is to `take`; 0 exactly if there is nothing."""
        return 0 if self._is_closed else self._unnumbered_bytes + self._conversation.outbox.waiting_bytes

    def receive(self, frame: str | bytes) -> None:
        """Take a frame from the client. Returns at once; the answer comes through `take`."""
        if self._is_closed:
            return
        size = len(frame) if isinstance(frame, bytes) or frame.isascii() else len(frame.encode())
        for traffic in (self.traffic, self._backend.metrics.traffic):
            traffic.received_frames += 1
            traffic.received_bytes += size
        id: RequestId | None = None
        name: str | None = None
        conversation = self._conversation
        is_counted = True
        too_fast = conversation.allowance.spend(1, size)
        try:
            document = self._codec.parse(frame)
            if not isinstance(document, dict):
                raise BadFrame
            id = messages.readable_id(document)
            is_counted = document.get("event") != events.HELLO.name
            if too_fast is not None and document.get("event") not in events.NEVER_TOO_FAST:
                raise too_fast
            too_fast = None
            self._codec.check_depth(frame, document, self._backend.limits.max_json_depth)
            message = messages.parse(document)
            if message.event is events.HELLO:
                self._hello(message)
            elif message.event is events.PING:
                self._send_unnumbered(events.PONG, message.data, message.id)
            else:
                name = message.data.get("model_qualified_name")
                conversation.handle(message)
        except ServiceError as error:
            conversation.fail(too_fast or error, id, name)
        finally:
            conversation.received += is_counted

    def take(self) -> bytes | None:
        """The next frame to send, or None."""
        if self._is_closed:
            return None
        frame: bytes | None
        if self._unnumbered:
            frame = self._unnumbered.popleft()
            self._unnumbered_bytes -= len(frame)
        else:
            frame = self._conversation.outbox.take()
        if frame is not None:
            for traffic in (self.traffic, self._backend.metrics.traffic):
                traffic.sent_frames += 1
                traffic.sent_bytes += len(frame)
        return frame

    def goaway(self, reason: str, deadline_s: float) -> None:
        """Tell the client that the connection will be closed, at the latest in `deadline_s` seconds."""
        if not self._is_closed:
            data = {"reason": reason, "deadline_ms": round(deadline_s * 1000)}
            self._conversation.send(messages.server_message(events.GOAWAY, data))

    def close(self) -> None:
        """The transport is gone, or will be: stop all that was asked for, unless the client may come back for it."""
        if not self._is_closed:
            self._is_closed = True
            self._conversation.detach()

    def log_in(self, caller: Caller) -> None:
        """It turns out whose connection it is; what has been said so far is forgotten."""
        name = self.name
        self._conversation.close()
        self._begin(caller)
        self.name = self._conversation.name = name

    def dismiss(self, close: CloseCode, why: str) -> None:
        """End the conversation for good, and the connection."""
        if not self._is_closed:
            self._conversation.end(close, why)

    def _begin(self, caller: Caller) -> None:
        self.caller = caller
        self._conversation = Conversation(self._backend, self._codec, caller, self._parent)
        self._conversation.attach(self._wake, self._ended)
        self.name = self._conversation.name

    def _hello(self, message: ClientMessage) -> None:
        if self._conversation.is_resumable:
            raise BadEnvelope("This connection has said hello.")
        found = None
        if message.data:
            if not self._conversation.is_blank:
                raise BadEnvelope("A connection can resume another one only before it asks for anything itself.")
            found = self._resumed(message.data)
            self._backend.metrics.count(declarations.RESUMES, "gone" if found is None else "resumed")
        if found is None:
            self._conversation.make_resumable()
        else:
            self._conversation.close()
            self._conversation = found
            self.name = found.name
        self._send_unnumbered(events.WELCOME, self._welcome(resumed=found is not None), message.id)
        if found is not None:
            found.caller = self.caller
            found.attach(self._wake, self._ended)

    def _resumed(self, data: Document) -> Conversation | None:
        """The conversation that a client wants back, rewound to where it was; None if that is no longer possible."""
        found = self._backend.waiting_room.find(data["session_token"])
        if found is None or found.caller.identity != self.caller.identity:
            return None
        if found.epoch == data["epoch"] and found.codec is self._codec and found.outbox.rewind(int(data["last_seq"])):
            return found
        found.abandon()
        return None

    def _welcome(self, *, resumed: bool) -> Document:
        limits = self._backend.limits
        return {
            "session_token": self._conversation.token,
            "epoch": self._conversation.epoch,
            "resumed": resumed,
            "received": self._conversation.received,
            "limits": {
                "max_message_bytes": limits.max_message_bytes,
                "max_json_depth": limits.max_json_depth,
                "max_open_requests": limits.max_open_requests,
                "max_sessions": limits.max_sessions,
                "max_subscriptions": limits.max_subscriptions,
                "outbox_bytes": limits.outbox_bytes,
                "grace_ms": round(limits.grace_s * 1000),
                "resume_bytes": limits.resume_bytes,
            },
            "server_version": __version__,
        }

    def _send_unnumbered(self, event: Event, data: Document, id: RequestId | None) -> None:
        """Send what belongs to this connection, and not to the conversation."""
        frame = self._codec.encode(messages.server_message(event, data, id=id))
        if self._unnumbered_bytes and self._unnumbered_bytes + len(frame) > self._backend.limits.outbox_bytes:
            self._conversation.detach()
            self._ended(CLOSE_TRY_AGAIN_LATER, "its peer left its answers lying")
            return
        self._unnumbered = self._unnumbered or deque()
        self._unnumbered.append(frame)
        self._unnumbered_bytes += len(frame)
        self._wake()

    def _ended(self, close: CloseCode, why: str) -> None:
        """The conversation is over, or another connection carries it."""
        self._is_closed = True
        self._end(close, why)
