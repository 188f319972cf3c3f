"""What has arrived: which of a client's frames, as far as it can know, and how many of the service's."""

from __future__ import annotations

from collections import deque


class Ledger:
    """The frames that were sent, kept until the service is known to have them, and the number of the last that came."""

    def __init__(self) -> None:
        self._sent: deque[tuple[int, bytes]] = deque()
        self._sent_count = 0
        self._again: deque[bytes] = deque()
        self.last_seq = 0

    def __len__(self) -> int:
        """How many frames were sent that the service is not known to have."""
        return len(self._sent)

    def send(self, frame: bytes) -> int:
        """Count a frame that is sent, and keep it; gives its number."""
        self._sent_count += 1
        self._sent.append((self._sent_count, frame))
        return self._sent_count

    def acknowledge(self, number: int) -> None:
        """The service has this frame, and so all before it."""
        while self._sent and self._sent[0][0] <= number:
            self._sent.popleft()

    def rewind(self, received: int) -> bool:
        """Prepare to send again what the service has not received; False if that is not what was sent."""
        acknowledged_count = self._sent[0][0] - 1 if self._sent else self._sent_count
        if not acknowledged_count <= received <= self._sent_count:
            return False
        self.acknowledge(received)
        self._again = deque(frame for _, frame in self._sent)
        return True

    def take_again(self) -> bytes | None:
        """The next frame to send again."""
        return self._again.popleft() if self._again else None

    def arrived(self, seq: object) -> bool:
        """Count a frame that has come; False if one is missing before it, or it has come before."""
        self.last_seq += 1
        return seq == self.last_seq
