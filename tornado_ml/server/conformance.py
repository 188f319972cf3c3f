"""Tornado's WebSocket protocol, mended where it takes what RFC 6455 forbids or refuses what it allows.

Tornado 6.6 takes frames that are not masked (section 5.1) and any close code (section 7.4), and counts a ping between
the fragments of a message as part of it.
"""

from __future__ import annotations

import asyncio

from tornado.websocket import WebSocketHandler, _WebSocketParams

from tornado_ml.protocol.events import CLOSE_MESSAGE_TOO_BIG, CLOSE_NORMAL, CLOSE_PROTOCOL_ERROR, CloseCode
from tornado_ml.server.chunks import ChunkProtocol

MAX_CONTROL_BYTES = 125
MESSAGE_S = 30.0
"""How long the fragments of a message may take. Who stops amid a frame answers no ping, and is closed for that."""

_NO_STATUS, _ABNORMAL = 1005, 1006  # what is never in a close frame (section 7.1.5)
_TEXT, _BINARY, _CLOSE = 1, 2, 8


class EndingHandler(WebSocketHandler):
    """One that is told how it ends."""

    ended_as = _ABNORMAL
    """The code of the first close frame, whoever sent it; 1005 for one without, 1006 where there was none."""


class ConformingProtocol(ChunkProtocol):
    """Fails connections as RFC 6455 says."""

    _unfinished: asyncio.TimerHandle | None = None

    def __init__(self, handler: WebSocketHandler, mask_outgoing: bool, params: _WebSocketParams) -> None:
        self._max_message_bytes = params.max_message_size
        params.max_message_size += MAX_CONTROL_BYTES
        super().__init__(handler, mask_outgoing, params)

    async def _receive_frame_loop(self) -> None:
        try:
            await super()._receive_frame_loop()
        finally:
            if self._unfinished is not None:
                self._unfinished.cancel()

    async def _receive_frame(self) -> None:
        self._frame_mask = None
        await super()._receive_frame()
        if (self._unfinished is None) is not (self._fragmented_message_buffer is None):
            self._time_message()
        if self.client_terminated:
            return
        if len(self._fragmented_message_buffer or b"") > self._max_message_bytes:
            self._fail(CLOSE_MESSAGE_TOO_BIG, "message too big")
        elif self._frame_mask is None:
            self._fail(CLOSE_PROTOCOL_ERROR, "frames of a client must be masked")

    def _time_message(self) -> None:
        if self._unfinished is not None:
            self._unfinished.cancel()
            self._unfinished = None
        else:
            loop = asyncio.get_running_loop()
            self._unfinished = loop.call_later(
                MESSAGE_S, self._fail, CLOSE_PROTOCOL_ERROR, "a message was begun and not finished"
            )

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        if code is not None or reason is not None:
            self._ends_as(code or CLOSE_NORMAL.code)  # which is what Tornado says then
        super().close(code, reason)

    def _handle_message(self, opcode: int, data: bytes) -> asyncio.Future[None] | None:
        if self._frame_mask is None:
            pass  # said when the frame is done with
        elif opcode in {_TEXT, _BINARY} and len(data) > self._max_message_bytes:
            self._fail(CLOSE_MESSAGE_TOO_BIG, "message too big")
        elif opcode == _CLOSE and data and not _is_close(data):
            self._fail(CLOSE_PROTOCOL_ERROR, "this is no close code")
        else:
            if opcode == _CLOSE and not data:
                self._ends_as(_NO_STATUS)
            return super()._handle_message(opcode, data)
        return None

    def _ends_as(self, code: int) -> None:
        if not self.server_terminated and isinstance(self.handler, EndingHandler):
            self.handler.ended_as = code

    def _fail(self, why: CloseCode, reason: str) -> None:
        self.close(why.code, reason)
        self._abort()


def _is_close(payload: bytes) -> bool:
    """Whether this is what a close frame may carry: a code that may be sent, and a reason in UTF-8."""
    if len(payload) < 2:
        return False
    code = int.from_bytes(payload[:2])
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return False
    # 1004 to 1006 and 1015 are reserved; 1012 to 1014 are in the IANA registry.
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
