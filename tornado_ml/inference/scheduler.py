"""One model's queue: gathers requests into batches, and sees to it that each is answered exactly once.

Executors pull batches from here and bring back what became of them; how a batch is run is theirs to know. What a worker
holds between two calls, a stream or a session, only that worker can go on with: such jobs are pinned to its station.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Hashable, Iterator
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
from tornado_ml.inference.admission import Admission
from tornado_ml.inference.batching import Batcher
from tornado_ml.inference.jobs import Batch, CloseJob, Job, JobState, Outcome, StreamJob, UnitJob, dropped, work_of
from tornado_ml.inference.poison import PoisonList
from tornado_ml.inference.running import RunningBatches
from tornado_ml.inference.stations import Station, Stations
from tornado_ml.inference.workbench import Done, Predict
from tornado_ml.models.answers import Answers
from tornado_ml.models.live import Step

CHUNK_S = 0.002
"""How long a worker shall have work for, at the least: jobs of quick models are given out several at a time."""
MAX_CHUNK_S = 0.05
"""And at the most, while the event loop has so much else to do that results wait for it, and workers for their next."""
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
        self.loop = asyncio.get_running_loop()
        self._limits = limits
        self._worker_count = worker_count
        self._batcher: Batcher[Job] = Batcher(limits.max_batch_size, limits.max_batch_wait_s)
        self._units: Batcher[Job] = Batcher(1)
        self._stations = Stations(self._station_gone, self._batcher, self._units)
        self._admission = Admission(limits.max_queue)
        self._running = RunningBatches(limits.timeout_s, self._stuck)
        self._poison = PoisonList()
        self._item_s = 0.01  # how long a worker takes for one item: a guess until the first
        self._way_s = 0.0  # how long a batch is on its way, there and back, and waits for its turn in the loop

    @property
    def open_count(self) -> int:
        """How many jobs wait or run."""
        return sum(self.counts())

    @property
    def max_queue(self) -> int:
        """How many may wait for any worker."""
        return self._limits.max_queue

    def counts(self) -> tuple[int, int]:
        """How many jobs wait, and how many run."""
        return sum(1 for _ in self._waiting()), sum(len(batch.jobs) for batch in self._running)

    @property
    def held_count(self) -> int:
        """How many streams and sessions the workers hold."""
        return sum(station.held_count for station in self._stations)

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
            Overloaded: the queue is full, or was just now and this client has its share of it.
            ModelCrashed: the input has killed workers before.
        """
        job = Job(data, client, on_settled)
        self.admit(job, deadline_s)
        return job

    def admit(self, job: Job, deadline_s: float | None = None) -> None:
        """Queue a job of any kind. Raises as `submit` does."""
        queue = self._queue_of(job)
        if job.station is None:
            waiting = len(self._batcher) + len(self._units)
            refusal = self._admission.refusal(waiting, queue.turn(job.client))
        else:
            waiting = len(queue)
            refusal = "The worker's queue is full." if waiting >= self._limits.max_queue else None
        if refusal is not None:
            raise Overloaded(refusal, retry_after_s=waiting * self._item_s / self._worker_count)
        now = self.loop.time()
        if job.is_blamed and self._poison.holds(job.data, now):
            raise ModelCrashed("This input has crashed the model before; it is refused for a while.", retryable=False)
        if deadline_s is not None:
            job.timer = self.loop.call_later(deadline_s, self._out_of_time, job)
        self.enqueue(job, now)

    def enqueue(self, job: Job, now: float | None = None) -> None:
        """Let a job wait from now on behind those of its client; before all others if the time does not matter."""
        station = job.station
        if station is not None and station.is_gone:
            job.settle(job.crashed())
            return
        queue = self._queue_of(job)
        job.state = JobState.QUEUED
        job.queue = queue
        if now is None:
            queue.add_alone(job)
        else:
            job.queued_at = now
            queue.add(job, job.client, now)
        self._stations.wake(station)

    def drop(self, job: Job, dropped_as: type[Cancelled | Superseded]) -> None:
        """The client wants no prediction any more, but to hear what became of the request."""
        if job.state is JobState.QUEUED:
            self._take_out(job)
            job.dropped_as = dropped_as
            job.settle(dropped(job, "stopped" if job.runs else "skipped"))
        elif job.state is JobState.RUNNING and job.dropped_as is None:
            job.dropped_as = dropped_as
            self._running.look_whether_abandoned(job.batch)

    def forget(self, job: Job) -> None:
        """The client is gone."""
        if job.state is JobState.QUEUED:
            self._take_out(job)
        if job.state is not JobState.SETTLED:
            job.forget()
            self._running.look_whether_abandoned(job.batch)

    def partial_taken(self, job: StreamJob) -> None:
        """The client has taken a partial prediction: there may be another."""
        job.taken()
        self._wake_parked(job)

    def fail_all(self, reason: str) -> None:
        """Answer everything that waits or runs: the model is no longer there."""
        jobs = [*self._batcher.clear(), *self._units.clear()]
        for station in self._stations:
            jobs += station.clear()
        jobs += [job for batch in self._running for job in batch.jobs]
        for job in jobs:
            job.settle(ModelNotReady(reason) if job.dropped_as is None else dropped(job, "stopped"))

    def close(self) -> None:
        """Look after nothing any more: there are no workers."""
        self._running.close()

    async def idle(self, timeout_s: float) -> None:
        """Returns when nothing waits or runs, or after `timeout_s`."""
        deadline = self.loop.time() + timeout_s
        while self.open_count and self.loop.time() < deadline:
            await asyncio.sleep(0.01)

    async def next_batch(self, lost: asyncio.Future[Any]) -> Batch | None:
        """The next batch, as soon as it is due; None once `lost` is done. For one worker, which `lost` stands for."""
        station = self._stations.of(lost)
        if self._limits.max_batch_size > 1 or self._item_s < CHUNK_S:
            # The clients that the last batch answered send their next requests now. Two turns of the loop take them
            # in; without them, clients in lockstep would be served in batches of 1 and n-1 by turns.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        while not lost.done():
            queue = station.next_queue()
            if queue is not None:
                batch = self._begin(queue.take(self._size() if queue is self._batcher else 1), station)
                self._stations.wake_for_common()  # it may have been woken for what another must do now
                return batch
            await self._stations.work(station)
        self._stations.wake_for_common()
        return None

    def done(self, batch: Batch, done: Done) -> None:
        """A worker has done its work on a batch."""
        self._running.end(batch)
        if done.held_count is not None:
            batch.station.held_count = done.held_count
        if isinstance(done.result, Step):
            (job,) = batch.jobs
            assert isinstance(job, StreamJob)
            self._stepped(job, done.result, done.predict_s)
        else:
            self._answered(batch, done.result, done.predict_s)

    def lost(self, batch: Batch, error: WorkerLost, held_count: int = 0) -> None:
        """A batch is lost, with its worker unless that holds something still. It goes to another worker, job by job,
        once.
        """
        self._running.end(batch)
        batch.station.held_count = held_count
        for job in batch.jobs:
            if job.state is JobState.SETTLED:
                continue
            if job.dropped_as is not None:
                job.settle(dropped(job, "stopped"))
            elif self._may_retry(job, batch, error):
                if isinstance(job, UnitJob):
                    job.station = None
                self.enqueue(job)
            else:
                if len(batch.jobs) == 1 and job.is_blamed:
                    self._poison.blame(job.data, self.loop.time(), again=job.runs > 1)
                job.settle(job.crashed())

    def _queue_of(self, job: Job) -> Batcher[Job]:
        if job.station is not None:
            return job.station.pinned
        return self._units if isinstance(job, UnitJob) else self._batcher

    def _may_retry(self, job: Job, batch: Batch, error: WorkerLost) -> bool:
        return self._limits.retry and job.runs < 2 and job.may_move and (error.may_retry or len(batch.jobs) > 1)

    def _answered(self, batch: Batch, answers: Answers, predict_s: float) -> None:
        jobs, errors = batch.jobs, answers.errors
        count, step = len(jobs), self._limits.max_batch_size
        self._running.usual_s += (predict_s - self._running.usual_s) / 8
        if isinstance(batch.work, Predict):
            self._way_s += (self.loop.time() - batch.started_at - predict_s - self._way_s) / 8
            self._item_s += (predict_s / count - self._item_s) / 8
        elif isinstance(jobs[0], UnitJob) and jobs[0].state is JobState.SETTLED and not errors:
            self._undo(jobs[0])
        for start in range(0, count, step):  # the model is given so many in the same call
            together = min(step, count - start)
            for place in range(start, start + together):
                job = jobs[place]
                if job.dropped_as is not None:
                    job.settle(dropped(job, "finished"))
                elif place in errors:
                    job.settle(errors[place])
                else:
                    queue_s = batch.started_at - job.queued_at
                    job.settle(Outcome(answers.predictions[place], queue_s, predict_s * together / count, together))

    def _stepped(self, job: StreamJob, step: Step, predict_s: float) -> None:
        job.predict_s += predict_s
        for partial in step.partials:
            if job.is_waited_for:
                job.hand_on(partial)
        if step.answers is not None:
            if job.dropped_as is not None:
                job.settle(dropped(job, "finished"))
            elif step.answers.errors:
                job.settle(step.answers.errors[0])
            else:
                job.settle(Outcome(step.answers.predictions[0], job.queue_s, job.predict_s, 1))
        elif not (step.goes_on and job.is_waited_for):
            if step.goes_on:
                self._undo(job)
            job.settle(dropped(job, "stopped"))
        else:
            self._go_on(job, step.pause_s)

    def _go_on(self, job: StreamJob, pause_s: float) -> None:
        station = job.station
        assert station is not None
        if pause_s and not station.is_gone:
            job.pause = self.loop.call_later(pause_s, self._pause_over, job)
        if job.is_due or station.is_gone:
            self.enqueue(job, self.loop.time())
        else:
            job.state = JobState.QUEUED
            station.parked.add(job)

    def _pause_over(self, job: StreamJob) -> None:
        job.pause = None
        self._wake_parked(job)

    def _wake_parked(self, job: StreamJob) -> None:
        """Let a stream that waited for its client, or for its time, take another step if it may."""
        if job.is_due and job.station is not None and job in job.station.parked:
            job.station.parked.remove(job)
            self.enqueue(job, self.loop.time())

    def _undo(self, job: UnitJob) -> None:
        """Let a worker let go of what nobody waits for."""
        work = job.undo()
        if work is not None and job.station is not None:
            closing = CloseJob(work, job.client, lambda _: None)
            closing.station = job.station
            self.enqueue(closing)

    def _take_out(self, job: Job) -> None:
        """Nobody waits any more for a job that no worker runs just now."""
        if job.queue is not None:
            job.queue.remove(job, job.client)
            job.queue = None
        if isinstance(job, UnitJob) and job.station is not None:
            if isinstance(job, StreamJob):
                job.station.parked.discard(job)
            self._undo(job)

    def _out_of_time(self, job: Job) -> None:
        if job.dropped_as is not None:
            return  # it is told what became of it, once that is known
        if job.state is JobState.QUEUED:
            self._take_out(job)
        job.settle(DeadlineExceeded())
        self._running.look_whether_abandoned(job.batch)

    def _stuck(self, batch: Batch) -> None:
        """A worker cannot be stopped; those behind it shall not wait for ever."""
        queued_before = self.loop.time() - self._limits.timeout_s
        for job in [*self._batcher, *self._units, *batch.station.pinned]:
            if job.queued_at <= queued_before:
                self._out_of_time(job)

    def _station_gone(self, station: Station) -> None:
        for job in station.clear():
            job.settle(job.crashed())
        for tenant in list(station.tenants):
            tenant.worker_lost()

    def _waiting(self) -> Iterator[Job]:
        yield from self._batcher
        yield from self._units
        for station in self._stations:
            yield from station.pinned
            yield from station.parked

    def _begin(self, jobs: list[Job], station: Station) -> Batch:
        batch = Batch(jobs, work_of(jobs, self._limits.max_batch_size), station, self.loop.time())
        for job in jobs:
            job.begin(batch)
        self._running.begin(batch)
        return batch

    def _size(self) -> int:
        """How many jobs a worker is given at a time: a batch, or as many as keep it busy for a while.

        The way to a worker and back costs more than a quick model's predictions, and the service could do no work in
        the meantime if it waited for each. A loop that refuses a flood is long in coming to a worker's results.
        """
        fair = math.ceil(len(self._batcher) / self._worker_count)
        chunk_s = max(CHUNK_S, min(2 * self._way_s, MAX_CHUNK_S)) if self._admission.is_flooded else CHUNK_S
        return max(self._limits.max_batch_size, min(fair, int(chunk_s / self._item_s), MAX_CHUNK))
