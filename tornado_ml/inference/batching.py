"""Natural batching: what gathers while one batch runs is the next one. Pure: no clock, no event loop.

Items are taken in turn from each client that has some, so that a client with many cannot starve one with few, and from
each client in the order in which they came.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Generic, TypeVar

MAX_TURN = 8
"""How many items a client gets into a large batch in its turn: what is answered together is sent together, at half the
cost of one by one. A batch holds those of at least as many clients, if they have some."""

Item = TypeVar("Item", bound=Hashable)


class Batcher(Generic[Item]):
    """Gathers items and gives them out in batches.

    Args:
        max_batch_size: how many items a batch has at most.
        max_wait_s: how long an item may wait for others to fill its batch; 0 is not at all.
    """

    def __init__(self, max_batch_size: int, max_wait_s: float = 0.0) -> None:
        self._max_batch_size = max_batch_size
        self._max_wait_s = max_wait_s
        # Client by client, the one whose turn it is first; an item is a key so that it can be removed at once.
        self._waiting: OrderedDict[Hashable, dict[Item, float]] = OrderedDict()
        self._alone: dict[Item, None] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count + len(self._alone)

    def __iter__(self) -> Iterator[Item]:
        yield from self._alone
        for items in self._waiting.values():
            yield from items

    def add(self, item: Item, client: Hashable, now: float) -> None:
        """Let an item wait behind those of the same client."""
        items = self._waiting.get(client)
        if items is None:
            self._waiting[client] = {item: now}
        else:
            items[item] = now
        self._count += 1

    def turn(self, client: Hashable) -> int:
        """As which its next item is taken, one by one, if all clients that have some go on adding."""
        waiting = len(self._waiting.get(client, ()))
        return (waiting + 1) * (len(self._waiting) + (waiting == 0))

    def add_alone(self, item: Item) -> None:
        """Let an item go first, in a batch of its own."""
        self._alone[item] = None

    def remove(self, item: Item, client: Hashable) -> None:
        """Forget an item that waits."""
        if item in self._alone:
            del self._alone[item]
            return
        items = self._waiting[client]
        del items[item]
        self._count -= 1
        if not items:
            del self._waiting[client]

    def clear(self) -> list[Item]:
        """Forget all items, and give them out."""
        items = list(self)
        self._waiting.clear()
        self._alone.clear()
        self._count = 0
        return items

    def due_at(self) -> float:
        """When the next batch is to be taken: the past if it is full or may not wait, infinity if there is none."""
        if self._alone or self._count >= self._max_batch_size:
            return -math.inf
        if not self._count:
            return math.inf
        if self._max_wait_s == 0:
            return -math.inf
        return min(next(iter(items.values())) for items in self._waiting.values()) + self._max_wait_s

    def take(self, size: int | None = None) -> list[Item]:
        """The next batch, whether it is due or not; empty if nothing waits. `size` overrules `max_batch_size`."""
        size = self._max_batch_size if size is None else size
        if self._alone:
            item = next(iter(self._alone))
            del self._alone[item]
            return [item]
        turn = min(MAX_TURN, max(1, size // MAX_TURN))
        batch: list[Item] = []
        while self._waiting and len(batch) < size:
            client, items = self._waiting.popitem(last=False)
            taken = list(islice(items, min(turn, size - len(batch))))
            for item in taken:
                del items[item]
            batch += taken
            if items:
                self._waiting[client] = items
        self._count -= len(batch)
        return batch
