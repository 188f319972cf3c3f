"""Whatever happens to a model's queue and its workers, each request is answered exactly once."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tornado_ml.errors import Cancelled, Overloaded, Superseded
from tornado_ml.inference.jobs import Job, Outcome


class EachIsAnsweredOnce(RuleBasedStateMachine):
    """Whatever happens, in whatever order."""

    def __init__(self, make_world: Any) -> None:
        super().__init__()
        self.make_world = make_world

    @initialize(
        size=st.integers(1, 3), wait_s=st.sampled_from([0.0, 0.5]), retry=st.booleans(), workers=st.integers(0, 3)
    )
    def begin(self, size: int, wait_s: float, retry: bool, workers: int) -> None:
        self.wait_s = wait_s
        self.world = self.make_world(
            max_batch_size=size, max_batch_wait_s=wait_s, retry=retry, timeout_s=3.0, max_queue=20
        )
        self.forgotten: set[Job] = set()
        self.count = 0
        for _ in range(workers):
            self.world.worker()

    def some(self, number: int) -> Job | None:
        jobs: list[Job] = list(self.world.told)
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
            job: Job = self.world.scheduler.submit(self.count, client, told.append)
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


def test_each_request_is_answered_once(make_world: Any) -> None:
    run_state_machine_as_test(
        lambda: EachIsAnsweredOnce(make_world),
        settings=settings(max_examples=60, stateful_step_count=40, deadline=None),
    )
