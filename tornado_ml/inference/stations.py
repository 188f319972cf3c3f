"""The workers as the queue in front of them sees them: who is idle, and what only one of them can run."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from tornado_ml.inference.batching import Batcher
from tornado_ml.inference.jobs import Job, StreamJob


class Tenant(Protocol):
    """What lives in a worker for longer than one job."""

    def worker_lost(self) -> None:
        """It has died with its worker."""


class Station:
    """One worker.

    Args:
        lost: done once the worker is gone.
        common: what any worker may run.

    Attributes:
        pinned: what only this worker may run.
        parked: streams that it holds and that wait until their clients have read.
        tenants: what lives in it.
        held_count: how many streams and sessions it said that it holds.
        is_gone: whether what it held is lost.
    """

    def __init__(self, lost: asyncio.Future[Any], *common: Batcher[Job]) -> None:
        self._loop = lost.get_loop()
        self.lost = lost
        self.pinned: Batcher[Job] = Batcher(1)
        self.parked: set[StreamJob] = set()
        self.tenants: set[Tenant] = set()
        self.held_count = 0
        self.is_gone = False
        self._turns = deque((self.pinned, *common))

    def due_at(self) -> float:
        """When the next of what it may run is due; infinity if there is nothing."""
        return min(queue.due_at() for queue in self._turns)

    def next_queue(self) -> Batcher[Job] | None:
        """The queue whose turn it is, of those in which something is due: neither kind of work starves the others."""
        now = self._loop.time()
        for queue in self._turns:
            if queue.due_at() <= now:
                self._turns.remove(queue)
                self._turns.append(queue)
                return queue
        return None

    def clear(self) -> list[Job]:
        """Forget all that waits for it, and give it out."""
        jobs = [*self.pinned.clear(), *self.parked]
        self.parked.clear()
        return jobs


class Stations:
    """The workers of one model.

    Args:
        on_gone: told when a worker is gone.
        common: what any worker may run.
    """

    def __init__(self, on_gone: Callable[[Station], None], *common: Batcher[Job]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_gone = on_gone
        self._common = common
        self._all: dict[asyncio.Future[Any], Station] = {}
        self._idle: dict[Station, asyncio.Future[None]] = {}  # in the order in which they became so

    def __iter__(self) -> Iterator[Station]:
        return iter(self._all.values())

    def of(self, lost: asyncio.Future[Any]) -> Station:
        """The station of the worker that `lost` stands for."""
        station = self._all.get(lost)
        if station is None:
            station = self._all[lost] = Station(lost, *self._common)
            lost.add_done_callback(self._gone)
        return station

    def wake(self, station: Station | None = None) -> None:
        """Tell an idle worker that there is something to do: this one, or the one with the fewest sessions."""
        if not self._idle:
            return
        wake = self._idle.pop(station or min(self._idle, key=lambda one: len(one.tenants)), None)
        if wake is not None:
            wake.set_result(None)

    def wake_for_common(self) -> None:
        """Wake a worker if there is something that any may run, be it later: it waits for that."""
        if self._idle and any(map(len, self._common)):
            self.wake()

    async def work(self, station: Station) -> None:
        """Returns when its worker is woken or lost, or in time for what is due."""
        wake = self._idle[station] = self._loop.create_future()

        def on_time_or_lost(_: object = None) -> None:
            if self._idle.get(station) is wake:
                self.wake(station)

        station.lost.add_done_callback(on_time_or_lost)
        due_at = station.due_at()
        timer = None if math.isinf(due_at) else self._loop.call_at(due_at, on_time_or_lost)
        try:
            await wake
        finally:
            station.lost.remove_done_callback(on_time_or_lost)
            if timer is not None:
                timer.cancel()
            if self._idle.get(station) is wake:
                del self._idle[station]

    def _gone(self, lost: asyncio.Future[Any]) -> None:
        station = self._all.pop(lost)
        station.is_gone = True
        self._on_gone(station)
