"""Whether a queue takes one more. Pure: no clock, no event loop.

A queue in which clients are served in turn is left as soon as promised only by those who hold no more than their share:
a turn takes as long as there are clients, and whoever holds three of a hundred places of fifty clients waits for three
turns, half as long again as a full queue takes. So once a queue has been full, and until it is half empty, each client
has an equal share of it.
"""

from __future__ import annotations


class Admission:
    """Of one queue.

    Args:
        max_queue: how many may wait.

    Attributes:
        is_flooded: whether it was full, and is not half empty since.
    """

    def __init__(self, max_queue: int) -> None:
        self._max_queue = max_queue
        self.is_flooded = False

    def refusal(self, waiting: int, turn: int) -> str | None:
        """Why it may not wait here; None if it may.

        Args:
            waiting: how many wait already.
            turn: as which it would be served if all clients that wait went on asking.
        """
        if waiting >= self._max_queue:
            self.is_flooded = True
            return "The model's queue is full."
        if waiting <= self._max_queue / 2:
            self.is_flooded = False
        if self.is_flooded and turn > self._max_queue:
            return "The model's queue was full, and this client has its share of it."
        return None
