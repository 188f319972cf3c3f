"""The batches that workers are at: which take too long, and which nobody waits for any more."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

from tornado_ml.errors import DeadlineExceeded
from tornado_ml.inference.jobs import Batch

log = logging.getLogger(__name__)

GRACE_S = 1.0
"""How long a worker may go on with what nobody waits for, before it is stopped; more for a model that is slow."""


class RunningBatches:
    """What workers are at.

    Args:
        timeout_s: how long a batch may run.
        on_stuck: told, again and again, of a batch that goes on although nobody waits for it, where the worker cannot
            be stopped.

    Attributes:
        usual_s: how long batches take of late.
    """

    def __init__(self, timeout_s: float, on_stuck: Callable[[Batch], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout_s = timeout_s
        self._on_stuck = on_stuck
        self._timers: dict[Batch, asyncio.TimerHandle] = {}
        self.usual_s = 0.0

    def __iter__(self) -> Iterator[Batch]:
        return iter(self._timers)

    def begin(self, batch: Batch) -> None:
        """A worker is given a batch."""
        self._timers[batch] = self._loop.call_later(self._timeout_s, self._timed_out, batch)

    def end(self, batch: Batch) -> None:
        """Its worker has done with it, or is gone."""
        batch.kill = batch.cancel = None
        self._timers.pop(batch).cancel()
        for job in batch.jobs:
            job.batch = None  # the two refer to each other, and would wait for the garbage collector

    def look_whether_abandoned(self, batch: Batch | None) -> None:
        """Once nobody waits for a batch any more, ask its worker to give up, and stop it if it does not."""
        if batch is None or batch.is_abandoned or batch.is_waited_for or batch not in self._timers:
            return
        batch.is_abandoned = True
        self._timers[batch].cancel()
        if batch.cancel is not None:
            batch.cancel()
        self._timers[batch] = self._loop.call_later(max(GRACE_S, 2 * self.usual_s), self._stop_worker, batch)

    def close(self) -> None:
        """Look after nothing any more: there are no workers."""
        for timer in self._timers.values():
            timer.cancel()

    def _timed_out(self, batch: Batch) -> None:
        for job in batch.jobs:
            if job.is_waited_for:
                job.settle(DeadlineExceeded())
        self.look_whether_abandoned(batch)

    def _stop_worker(self, batch: Batch) -> None:
        if batch.kill is not None:
            log.warning("A worker is stopped: it went on with what nobody waits for.")
            batch.kill()
            return
        self._on_stuck(batch)
        self._timers[batch] = self._loop.call_later(GRACE_S, self._stop_worker, batch)
