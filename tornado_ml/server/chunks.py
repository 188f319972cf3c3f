"""Tornado's WebSocket protocol, with fewer reads.

Tornado asks the stream for each part of a frame by itself, four times for a small one, which costs it more than all
else that it does with the frame. Here the stream is asked for what there is, and the parts are taken out of that.
"""

from __future__ import annotations

from tornado.websocket import WebSocketProtocol13

CHUNK_BYTES = 65536
"""How much is asked for at a time: as much as Tornado reads from a socket."""


class ChunkProtocol(WebSocketProtocol13):
    """Reads more than a part of a frame at a time."""

    _chunk = b""
    _taken = 0
    """How much of the chunk has been taken out."""

    async def _read_bytes(self, n: int) -> bytes:
        if self._taken + n > len(self._chunk):
            await self._fetch(n)
        start = self._taken
        self._taken += n
        self._wire_bytes_in += n
        return self._chunk[start : self._taken]

    async def _fetch(self, n: int) -> None:
        """Have `n` bytes at hand. A connection on which nothing comes keeps no chunk."""
        chunk = self._chunk[self._taken :]
        self._chunk, self._taken = b"", 0
        if n - len(chunk) > CHUNK_BYTES:
            chunk += await self.stream.read_bytes(n - len(chunk))
        while len(chunk) < n:
            chunk += await self.stream.read_bytes(CHUNK_BYTES, partial=True)
        self._chunk = chunk
