"""The queue of one model, on a clock that the test sets, with workers that do what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tornado_ml.errors import (
    Cancelled,
    DeadlineExceeded,
    InvalidInput,
    ModelCrashed,
    ModelNotReady,
    Overloaded,
    Superseded,
    WorkerLost,
)
from tornado_ml.inference.jobs import Batch, Job, Outcome
from tornado_ml.inference.scheduler import GRACE_S, Limits, Scheduler
from tornado_ml.models.loaded import Answers


class SetLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when it is told to."""

    now = 1000.0

    def time(self) -> float:
        return self.now


class Worker:
    """Takes batches, and keeps each until the test says what becomes of it."""

    def __init__(self, scheduler: Scheduler, *, can_be_killed: bool = True) -> None:
        self.scheduler = scheduler
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.batch: Batch | None = None
        self.cancels = 0
        self.was_killed = False
        self._can_be_killed = can_be_killed
        self._next: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while (batch := await self.scheduler.next_batch(self.lost)) is not None:
            self.batch = batch
            batch.cancel = self._cancel
            batch.kill = self._kill if self._can_be_killed else None
            await self._next
            self._next = asyncio.get_running_loop().create_future()
            if self.lost.done():
                return

    @property
    def data(self) -> list[Any] | None:
        return None if self.batch is None else self.batch.documents

    def finish(self, errors: dict[int, Exception] | None = None) -> None:
        assert self.batch is not None
        batch, self.batch = self.batch, None
        self.scheduler.done(batch, Answers(batch.documents, errors or {}), 0.01)
        self._next.set_result(None)

    def die(self, *, may_retry: bool = True) -> None:
        self.lost.set_result(None)
        if self.batch is not None:
            batch, self.batch = self.batch, None
            self.scheduler.lost(batch, WorkerLost("it died", may_retry=may_retry))
            self._next.set_result(None)

    def _cancel(self) -> None:
        self.cancels += 1

    def _kill(self) -> None:
        self.was_killed = True
        self.die()


class World:
    """A scheduler, its workers, and what clients are told."""

    def __init__(self, **limits: Any) -> None:
        self.loop = SetLoop()
        self.told: dict[Job, list[Outcome | Exception]] = {}
        self.workers: list[Worker] = []
        self.scheduler = self.do(lambda: Scheduler(Limits(**limits)))

    def do(self, action: Any) -> Any:
        """Call it within the loop, and let the loop turn until all has been said that it leads to."""

        async def act() -> Any:
            result = action()
            for _ in range(10):
                await asyncio.sleep(0)
            return result

        return self.loop.run_until_complete(act())

    def submit(self, data: Any, client: str = "client", deadline_s: float | None = None) -> Job:
        told: list[Outcome | Exception] = []
        job: Job = self.do(lambda: self.scheduler.submit(data, client, told.append, deadline_s))
        self.told[job] = told
        return job

    def worker(self, *, can_be_killed: bool = True) -> Worker:
        worker: Worker = self.do(lambda: Worker(self.scheduler, can_be_killed=can_be_killed))
        self.workers.append(worker)
        return worker

    def passes(self, seconds: float) -> None:
        self.loop.now += seconds
        self.do(lambda: None)

    def answer(self, job: Job) -> Outcome | Exception | None:
        (answer,) = self.told[job] or [None]
        return answer

    def close(self) -> None:
        for worker in self.workers:
            worker.task.cancel()
        self.do(lambda: None)
        self.loop.close()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(**getattr(request, "param", {}))
    yield made
    made.close()


