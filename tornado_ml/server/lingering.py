"""How a message that is too large is refused.

Tornado says 1009 and cuts the connection at once. With the rest of the message unread TCP then resets it, and the reset
often overtakes the close frame: the client sees 1006. So what is still coming is read and thrown away for a moment.
"""

from __future__ import annotations

import asyncio
import contextlib

from tornado.iostream import StreamClosedError

from tornado_ml.protocol.events import CLOSE_MESSAGE_TOO_BIG
from tornado_ml.server.conformance import ConformingProtocol

QUIET_S = 0.5
"""A peer that has sent nothing for so long has read the close frame, or will."""
LINGER_S = 5.0
"""A peer that is still sending after this is cut off."""


class LingeringProtocol(ConformingProtocol):
    """Lets a peer whose message is refused read why."""

    _lingering: asyncio.Task[None] | None = None
    _has_refused = False

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        self._has_refused = self._has_refused or code == CLOSE_MESSAGE_TOO_BIG.code
        super().close(code, reason)

    def _abort(self) -> None:
        if not self._has_refused or self.stream.closed():
            super()._abort()
        elif self._lingering is None:
            self.client_terminated = True  # what comes now is no frame
            self._lingering = asyncio.ensure_future(self._linger())

    async def _linger(self) -> None:
        with contextlib.suppress(StreamClosedError, TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while True:
                    async with asyncio.timeout(QUIET_S):
                        await self.stream.read_bytes(65536, partial=True)
        self.stream.close()
