"""What the kernel knows of a connection, and how it ends one."""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass

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


def abort_on_close(connection: socket.socket) -> None:
    """Let closing it drop what is still to be sent and reset the connection (RFC 9293, section 3.10.5).

    The kernel would keep the rest for minutes, for a peer that may never read it.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