def limited(**limits: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("world", [limits], indirect=True)


def test_what_gathers_while_a_batch_runs_is_the_next_one(world: World) -> None:
    worker = world.worker()
    first = world.submit("a")
    others = [world.submit(data) for data in "bcd"]
    assert worker.data == ["a"]
    world.do(worker.finish)
    assert worker.data == ["b", "c", "d"]
    world.passes(2)
    world.do(lambda: worker.finish({1: InvalidInput("not this")}))
    assert world.answer(first) == Outcome("a", 0.0, 0.01, 1)
    assert world.answer(others[0]) == Outcome("b", 0.0, 0.01, 3)
    assert isinstance(world.answer(others[1]), InvalidInput)
    assert world.scheduler.open_count == 0


@limited(max_batch_wait_s=5.0, max_batch_size=2)
def test_a_batch_goes_when_it_is_full_or_its_oldest_has_waited_long_enough(world: World) -> None:
    worker = world.worker()
    world.submit("a")
    world.passes(4)
    assert worker.data is None
    world.passes(2)
    assert worker.data == ["a"]
    world.do(worker.finish)
    world.submit("b")
    world.submit("c")
    assert worker.data == ["b", "c"]


@limited(max_queue=2)
def test_beyond_its_bound_the_queue_refuses_and_says_when_to_come_back(world: World) -> None:
    for data in "ab":
        world.submit(data)
    with pytest.raises(Overloaded) as refused:
        world.submit("c")
    assert refused.value.retry_after_s is not None
    assert refused.value.retry_after_s > 0
    world.do(lambda: world.scheduler.forget(next(iter(world.told))))
    world.submit("c")


def test_what_a_dead_worker_held_is_tried_once_more_one_by_one_and_what_kills_again_is_refused(world: World) -> None:
    jobs = [world.submit(data) for data in ("a", "kills", "b")]
    world.do(world.worker().die)
    worker = world.worker()
    assert worker.data == ["a"]
    world.do(worker.finish)
    assert worker.data == ["kills"]
    world.do(worker.die)
    worker = world.worker()
    assert worker.data == ["b"]
    world.do(worker.finish)
    crashed = world.answer(jobs[1])
    assert isinstance(crashed, ModelCrashed)
    assert crashed.retryable
    assert all(isinstance(world.answer(job), Outcome) for job in (jobs[0], jobs[2]))
    with pytest.raises(ModelCrashed) as refused:
        world.submit("kills")
    assert not refused.value.retryable
    world.passes(61)
    world.submit("kills")


@limited(retry=False)
def test_without_a_retry_all_that_a_dead_worker_held_has_crashed(world: World) -> None:
    jobs = [world.submit(data) for data in "ab"]
    world.do(world.worker().die)
    assert all(isinstance(world.answer(job), ModelCrashed) for job in jobs)
    assert world.scheduler.open_count == 0


def test_what_ran_alone_and_may_not_be_retried_has_crashed(world: World) -> None:
    job = world.submit("a")
    worker = world.worker()
    world.do(lambda: worker.die(may_retry=False))
    assert isinstance(world.answer(job), ModelCrashed)


def test_work_goes_to_another_worker_when_the_one_that_was_woken_dies_at_the_same_moment(world: World) -> None:
    dies, lives = world.worker(), world.worker()

    def submit_and_die() -> None:
        world.scheduler.submit("a", "client", lambda _: None)
        dies.die()

    world.do(submit_and_die)
    assert lives.data == ["a"]


def test_a_deadline_passes_in_the_queue_and_while_it_runs(world: World) -> None:
    worker = world.worker()
    runs = world.submit("runs", deadline_s=2)
    waits = world.submit("waits", deadline_s=1)
    world.passes(1.5)
    assert isinstance(world.answer(waits), DeadlineExceeded)
    assert world.answer(runs) is None
    world.passes(1)
    assert isinstance(world.answer(runs), DeadlineExceeded)
    assert worker.cancels == 1
    assert not worker.was_killed
    world.passes(GRACE_S + 0.1)
    assert worker.was_killed
    assert world.scheduler.open_count == 0


@limited(timeout_s=3.0)
def test_what_runs_too_long_is_answered_at_once_and_its_worker_stopped_unless_it_comes_back(world: World) -> None:
    comes_back, hangs = world.worker(), world.worker()
    first, second = world.submit("a"), world.submit("b")
    world.passes(3.1)
    assert isinstance(world.answer(first), DeadlineExceeded)
    assert isinstance(world.answer(second), DeadlineExceeded)
    world.do(comes_back.finish)
    world.passes(GRACE_S + 0.1)
    assert not comes_back.was_killed
    assert hangs.was_killed


@limited(timeout_s=3.0)
def test_behind_what_hangs_and_cannot_be_stopped_nobody_waits_for_ever(world: World) -> None:
    worker = world.worker(can_be_killed=False)
    world.submit("hangs")
    world.passes(0.1)
    behind = world.submit("b")
    for _ in range(6):
        world.passes(1)
    assert isinstance(world.answer(behind), DeadlineExceeded)
    world.do(worker.finish)
    assert world.answer(world.submit("c")) is None
    assert worker.data == ["c"]


@pytest.mark.parametrize("dropped_as", [Cancelled, Superseded])
def test_a_dropped_job_is_told_truthfully_what_became_of_it(
    world: World, dropped_as: type[Cancelled | Superseded]
) -> None:
    def outcome(job: Job) -> str:
        answer = world.answer(job)
        assert isinstance(answer, dropped_as)
        return answer.outcome if isinstance(answer, Cancelled) else "superseded"

    def drop(job: Job) -> None:
        world.do(lambda: world.scheduler.drop(job, dropped_as))

    worker = world.worker()
    finished, skipped = world.submit("a"), world.submit("b")
    drop(skipped)
    drop(finished)
    drop(finished)
    assert world.answer(finished) is None
    assert worker.cancels == 1
    world.do(worker.finish)
    stopped = world.submit("c", deadline_s=0.5)
    drop(stopped)
    world.passes(GRACE_S + 0.1)
    assert worker.was_killed
    tried = world.submit("d")
    world.do(world.worker().die)
    drop(tried)
    told = [outcome(job) for job in (finished, skipped, stopped, tried)]
    assert told == (["finished", "skipped", "stopped", "stopped"] if dropped_as is Cancelled else ["superseded"] * 4)


def test_a_batch_is_not_stopped_while_anybody_waits_for_it_and_stopped_once_nobody_does(world: World) -> None:
    jobs = [world.submit(data) for data in "abc"]
    worker = world.worker()
    world.do(lambda: world.scheduler.drop(jobs[0], Cancelled))
    world.do(lambda: world.scheduler.forget(jobs[1]))
    assert worker.cancels == 0
    world.do(lambda: world.scheduler.drop(jobs[2], Cancelled))
    world.passes(GRACE_S / 2)
    world.do(lambda: world.scheduler.forget(jobs[2]))
    world.passes(GRACE_S / 2 + 0.1)
    assert worker.cancels == 1
    assert worker.was_killed, "and what else happens to it does not put that off"


def test_when_the_model_is_gone_everything_is_answered(world: World) -> None:
    worker = world.worker()
    runs, dropped, waits = world.submit("a"), world.submit("b"), world.submit("c")
    world.do(worker.finish)
    assert worker.data == ["b", "c"]
    last = world.submit("d")
    world.do(lambda: world.scheduler.drop(dropped, Cancelled))
    world.do(lambda: world.scheduler.fail_all("It has gone."))
    assert isinstance(world.answer(runs), Outcome)
    assert isinstance(world.answer(dropped), Cancelled)
    assert [str(world.answer(job)) for job in (waits, last)] == ["It has gone."] * 2
    assert isinstance(world.answer(last), ModelNotReady)
    world.do(worker.finish)
    assert world.scheduler.open_count == 0


def test_it_is_idle_when_nothing_waits_or_runs(world: World) -> None:
    world.loop.run_until_complete(world.scheduler.idle(10))


class EachIsAnsweredOnce(RuleBasedStateMachine):
    """Whatever happens, in whatever order."""

    @initialize(
        size=st.integers(1, 3), wait_s=st.sampled_from([0.0, 0.5]), retry=st.booleans(), workers=st.integers(0, 3)
    )
    def begin(self, size: int, wait_s: float, retry: bool, workers: int) -> None:
        self.wait_s = wait_s
        self.world = World(max_batch_size=size, max_batch_wait_s=wait_s, retry=retry, timeout_s=3.0, max_queue=20)
        self.forgotten: set[Job] = set()
        self.count = 0
        for _ in range(workers):
            self.world.worker()

    def some(self, number: int) -> Job | None:
        jobs = list(self.world.told)
        return jobs[number % len(jobs)] if jobs else None

    @rule(client=st.sampled_from("abc"), deadline_s=st.sampled_from([None, 0.2, 5.0]))
    def submit(self, client: str, deadline_s: float | None) -> None:
        self.count += 1
        try:
            self.world.submit(self.count, client, deadline_s)
        except Overloaded:
            assert self.world.scheduler.open_count >= 20

    @rule()
    def start_worker(self) -> None:
        self.world.worker()

    @rule(number=st.integers(0, 9))
    def finish(self, number: int) -> None:
        busy = [worker for worker in self.world.workers if worker.batch is not None]
        if busy:
            self.world.do(busy[number % len(busy)].finish)

    @rule(number=st.integers(0, 9), may_retry=st.booleans())
    def die(self, number: int, may_retry: bool) -> None:
        alive = [worker for worker in self.world.workers if not worker.lost.done()]
        if alive:
            worker = alive[number % len(alive)]
            self.world.do(lambda: worker.die(may_retry=may_retry))

    @rule(number=st.integers(0, 9), client=st.sampled_from("abc"))
    def die_while_work_comes(self, number: int, client: str) -> None:
        alive = [worker for worker in self.world.workers if not worker.lost.done()]
        if not alive or self.world.scheduler.open_count >= 20:
            return
        self.count += 1
        told: list[Outcome | Exception] = []

        def act() -> Job:
            job = self.world.scheduler.submit(self.count, client, told.append)
            alive[number % len(alive)].die()
            return job

        self.world.told[self.world.do(act)] = told

    @rule(number=st.integers(0, 99), dropped_as=st.sampled_from([Cancelled, Superseded]))
    def drop(self, number: int, dropped_as: type[Cancelled | Superseded]) -> None:
        job = self.some(number)
        if job is not None:
            self.world.do(lambda: self.world.scheduler.drop(job, dropped_as))

    @rule(number=st.integers(0, 99))
    def forget(self, number: int) -> None:
        job = self.some(number)
        if job is not None:
            if not self.world.told[job]:
                self.forgotten.add(job)
            self.world.do(lambda: self.world.scheduler.forget(job))

    @rule(seconds=st.sampled_from([0.1, 0.6, 2.0, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.passes(seconds)

    @rule()
    def fail_all(self) -> None:
        self.world.do(lambda: self.world.scheduler.fail_all("It has gone."))

    @invariant()
    def nobody_is_told_twice_or_told_what_is_not_so(self) -> None:
        for job, told in self.world.told.items():
            assert len(told) <= 1
            for answer in told:
                assert job not in self.forgotten
                if isinstance(answer, Outcome):
                    assert answer.prediction == job.data
                    assert job.dropped_as is None
                if job.dropped_as is not None:
                    assert isinstance(answer, job.dropped_as)
                if isinstance(answer, Cancelled):
                    assert (answer.outcome == "skipped") == (job.runs == 0)
            assert job.runs <= 2

    @invariant()
    def no_worker_is_idle_while_there_is_work_that_is_due(self) -> None:
        idle = [worker for worker in self.world.workers if worker.batch is None and not worker.lost.done()]
        waiting = list(self.world.scheduler._batcher)
        if idle and waiting:
            assert self.world.scheduler._batcher.due_at() > self.world.loop.now

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        for _ in range(200):
            if not world.scheduler.open_count:
                break
            world.worker()
            world.passes(1)
            for worker in world.workers:
                if worker.batch is not None:
                    world.do(worker.finish)
        assert world.scheduler.open_count == 0
        assert all(len(told) == (job not in self.forgotten) for job, told in world.told.items())
        world.close()


TestEachIsAnsweredOnce = EachIsAnsweredOnce.TestCase
TestEachIsAnsweredOnce.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
