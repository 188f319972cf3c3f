"""WebSocket frames as a server sends them (RFC 6455, section 5.2): unmasked, whole, not compressed.

Tornado's `write_message` makes a task and a system call for each message. Several messages in one write cost a half to
two thirds of that, as `benchmarks/` shows.
"""

from __future__ import annotations

import struct

_FINAL_TEXT = 0x81


def text_frame(payload: bytes) -> bytes:
    """A text message in one frame."""
    size = len(payload)
    if size < 126:
        return bytes((_FINAL_TEXT, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", _FINAL_TEXT, 126, size) + payload
    return struct.pack("!BBQ", _FINAL_TEXT, 127, size) + payload
