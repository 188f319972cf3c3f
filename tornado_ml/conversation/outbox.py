"""What waits to be sent to one client and, if its connection can be resumed, what was sent of late.

Answers are counted against a limit. Values that replace each other, and partials, are not: there are never many, for
the first replace each other here and the second pause their generator. `seq` is given to a frame when it leaves, so
that what is replaced while it waits leaves no gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from tornado_ml.codecs.base import Codec

ENTRY_BYTES = 100
"""What a kept frame occupies besides its own bytes."""


class Slot:
    """A place in the outbox whose frame may still be replaced, or whose leaving somebody waits for.

    Attributes:
        frame: what is sent from here.
        on_taken: called when it has left.
        waits: whether it has not left yet.
    """

    __slots__ = ("frame", "on_taken", "waits")

    def __init__(self, frame: bytes, on_taken: Callable[[], None] | None = None) -> None:
        self.frame = frame
        self.on_taken = on_taken
        self.waits = False


class Outbox:
    """The frames for one client, in their order.

    Args:
        codec: splices `seq` into a frame.
        max_bytes: how much of answers may wait.
    """

    def __init__(self, codec: Codec, max_bytes: int) -> None:
        self._codec = codec
        self._max_bytes = max_bytes
        self._waiting: deque[bytes | Slot] = deque()
        self._waiting_bytes = 0
        self._answer_bytes = 0
        self._seq = 0
        self._history: deque[bytes] | None = None
        self._history_bytes = 0
        self._max_history_bytes = 0
        self._again = 0
        """How many frames at the end of the history are to be sent again, before those that wait."""

    @property
    def waiting_bytes(self) -> int:
        """How much there is to `take`; at least 1 if there is any."""
        return self._waiting_bytes + self._again

    @property
    def held_bytes(self) -> int:
        """How much memory the frames occupy: those that wait, and those that were sent and are kept."""
        return self._waiting_bytes + self._history_bytes + ENTRY_BYTES * len(self._waiting)

    @property
    def last_seq(self) -> int:
        """The number of the frame that left last."""
        return self._seq

    def keep_history(self, max_bytes: int) -> None:
        """From now on number what leaves, and keep the last `max_bytes` of it."""
        self._history = deque()
        self._max_history_bytes = max_bytes

    def put(self, frame: bytes) -> bool:
        """Let an answer wait; False if there are too many.

        One is always let in: what the limit bounds is what a client leaves lying, not the size of an answer.
        """
        if self._answer_bytes and self._answer_bytes + len(frame) > self._max_bytes:
            return False
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        self._answer_bytes += len(frame)
        return True

    def compact(self) -> None:
        """Shrink what was put last, if it has to wait: as orjson made it, a small frame occupies 4 KiB, the buffer that
        it was written in.
        """
        if self._waiting and isinstance(last := self._waiting[-1], bytes):
            self._waiting[-1] = bytes(memoryview(last))

    def put_slot(self, slot: Slot) -> None:
        """Let a frame wait that does not count against the limit."""
        slot.waits = True
        self._waiting.append(slot)
        self._waiting_bytes += len(slot.frame)

    def replace(self, slot: Slot, frame: bytes) -> None:
        """Send `frame` instead of what waits in `slot`; in a place of its own, if that has left."""
        if not slot.waits:
            slot.frame = frame
            self.put_slot(slot)
            return
        self._waiting_bytes += len(frame) - len(slot.frame)
        slot.frame = frame

    def take(self) -> bytes | None:
        """The next frame to send, or None."""
        if self._again and self._history is not None:
            number = self._seq - self._again + 1
            frame = self._history[-self._again]
            self._again -= 1
            return self._codec.with_seq(frame, number)
        if not self._waiting:
            return None
        entry = self._waiting.popleft()
        if isinstance(entry, bytes):
            frame = entry
            self._answer_bytes -= len(frame)
        else:
            frame = entry.frame
            entry.waits = False
        self._waiting_bytes -= len(frame)
        if self._history is not None:
            frame = self._number(frame)
        if isinstance(entry, Slot) and entry.on_taken is not None:
            entry.on_taken()
        return frame

    def rewind(self, last_seq: int) -> bool:
        """Send what came after frame `last_seq` again; False if it is no longer all there."""
        missing = self._seq - last_seq
        if self._history is None or not 0 <= missing <= len(self._history):
            return False
        self._again = missing
        return True

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._waiting_bytes = self._answer_bytes = self._again = 0
        if self._history is not None:
            self._history.clear()
            self._history_bytes = 0

    def _number(self, frame: bytes) -> bytes:
        assert self._history is not None
        self._seq += 1
        self._history.append(frame)
        self._history_bytes += len(frame) + ENTRY_BYTES
        while self._history_bytes > self._max_history_bytes:
            self._history_bytes -= len(self._history.popleft()) + ENTRY_BYTES
        return self._codec.with_seq(frame, self._seq)
