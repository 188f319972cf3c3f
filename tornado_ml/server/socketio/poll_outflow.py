"""The way of packets from a connection to a client that polls: what one poll fetches, before the next is filled."""

from __future__ import annotations

import asyncio
from typing import Any

from engineio.packet import MESSAGE, NOOP, Packet
from tornado.iostream import IOStream

from tornado_ml.connection import Connection
from tornado_ml.server import tcp
from tornado_ml.server.outflow import MAX_UNFLUSHED_BYTES
from tornado_ml.server.socketio.codec import SEPARATOR


class PollOutflow:
    """Fills the library's queue, which knows no bound, when it is empty and its last content has gone to the system.

    Args:
        connection: what is asked for frames.
        queue: what the next poll fetches.
    """

    def __init__(self, connection: Connection, queue: asyncio.Queue[Any]) -> None:
        self._connection = connection
        self._queue = queue
        self._loop = asyncio.get_running_loop()
        self._will_fill = False
        self._fill_count = 0
        self._answer: tuple[IOStream, asyncio.Future[None]] | None = None
        self._progress = (0, 0)
        self._waits_since: float | None = None

    @property
    def has_unsent(self) -> bool:
        """Whether something waits that has not gone to the system yet."""
        return self._is_unflushed or not self._queue.empty() or self._connection.outgoing_bytes > 0

    def stalled_for(self, now: float) -> float:
        """For how many seconds something has waited while the peer took no byte of an answer, nor came to fetch it."""
        known = None
        if self._answer is not None and not self._answer[0].closed():
            known = tcp.progress(self._answer[0].socket)
        if not (self.has_unsent or (known is not None and known.has_unacknowledged)):
            self._waits_since = self._answer = None
            return 0
        progress = (self._fill_count, 0 if known is None else known.acknowledged_bytes)
        if self._waits_since is None or progress != self._progress:
            self._progress = progress
            self._waits_since = now
        return now - self._waits_since

    def send_soon(self) -> None:
        """Let what waits be fetched, at the end of this turn of the loop: what comes together goes together."""
        if not self._will_fill:
            self._will_fill = True
            self._loop.call_soon(self.fill)

    def fill(self) -> None:
        """Let what waits be fetched."""
        self._will_fill = False
        if self._is_unflushed or not self._queue.empty():
            return
        size = 0
        while size < MAX_UNFLUSHED_BYTES and (payload := self._connection.take()) is not None:
            size += len(payload)
            for packet in payload.decode().split(SEPARATOR):
                self._queue.put_nowait(Packet(MESSAGE, packet[1:]) if len(packet) > 1 else Packet(NOOP))
        self._fill_count += size > 0

    def answered(self, stream: IOStream, flushed: asyncio.Future[None]) -> None:
        """A poll is answered; `flushed` is done when the answer has gone to the system."""
        self._answer = stream, flushed
        flushed.add_done_callback(self._flushed)

    def cut_after(self, delay_s: float) -> None:
        """Leave the peer so long to read an answer that is under way, then drop the rest and end that connection."""
        if self._is_unflushed:
            self._loop.call_later(delay_s, self._cut)

    @property
    def _is_unflushed(self) -> bool:
        return self._answer is not None and not (self._answer[1].done() or self._answer[0].closed())

    def _flushed(self, future: asyncio.Future[None]) -> None:
        if not future.cancelled() and future.exception() is None:
            self.fill()

    def _cut(self) -> None:
        if self._answer is not None and self._is_unflushed:
            stream = self._answer[0]
            tcp.abort_on_close(stream.socket)
            stream.close()
