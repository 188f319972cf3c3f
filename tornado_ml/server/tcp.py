"""What the kernel knows of a connection, and how it ends one."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tornado.iostream import IOStream

# struct tcp_info of linux/tcp.h: tcpi_unacked (segments), tcpi_bytes_acked and, since Linux 4.6, tcpi_notsent_bytes.
_TCP_INFO = struct.Struct("=24xI92xQ16xI")

_LINGER_NOT = struct.pack("ii", 1, 0)  # struct linger: l_onoff, l_linger in seconds


@dataclass(frozen=True, slots=True)
class Progress:
    """How far what was written to a socket has come."""

    acknowledged_bytes: int
    has_unacknowledged: bool
    """Whether the kernel still holds some of it, sent or not."""


def progress(connection: socket.socket) -> Progress | None:
    """None where the system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    except OSError:  # it is closed
        return None
    if len(info) < _TCP_INFO.size:
        return None
    unacknowledged_segments, acknowledged_bytes, unsent_bytes = _TCP_INFO.unpack(info)
    return Progress(acknowledged_bytes, unacknowledged_segments > 0 or unsent_bytes > 0)


class Intake:
    """For how long a peer has taken nothing of what was written to it.

    Where the system does not tell what the peer's TCP has acknowledged, only what does not fit into the kernel's buffer
    counts as waiting, and a peer that reads so slowly that nothing is flushed as taking nothing.

    Args:
        stream: the connection.
        clock: monotonic, in seconds.
    """

    def __init__(self, stream: IOStream, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._acknowledged_bytes = 0
        self._waits_since: float | None = None

    def wrote(self) -> None:
        """Something has been written."""
        if self._waits_since is None:
            self._waits_since = self._clock()

    def flushed(self) -> None:
        """All that was written has gone to the system."""
        self._waits_since = self._clock()

    def forget(self) -> None:
        """Whether the peer takes the rest does not matter any more."""
        self._waits_since = None

    def stalled_for(self, now: float, *, has_unflushed: bool) -> float:
        """How many seconds it is."""
        if self._waits_since is None:
            return 0
        known = None if self._stream.closed() else progress(self._stream.socket)
        if not (has_unflushed or (known is not None and known.has_unacknowledged)):
            self._waits_since = None
            return 0
        if known is not None and known.acknowledged_bytes != self._acknowledged_bytes:
            self._acknowledged_bytes = known.acknowledged_bytes
            self._waits_since = now
        return now - self._waits_since


def cut(stream: IOStream) -> None:
    """End a connection at once, without what is still to be sent."""
    if not stream.closed():
        abort_on_close(stream.socket)
        stream.close()


def abort_on_close(connection: socket.socket) -> None:
    """Let closing it drop what is still to be sent and reset the connection (RFC 9293, section 3.10.5).

    The kernel would keep the rest for minutes, for a peer that may never read it.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
