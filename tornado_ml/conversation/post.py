"""What a conversation says: encoded, and put into the outbox for whichever connection carries it."""

from __future__ import annotations

from collections.abc import Callable

from tornado_ml.codecs.base import Codec
from tornado_ml.conversation import answers
from tornado_ml.conversation.outbox import Outbox, Slot
from tornado_ml.errors import ServiceError
from tornado_ml.metrics import Metrics, declarations
from tornado_ml.protocol.messages import RequestId
from tornado_ml.protocol.payloads import Document


class Post:
    """The way to one client.

    Args:
        codec: how frames are encoded.
        max_bytes: how much of answers may wait.
        overflow: called when there are more; nothing is sent any more.
        metrics: where errors are counted.
    """

    def __init__(self, codec: Codec, max_bytes: int, overflow: Callable[[], None], metrics: Metrics) -> None:
        self.codec = codec
        self._metrics = metrics
        self.outbox = Outbox(codec, max_bytes)
        self.wake: Callable[[], None] | None = None
        """Tells the connection that there is something to take; None while there is none."""
        self._overflow = overflow
        self._is_closed = False

    def send(self, document: Document) -> None:
        """Send a message behind what waits."""
        self.send_frame(self.codec.encode(document))

    def fail(self, error: ServiceError, id: RequestId | None, model_qualified_name: str | None) -> None:
        """Answer whatever failed."""
        self._metrics.count(declarations.ERRORS, "frame", error.code)
        self.send(answers.failure(error, model_qualified_name, id))

    def send_frame(self, frame: bytes) -> None:
        """Send what is encoded already."""
        if self._is_closed:
            return
        if not self.outbox.put(frame):
            self._overflow()
            return
        self._call()
        self.outbox.compact()

    def send_slot(self, slot: Slot) -> None:
        """Send what does not count against the limit of answers."""
        if not self._is_closed:
            self.outbox.put_slot(slot)
            self._call()

    def replace(self, slot: Slot, frame: bytes) -> None:
        """Send this instead of what waits in the slot, if that has not left yet."""
        if not self._is_closed:
            self.outbox.replace(slot, frame)
            self._call()

    def close(self) -> None:
        """Send nothing any more."""
        self._is_closed = True
        self.wake = None
        self.outbox.clear()

    def _call(self) -> None:
        if self.wake is not None:
            self.wake()
