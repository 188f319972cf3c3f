"""Whatever happens to a model's queue and its workers, each request is answered once, and nothing stays behind."""

from __future__ import annotations

from contextlib import suppress
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

from tornado_ml.errors import Cancelled, NotFound, Overloaded, Superseded
from tornado_ml.inference.jobs import PARTIAL_WINDOW, Job, Outcome, StreamJob
from tornado_ml.inference.sessions import Session, SessionEnd


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
            max_batch_size=size,
            max_batch_wait_s=wait_s,
            retry=retry,
            timeout_s=3.0,
            max_queue=20,
            max_sessions=5,
            idle_s=4.0,
        )
        self.taken: dict[Job, int] = {}
        self.nobodys: set[Session] = set()
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
            assert self.world.scheduler.open_count > 10, "it is half empty"

    @rule(client=st.sampled_from("abc"), deadline_s=st.sampled_from([None, 0.2, 5.0]))
    def stream(self, client: str, deadline_s: float | None) -> None:
        self.count += 1
        with suppress(Overloaded):
            self.taken[self.world.stream(self.count, client, deadline_s)] = 0

    @rule(number=st.integers(0, 99))
    def take_partials(self, number: int) -> None:
        given = [job for job, count in self.taken.items() if len(self.world.partials[job]) > count]
        if given:
            job = given[number % len(given)]
            self.taken[job] += 1
            self.world.do(lambda: self.world.scheduler.partial_taken(job))

    @rule(client=st.sampled_from("abc"))
    def open_session(self, client: str) -> None:
        self.count += 1
        with suppress(Overloaded):
            self.world.open(self.count, client)

    @rule(number=st.integers(0, 99), deadline_s=st.sampled_from([None, 0.2, 5.0]))
    def ask_in_session(self, number: int, deadline_s: float | None) -> None:
        sessions = list(self.world.ends)
        if sessions:
            session = sessions[number % len(sessions)]
            self.count += 1
            try:
                self.world.ask(session, self.count, deadline_s)
            except NotFound:
                assert not session.is_open
            except Overloaded:
                assert session.is_open

    @rule(number=st.integers(0, 99), is_forgotten=st.booleans())
    def end_session(self, number: int, is_forgotten: bool) -> None:
        sessions = [one for one in self.world.ends if one not in self.world.over]
        if sessions:
            session = sessions[number % len(sessions)]
            if is_forgotten:
                self.nobodys.add(session)
            self.world.do(session.forget if is_forgotten else session.close)

    @rule()
    def end_all_sessions(self) -> None:
        self.world.do(self.world.sessions.end_all)

    @rule(number=st.integers(0, 9))
    def be_noticed_to_be_gone_at_work(self, number: int) -> None:
        """A worker is known to be gone before it is known what has become of its work."""
        alive = [worker for worker in self.world.workers if worker.batch is not None and not worker.lost.done()]
        if alive:
            worker = alive[number % len(alive)]
            self.world.do(lambda: worker.lost.set_result(None))
            self.world.do(worker.give_up)
            worker.streams.clear()
            worker.sessions.clear()

    @rule(number=st.integers(0, 9))
    def run_out_of_memory(self, number: int) -> None:
        alive = [worker for worker in self.world.workers if worker.batch is not None and not worker.lost.done()]
        if alive:
            self.world.do(lambda: alive[number % len(alive)].give_up(may_retry=False))

    @rule()
    def start_worker(self) -> None:
        self.world.worker()

    @rule(number=st.integers(0, 9), partials=st.sampled_from([None, 1, 5, 100]))
    def finish(self, number: int, partials: int | None) -> None:
        busy = [worker for worker in self.world.workers if worker.batch is not None]
        if busy:
            self.world.do(lambda: busy[number % len(busy)].finish(partials=partials))

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
    def fail(self) -> None:
        def act() -> None:
            self.world.scheduler.fail_all("It has gone.")
            self.world.sessions.lose_all(SessionEnd.UNLOADED)
            for worker in self.world.workers:
                if not worker.lost.done():
                    worker.die()

        self.world.do(act)

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
    def no_stream_gives_more_than_its_client_takes_or_after_its_answer(self) -> None:
        for job, indices in self.world.partials.items():
            assert indices == list(range(len(indices)))
            assert len(indices) - self.taken.get(job, 0) <= PARTIAL_WINDOW
            assert isinstance(job, StreamJob)
            if indices:
                assert job.runs

    @invariant()
    def sessions_are_told_of_as_they_are(self) -> None:
        for session, ends in self.world.ends.items():
            assert len(ends) <= 2
            assert self.world.over.count(session) <= 1
            if session.is_open:
                assert ends == [None] or session in self.nobodys
            if len(ends) == 2:
                assert ends[0] is None
                assert isinstance(ends[1], SessionEnd)
                assert session in self.world.over

    @invariant()
    def a_session_is_asked_in_order(self) -> None:
        for worker in self.world.workers:
            for session in self.world.ends:
                asked = [data for number, data in worker.asked if number == session.number]
                assert asked == sorted(asked)

    @invariant()
    def no_worker_is_idle_while_there_is_work_that_is_due(self) -> None:
        scheduler, now = self.world.scheduler, self.world.loop.now
        for worker in self.world.workers:
            if worker.batch is None and not worker.lost.done():
                assert scheduler._batcher.due_at() > now
                assert scheduler._stations.of(worker.lost).due_at() > now

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        for session in list(world.ends):
            world.do(session.close)
        for job in list(self.taken):
            world.do(lambda: world.scheduler.drop(job, Cancelled))  # noqa: B023 - called at once
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
        assert set(world.over) == set(world.ends)
        assert all(world.ends[session] for session in world.ends if session not in self.nobodys)
        assert [worker.held_count for worker in world.workers if worker.held_count] == []
        assert world.scheduler.held_count == 0
        world.close()


def test_each_request_is_answered_once(make_world: Any) -> None:
    run_state_machine_as_test(
        lambda: EachIsAnsweredOnce(make_world),
        settings=settings(max_examples=60, stateful_step_count=40, deadline=None),
    )
