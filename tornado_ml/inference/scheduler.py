"""One model's queue: gathers requests into batches, and sees to it that each is answered exactly once.

Executors pull batches from here and bring back what became of them; how a batch is run is theirs to know.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import (
    Cancelled,
    DeadlineExceeded,
    ModelCrashed,
    ModelNotReady,
    Overloaded,
    Superseded,
    WorkerLost,
)
from tornado_ml.inference.batching import Batcher
from tornado_ml.inference.jobs import Batch, Job, JobState, Outcome, dropped
from tornado_ml.inference.poison import PoisonList
from tornado_ml.models.answers import Answers

log = logging.getLogger(__name__)

GRACE_S = 1.0
"""How long a worker may go on with what nobody waits for, before it is stopped; more for a model that is slow."""


CHUNK_S = 0.002
"""How long a worker shall have work for, at the least: jobs of quick models are given out several at a time."""
MAX_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Limits:
    """How one model is run. They are settings; `settings.toml` describes them."""

    max_queue: int = 1024
    max_batch_size: int = 64
    max_batch_wait_s: float = 0.0
    timeout_s: float = 30.0
    retry: bool = True


class Scheduler:
    """The queue of one model. All times are those of the event loop's clock."""

    def __init__(self, limits: Limits, worker_count: int = 1) -> None:
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._worker_count = worker_count
        self._batcher: Batcher[Job] = Batcher(limits.max_batch_size, limits.max_batch_wait_s)
        self._running: dict[Batch, asyncio.TimerHandle] = {}
        self._idle_workers: deque[asyncio.Future[None]] = deque()
        self._poison = PoisonList()
        self._item_s = 0.01  # how long a worker takes for one item: a guess until the first
        self._batch_s = 0.0

    @property
    def open_count(self) -> int:
        """How many jobs wait or run."""
        return len(self._batcher) + sum(len(batch.jobs) for batch in self._running)

    def submit(
        self,
        data: Any,
        client: Hashable,
        on_settled: Callable[[Outcome | Exception], None],
        deadline_s: float | None = None,
    ) -> Job:
        """Queue a request.

        Args:
            data: the input, which fits the model's schema.
            client: whose it is: clients are served in turn.
            on_settled: called once with the outcome or an error, never from within this call.
            deadline_s: seconds from now in which it must be answered.

        Raises:
            Overloaded: the queue is full.
            ModelCrashed: the input has killed workers before.
        """
        if len(self._batcher) >= self._limits.max_queue:
            wait_s = len(self._batcher) * self._item_s / self._worker_count
            raise Overloaded("The model's queue is full.", retry_after_s=wait_s)
        if self._poison.holds(data, self._loop.time()):
            raise ModelCrashed("This input has crashed the model before; it is refused for a while.", retryable=False)
        now = self._loop.time()
        job = Job(data, client, now, on_settled)
        if deadline_s is not None:
            job.timer = self._loop.call_later(deadline_s, self._out_of_time, job)
        self._batcher.add(job, client, now)
        self._wake_worker()
        return job

    def drop(self, job: Job, dropped_as: type[Cancelled | Superseded]) -> None:
        """The client wants no prediction any more, but to hear what became of the request."""
        if job.state is JobState.QUEUED:
            self._batcher.remove(job, job.client)
            job.dropped_as = dropped_as
            job.settle(dropped(job, "stopped" if job.runs else "skipped"))
        elif job.state is JobState.RUNNING and job.dropped_as is None:
            job.dropped_as = dropped_as
            self._look_whether_abandoned(job.batch)

    def forget(self, job: Job) -> None:
        """The client is gone."""
        if job.state is JobState.QUEUED:
            self._batcher.remove(job, job.client)
        if job.state is not JobState.SETTLED:
            job.forget()
            self._look_whether_abandoned(job.batch)

    def fail_all(self, reason: str) -> None:
        """Answer everything that waits or runs: the model is no longer there."""
        for job in [*self._batcher, *(job for batch in self._running for job in batch.jobs)]:
            job.settle(ModelNotReady(reason) if job.dropped_as is None else dropped(job, "stopped"))
        self._batcher = Batcher(self._limits.max_batch_size, self._limits.max_batch_wait_s)

    async def idle(self, timeout_s: float) -> None:
        """Returns when nothing waits or runs, or after `timeout_s`."""
        deadline = self._loop.time() + timeout_s
        while self.open_count and self._loop.time() < deadline:
            await asyncio.sleep(0.01)

    async def next_batch(self, lost: asyncio.Future[Any]) -> Batch | None:
        """The next batch, as soon as it is due; None once `lost` is done. For one worker."""
        if self._limits.max_batch_size > 1 or self._item_s < CHUNK_S:
            # The clients that the last batch answered send their next requests now. Two turns of the loop take them
            # in; without them, clients in lockstep would be served in batches of 1 and n-1 by turns.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        while not lost.done():
            due_in_s = self._batcher.due_at() - self._loop.time()
            if due_in_s <= 0:
                return self._begin(self._batcher.take(self._size()))
            await self._work_or(lost, due_in_s)
        self._wake_worker()  # it may have been woken for work that another must do now
        return None

    def done(self, batch: Batch, answers: Answers, predict_s: float) -> None:
        """A worker has run a batch to its end."""
        self._end(batch)
        self._batch_s += (predict_s - self._batch_s) / 8
        self._item_s += (predict_s / len(batch.jobs) - self._item_s) / 8
        count, step = len(batch.jobs), self._limits.max_batch_size
        for place, (job, prediction) in enumerate(zip(batch.jobs, answers.predictions, strict=True)):
            if job.dropped_as is not None:
                job.settle(dropped(job, "finished"))
            elif place in answers.errors:
                job.settle(answers.errors[place])
            else:
                together = min(step, count - place // step * step)  # how many the model was given in the same call
                queue_s = batch.started_at - job.queued_at
                job.settle(Outcome(prediction, queue_s, predict_s * together / count, together))

    def lost(self, batch: Batch, error: WorkerLost) -> None:
        """The worker is gone in the middle of a batch. What it had not finished goes to another, one by one, once."""
        self._end(batch)
        for job in batch.jobs:
            if job.state is JobState.SETTLED:
                continue
            if job.dropped_as is not None:
                job.settle(dropped(job, "stopped"))
            elif self._limits.retry and job.runs < 2 and (error.may_retry or len(batch.jobs) > 1):
                job.state = JobState.QUEUED
                self._batcher.add_alone(job)
                self._wake_worker()
            else:
                if len(batch.jobs) == 1:
                    self._poison.blame(job.data, self._loop.time(), again=job.runs > 1)
                job.settle(ModelCrashed())

    def _size(self) -> int:
        """How many jobs a worker is given at a time: a batch, or as many as it runs in `CHUNK_S`.

        The way to a worker and back costs more than a quick model's predictions, and the service could do no work in
        the meantime if it waited for each.
        """
        fair = math.ceil(len(self._batcher) / self._worker_count)
        return max(self._limits.max_batch_size, min(fair, int(CHUNK_S / self._item_s), MAX_CHUNK))

    def _begin(self, jobs: list[Job]) -> Batch:
        batch = Batch(jobs, self._loop.time())
        for job in jobs:
            job.state = JobState.RUNNING
            job.runs += 1
            job.batch = batch
        self._running[batch] = self._loop.call_later(self._limits.timeout_s, self._timed_out, batch)
        return batch

    def _end(self, batch: Batch) -> None:
        batch.kill = batch.cancel = None
        self._running.pop(batch).cancel()
        for job in batch.jobs:
            job.batch = None  # the two refer to each other, and would wait for the garbage collector

    def _timed_out(self, batch: Batch) -> None:
        for job in batch.jobs:
            if job.is_waited_for:
                job.settle(DeadlineExceeded())
        self._look_whether_abandoned(batch)

    def _out_of_time(self, job: Job) -> None:
        if job.dropped_as is not None:
            return  # it is told what became of it, once that is known
        if job.state is JobState.QUEUED:
            self._batcher.remove(job, job.client)
        job.settle(DeadlineExceeded())
        self._look_whether_abandoned(job.batch)

    def _look_whether_abandoned(self, batch: Batch | None) -> None:
        """Once nobody waits for a batch any more, ask its worker to give up, and stop it if it does not."""
        if batch is None or batch.is_abandoned or batch.is_waited_for or batch not in self._running:
            return
        batch.is_abandoned = True
        self._running[batch].cancel()
        if batch.cancel is not None:
            batch.cancel()
        self._running[batch] = self._loop.call_later(max(GRACE_S, 2 * self._batch_s), self._stop_worker, batch)

    def _stop_worker(self, batch: Batch) -> None:
        if batch.kill is not None:
            log.warning("A worker is stopped: it went on with what nobody waits for.")
            batch.kill()
            return
        # It cannot be stopped; those behind it shall not wait for ever.
        queued_before = self._loop.time() - self._limits.timeout_s
        for job in [job for job in self._batcher if job.queued_at <= queued_before]:
            self._out_of_time(job)
        self._running[batch] = self._loop.call_later(GRACE_S, self._stop_worker, batch)

    def _wake_worker(self) -> None:
        while self._idle_workers:
            idle = self._idle_workers.popleft()
            if not idle.done():
                idle.set_result(None)
                return

    async def _work_or(self, lost: asyncio.Future[Any], timeout_s: float) -> None:
        """Returns when a job comes, when `lost` is done, or in time for a batch that is due."""
        wake = self._loop.create_future()

        def on_lost(_: object) -> None:
            if not wake.done():
                wake.set_result(None)

        self._idle_workers.append(wake)
        lost.add_done_callback(on_lost)
        timer = None if math.isinf(timeout_s) else self._loop.call_later(timeout_s, on_lost, None)
        try:
            await wake
        finally:
            lost.remove_done_callback(on_lost)
            if timer is not None:
                timer.cancel()
            if not wake.done():
                wake.cancel()
