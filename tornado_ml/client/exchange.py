"""One thing that a client asked."""

from __future__ import annotations

from collections.abc import Callable

from tornado_ml.client.errors import ConnectionLost
from tornado_ml.protocol.payloads import Document

Tell = Callable[[Document | ConnectionLost], None]
"""Takes each message that answers something; ConnectionLost in place of the last one, if that will not come."""


class Exchange:
    """Something that was asked, and who is told what answers it.

    Attributes:
        number: which of the frames that the service counts it was; None until it is sent.
        name: what it has in common with those that replace it.
        session: the one it needs.
        is_cancelled: whether the service is asked for it no more.
        is_repeatable: whether a service that knows nothing of it may be asked for it instead.
        retries: how often that may be done even if the service before may have answered.
    """

    __slots__ = ("frame", "id", "is_cancelled", "is_repeatable", "name", "number", "retries", "session", "tell")

    def __init__(self, id: int, frame: bytes, tell: Tell, name: str | None, session: RemoteSession | None) -> None:
        self.id = id
        self.frame = frame
        self.tell = tell
        self.name = name
        self.session = session
        self.number: int | None = None
        self.is_cancelled = False
        self.is_repeatable = False
        self.retries = 0


class RemoteSession:
    """A session, from when it is asked for.

    Attributes:
        exchange: what asks for it.
        id: what the service calls it; None until it is open.
        closed: why it has ended.
        is_wanted: whether it shall stay open when it is.
    """

    exchange: Exchange

    def __init__(self) -> None:
        self.id: str | None = None
        self.closed: str | None = None
        self.is_wanted = True


def ignore(_: Document | ConnectionLost) -> None:
    """Nobody waits for this answer."""
