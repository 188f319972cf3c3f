"""Server-sent events (HTML standard, section 9.2), sent to one client no faster than it takes them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tornado.iostream import IOStream, StreamClosedError

from tornado_ml.errors import ServiceError
from tornado_ml.protocol.events import CLOSE_NORMAL, CloseCode, Event
from tornado_ml.server.metering import Transport
from tornado_ml.server.tcp import Intake, cut

if TYPE_CHECKING:
    from tornado_ml.server.base import DocumentHandler

log = logging.getLogger(__name__)

MEDIA_TYPE = "text/event-stream"

COMMENT_S = 15.0
"""How often a stream says something, so that no proxy takes it for idle."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that waits to be sent; `on_sent` is called when it has gone to the system."""

    event: Event
    data: bytes
    on_sent: Callable[[], None] | None = None


class EventStream:
    """The events for one client.

    The registry counts it among the sockets, and gives it up when its peer takes nothing.

    Args:
        handler: answers with it.
        silence_s: how long its client is left without an answer while there is no event; None for as long as it takes.
    """

    connection = None
    transport: Transport = "sse"
    ended_as = CLOSE_NORMAL.code

    def __init__(self, handler: DocumentHandler, silence_s: float | None = None) -> None:
        self.name = f"e{next(_numbers)}"
        self.caller = handler.caller
        self._handler = handler
        self._registry = handler.shared.sockets
        self._silence_s = silence_s
        self._stream: IOStream = handler.request.connection.stream  # type: ignore[union-attr]
        self._stream.set_nodelay(True)  # as for sockets: a small event would wait for an acknowledgement of the last
        self._intake = Intake(self._stream, asyncio.get_running_loop().time)
        self._waiting: deque[Waiting] = deque()
        self._changed = asyncio.Event()
        self._is_flushing = False
        self._has_begun = False
        self._has_ended = False
        self._refusal: ServiceError | None = None
        self._count = 0
        self.waiting_bytes = 0
        """How much of data waits to be sent."""

    def put(self, event: Event, data: bytes, on_sent: Callable[[], None] | None = None) -> None:
        """Send an event after those that wait."""
        self._waiting.append(Waiting(event, data, on_sent))
        self.waiting_bytes += len(data)
        self._changed.set()

    def replace(self, event: Event, data: bytes) -> None:
        """Send an event in the place of all that wait."""
        self._waiting.clear()
        self.waiting_bytes = 0
        self.put(event, data)

    def end(self, event: Event, data: bytes, refusal: ServiceError | None = None) -> None:
        """Send the last event; or, if it is the first and there is an error, leave the answer to that."""
        if self._has_begun or self._waiting:
            refusal = None
        if refusal is None:
            self.put(event, data)
        self._refusal = refusal
        self._has_ended = True
        self._changed.set()

    async def run(self) -> None:
        """Send what there is until the last event has been sent, or the client is gone.

        Raises:
            ServiceError: there is nothing to send but why.
        """
        self._registry.add(self)
        try:
            with contextlib.suppress(StreamClosedError):
                await self._send_all()
        finally:
            self._registry.discard(self)

    @property
    def has_unsent(self) -> bool:
        return self._is_flushing or bool(self._waiting)

    def stalled_for(self, now: float) -> float:
        return self._intake.stalled_for(now, has_unflushed=self._is_flushing)

    def give_up(self, close: CloseCode, why: str) -> None:
        """End the connection; there is no way to tell the client why."""
        log.warning("Connection %s is given up: %s.", self.name, why, extra={"connection": self.name})
        self.ended_as = close.code
        cut(self._stream)

    def dismiss(self, close: CloseCode, why: str) -> None:
        self.give_up(close, why)

    def close(self, code: int, reason: str) -> None:
        """The service stops, and it has not come to its end."""
        self.ended_as = code
        cut(self._stream)

    async def _send_all(self) -> None:
        silence_s = self._silence_s
        while True:
            if not await self._has_news(silence_s):
                await self._send(b":\n\n")
            elif self._refusal is not None:
                raise self._refusal
            elif self._waiting:
                await self._send_waiting()
            else:
                return
            silence_s = COMMENT_S

    async def _has_news(self, silence_s: float | None) -> bool:
        """Returns when there is an event or the end, or, with False, when it has been silent for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(silence_s):
                while not (self._waiting or self._has_ended):
                    self._changed.clear()
                    await self._changed.wait()
        return bool(self._waiting) or self._has_ended

    async def _send_waiting(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        self.waiting_bytes = 0
        lines = []
        for one in waiting:
            self._count += 1
            lines.append(b"event: %s\nid: %d\ndata: %s\n\n" % (one.event.name.encode(), self._count, one.data))
        text = b"".join(lines)
        traffic = self._registry.backend.metrics.traffic
        traffic.sent_frames += len(waiting)
        traffic.sent_bytes += len(text)
        await self._send(text)
        for one in waiting:
            if one.on_sent is not None:
                one.on_sent()

    async def _send(self, text: bytes) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._handler.set_header("Content-Type", MEDIA_TYPE)
            self._handler.set_header("Cache-Control", "no-store")
            self._handler.set_header("X-Accel-Buffering", "no")  # nginx would collect 4 KiB before it hands on any
        self._handler.write(text)
        self._intake.wrote()
        self._is_flushing = True
        await self._handler.flush()
        self._is_flushing = False
        self._intake.flushed()
