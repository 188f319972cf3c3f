"""How long a peer may take with what is awaited of it over HTTP: its request, and that it reads the answer.

Tornado alone waits an hour for a head, for ever for a body, and for ever until an answer is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto

from tornado.iostream import IOStream

from tornado_ml.server.tcp import Intake, cut

HEAD_S = 10.0
"""How long a new connection has until the head of its first request is there, and TLS agreed on before that."""
IDLE_S = 60.0
"""The same after an answer: a connection may be kept for a while, as proxies do."""
BODY_S = 20.0
"""How long a body may take. One that comes at BODY_BYTES_PER_S or faster may take as long as it takes."""
BODY_BYTES_PER_S = 65536


async def pause(interval_s: float) -> None:
    """Wait until peers are looked at again; longer if the loop stood still: what they sent meanwhile is read first."""
    now = asyncio.get_running_loop().time
    due = now() + interval_s
    await asyncio.sleep(interval_s)
    if now() > due + interval_s:
        await asyncio.sleep(interval_s)


class _Awaited(Enum):
    FIRST_REQUEST = auto()
    BODY = auto()
    NOTHING = auto()
    """It is being answered."""
    NEXT_REQUEST = auto()


class Patience:
    """With one connection.

    Args:
        stream: the connection.
        clock: monotonic, in seconds.
        stalled_s: how long the peer may take no byte of an answer.
    """

    def __init__(self, stream: IOStream, clock: Callable[[], float], stalled_s: float) -> None:
        self._stream = stream
        self._clock = clock
        self._stalled_s = stalled_s
        self._awaited = _Awaited.FIRST_REQUEST
        self._until = clock() + HEAD_S
        self._intake: Intake | None = None

    @property
    def is_asked(self) -> bool:
        """Whether a request is on its way; so it is taken to be on a connection that is new."""
        return self._awaited in {_Awaited.FIRST_REQUEST, _Awaited.BODY}

    @property
    def is_busy(self) -> bool:
        """Whether the head of a request is there, and its answer not sent yet."""
        return self._awaited in {_Awaited.BODY, _Awaited.NOTHING}

    def head_came(self) -> None:
        self._awaited = _Awaited.BODY
        self._until = self._clock() + BODY_S

    def body_came(self, size: int) -> None:
        """A piece of it."""
        self._until += size / BODY_BYTES_PER_S

    def request_is_there(self) -> None:
        self._awaited = _Awaited.NOTHING

    def answered(self) -> None:
        """The answer has gone to the system."""
        self._awaited = _Awaited.NEXT_REQUEST
        self._until = self._clock() + IDLE_S
        self._intake = None

    def lose(self) -> bool:
        """End the connection if it has been waited for long enough.

        Returns:
            Whether it kept the service waiting, which one that merely was not used any more has not.

        """
        now = self._clock()
        if self._takes_nothing(now):
            cut(self._stream)
            return True
        if self._awaited is _Awaited.NOTHING or now < self._until:
            return False
        self._stream.close()
        return self._awaited is not _Awaited.NEXT_REQUEST

    def _takes_nothing(self, now: float) -> bool:
        if not (self.is_busy and self._stream.writing()):
            self._intake = None
            return False
        if self._intake is None:
            self._intake = Intake(self._stream, self._clock)
            self._intake.wrote()
        return self._intake.stalled_for(now, has_unflushed=True) >= self._stalled_s
