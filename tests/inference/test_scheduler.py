"""The queue of one model, on a clock that the test sets, with workers that do what the test says."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.errors import (
    Cancelled,
    DeadlineExceeded,
    InvalidInput,
    ModelCrashed,
    ModelNotReady,
    Overloaded,
    Superseded,
)
from tornado_ml.inference.jobs import Job, Outcome
from tornado_ml.inference.running import GRACE_S


def limited(**limits: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("world", [limits], indirect=True)


def test_what_gathers_while_a_batch_runs_is_the_next_one(world: Any) -> None:
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
def test_a_batch_goes_when_it_is_full_or_its_oldest_has_waited_long_enough(world: Any) -> None:
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
def test_beyond_its_bound_the_queue_refuses_and_says_when_to_come_back(world: Any) -> None:
    for data in "ab":
        world.submit(data)
    with pytest.raises(Overloaded) as refused:
        world.submit("c")
    assert refused.value.retry_after_s is not None
    assert refused.value.retry_after_s > 0
    world.do(lambda: world.scheduler.forget(next(iter(world.told))))
    world.submit("c")


@limited(max_queue=6)
def test_once_it_was_full_no_client_gets_more_of_the_queue_than_its_share(world: Any) -> None:
    for number in range(4):
        world.submit(number, "greedy")
    for number in range(2):
        world.submit(number, "modest")
    with pytest.raises(Overloaded, match="full"):
        world.submit("one more", "modest")
    world.do(lambda: world.scheduler.forget(next(iter(world.told))))
    with pytest.raises(Overloaded, match="share"):
        world.submit("one more", "greedy")
    world.submit("a third", "modest")


def test_what_a_dead_worker_held_is_tried_once_more_one_by_one_and_what_kills_again_is_refused(world: Any) -> None:
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
def test_without_a_retry_all_that_a_dead_worker_held_has_crashed(world: Any) -> None:
    jobs = [world.submit(data) for data in "ab"]
    world.do(world.worker().die)
    assert all(isinstance(world.answer(job), ModelCrashed) for job in jobs)
    assert world.scheduler.open_count == 0


def test_what_ran_alone_and_may_not_be_retried_has_crashed(world: Any) -> None:
    job = world.submit("a")
    worker = world.worker()
    world.do(lambda: worker.die(may_retry=False))
    assert isinstance(world.answer(job), ModelCrashed)


def test_work_goes_to_another_worker_when_the_one_that_was_woken_dies_at_the_same_moment(world: Any) -> None:
    dies, lives = world.worker(), world.worker()

    def submit_and_die() -> None:
        world.scheduler.submit("a", "client", lambda _: None)
        dies.die()

    world.do(submit_and_die)
    assert lives.data == ["a"]


def test_a_deadline_passes_in_the_queue_and_while_it_runs(world: Any) -> None:
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
def test_what_runs_too_long_is_answered_at_once_and_its_worker_stopped_unless_it_comes_back(world: Any) -> None:
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
def test_behind_what_hangs_and_cannot_be_stopped_nobody_waits_for_ever(world: Any) -> None:
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


@limited(timeout_s=3.0)
def test_a_dropped_job_is_told_so_although_those_in_its_batch_ran_out_of_time(world: Any) -> None:
    stays, goes = world.submit("a"), world.submit("b")
    worker = world.worker()
    world.do(lambda: world.scheduler.drop(goes, Cancelled))
    world.passes(3.1)
    assert isinstance(world.answer(stays), DeadlineExceeded)
    assert world.answer(goes) is None
    world.passes(GRACE_S + 0.1)
    assert worker.was_killed
    assert isinstance(world.answer(goes), Cancelled)


@pytest.mark.parametrize("dropped_as", [Cancelled, Superseded])
def test_a_dropped_job_is_told_truthfully_what_became_of_it(
    world: Any, dropped_as: type[Cancelled | Superseded]
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


def test_a_batch_is_not_stopped_while_anybody_waits_for_it_and_stopped_once_nobody_does(world: Any) -> None:
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


def test_when_the_model_is_gone_everything_is_answered(world: Any) -> None:
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


def test_it_is_idle_when_nothing_waits_or_runs(world: Any) -> None:
    world.loop.run_until_complete(world.scheduler.idle(10))
