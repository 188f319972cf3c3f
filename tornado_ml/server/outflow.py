"""The way of frames from a connection to its peer: no faster than the peer takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tornado.iostream import IOStream, StreamClosedError

from tornado_ml.connection import Connection
from tornado_ml.server import tcp

MAX_UNFLUSHED_BYTES = 65536
"""How much is handed to Tornado's write buffer before the rest waits in the outbox, where it is bounded."""


class Outflow:
    """Sends what a connection has to say.

    Args:
        connection: what is asked for frames.
        stream: where they go.
        frame: makes what is written of one of them.
        is_open: whether there may still be written.
    """

    def __init__(
        self,
        connection: Connection,
        stream: IOStream,
        frame: Callable[[bytes], bytes],
        is_open: Callable[[], bool],
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._frame = frame
        self._is_open = is_open
        self._loop = asyncio.get_running_loop()
        self._will_send = False
        self._unflushed_bytes = 0
        self._intake = tcp.Intake(stream, self._loop.time)

    @property
    def has_unsent(self) -> bool:
        """Whether something waits that has not gone to the system yet."""
        return self._unflushed_bytes > 0 or self._connection.outgoing_bytes > 0

    def stalled_for(self, now: float) -> float:
        """For how many seconds something has waited while the peer took no byte."""
        return self._intake.stalled_for(now, has_unflushed=self._unflushed_bytes > 0)

    def send_soon(self) -> None:
        """Send what waits at the end of this turn of the loop, so that what comes together goes together."""
        if self._connection.outgoing_bytes >= MAX_UNFLUSHED_BYTES:
            self._send_waiting()  # so that several large answers in one turn do not count as left lying
        elif not self._will_send:
            self._will_send = True
            self._loop.call_soon(self._send_waiting)

    def cut_after(self, delay_s: float) -> None:
        """Leave the peer so long to read what has been written, then drop the rest and end the connection."""
        self._intake.forget()
        self._loop.call_later(delay_s, tcp.cut, self._stream)

    def _send_waiting(self) -> None:
        self._will_send = False
        if not self._is_open():
            return
        frames: list[bytes] = []
        size = self._unflushed_bytes
        while size < MAX_UNFLUSHED_BYTES and (payload := self._connection.take()) is not None:
            frames.append(self._frame(payload))
            size += len(payload)
        if not frames:
            return
        try:
            flushed = self._stream.write(b"".join(frames))
        except StreamClosedError:
            return  # whoever owns the stream is told
        self._intake.wrote()
        if not flushed.done():
            self._unflushed_bytes = size
            flushed.add_done_callback(self._flushed)
        elif self._connection.outgoing_bytes > 0:
            self.send_soon()

    def _flushed(self, future: asyncio.Future[None]) -> None:
        if future.cancelled() or future.exception() is not None:
            return  # the connection is closed
        if not self._stream.writing():
            self._unflushed_bytes = 0
        self._intake.flushed()
        self._send_waiting()
