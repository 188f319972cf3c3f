"""Streams in the queue of one model: step by step, at the pace of their clients, in the worker that began them."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.errors import (
    Cancelled,
    DeadlineExceeded,
    InvalidOutput,
    ModelCrashed,
    ModelNotReady,
    Overloaded,
    ServiceError,
)
from tornado_ml.inference.jobs import PARTIAL_WINDOW, Job, Outcome
from tornado_ml.inference.running import GRACE_S
from tornado_ml.inference.workbench import AdvanceStream, BeginStream, CloseStream, Predict


def limited(**limits: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("world", [limits], indirect=True)


def take(world: Any, job: Job, count: int = 1) -> None:
    for _ in range(count):
        world.do(lambda: world.scheduler.partial_taken(job))


def until(world: Any, worker: Any, data: Any) -> None:
    """Let each stream take steps, until a worker is at something."""
    for _ in range(10):
        if worker.data == [data]:
            return
        world.do(lambda: worker.finish(partials=1))
    raise AssertionError(f"it never came to {data}")


def outcome(answer: object) -> str:
    assert isinstance(answer, Cancelled)
    return answer.outcome


def test_a_stream_is_made_step_by_step_and_its_time_is_that_of_all_steps(world: Any) -> None:
    job = world.stream("a")
    world.passes(2)
    worker = world.worker()
    assert worker.work == BeginStream(1, "a", PARTIAL_WINDOW)
    world.do(lambda: worker.finish(partials=3))
    assert world.partials[job] == [0, 1, 2]
    assert worker.work == AdvanceStream(1, PARTIAL_WINDOW - 3)
    world.passes(1)
    world.do(lambda: worker.finish(partials=1))
    world.do(worker.finish)
    assert world.partials[job] == [0, 1, 2, 3]
    assert world.answer(job) == Outcome("a", 2.0, pytest.approx(0.03), 1)
    assert world.scheduler.open_count == world.scheduler.held_count == worker.held_count == 0


def test_streams_and_batches_of_one_worker_take_turns(world: Any) -> None:
    worker = world.worker()
    for data in "ab":
        world.stream(data, client=data)
    until(world, worker, "b")
    batched = [world.submit(number, client="c") for number in range(130)]
    done: list[str] = []
    for _ in range(8):
        world.do(lambda: worker.finish(partials=1))
        done.append("batch" if isinstance(worker.work, Predict) else worker.data[0])
    assert done == ["batch", "a", "batch", "b", "batch", "a", "b", "a"]
    assert all(isinstance(world.answer(job), Outcome) for job in batched)


def test_without_credit_a_stream_is_parked_and_in_nobodys_way(world: Any) -> None:
    worker = world.worker()
    slow = world.stream("slow", client="slow reader")
    world.do(lambda: worker.finish(partials=100))
    assert len(world.partials[slow]) == PARTIAL_WINDOW
    assert worker.work is None
    assert world.scheduler.open_count == world.scheduler.held_count == 1
    other = world.stream("other")
    for _ in range(50):
        world.do(lambda: worker.finish(partials=1))
        take(world, other)
    assert len(world.partials[other]) == 50
    assert len(world.partials[slow]) == PARTIAL_WINDOW
    world.do(worker.finish)
    take(world, slow, 2)
    assert worker.work == AdvanceStream(1, 1), "it goes on as soon as there is credit"
    world.do(lambda: worker.finish(partials=5))
    assert worker.work == AdvanceStream(1, 1)
    world.do(worker.finish)
    assert isinstance(world.answer(slow), Outcome)


def test_a_stream_that_pauses_is_in_nobodys_way_and_goes_on_in_time(world: Any) -> None:
    worker = world.worker()
    slow = world.stream("slow", client="a")
    world.do(lambda: worker.finish(partials=1, pause_s=5.0))
    assert worker.work is None
    assert world.scheduler.open_count == world.scheduler.held_count == 1
    take(world, slow)
    assert worker.work is None, "credit alone does not end a pause"
    job = world.submit(1, client="b")
    world.do(worker.finish)
    assert isinstance(world.answer(job), Outcome)
    world.passes(4.9)
    assert worker.work is None
    world.passes(0.2)
    assert worker.work == AdvanceStream(1, PARTIAL_WINDOW)
    world.do(lambda: worker.finish(partials=PARTIAL_WINDOW, pause_s=1.0))
    world.passes(2)
    assert worker.work is None, "nor does time where there is no credit"
    take(world, slow)
    assert worker.work == AdvanceStream(1, 1)
    world.do(worker.finish)
    assert isinstance(world.answer(slow), Outcome)


def test_a_stream_that_is_cancelled_while_it_pauses_is_closed_at_once(world: Any) -> None:
    worker = world.worker()
    job = world.stream("a")
    world.do(lambda: worker.finish(partials=1, pause_s=5.0))
    world.do(lambda: world.scheduler.drop(job, Cancelled))
    assert outcome(world.answer(job)) == "stopped"
    assert worker.work == CloseStream(1)
    world.do(worker.finish)
    world.passes(10)
    assert worker.work is None
    assert world.scheduler.open_count == world.scheduler.held_count == 0


def test_a_stream_goes_on_only_in_the_worker_that_began_it(world: Any) -> None:
    first, second = world.worker(), world.worker()
    job = world.stream("a")
    assert first.work is not None
    world.do(lambda: first.finish(partials=1))
    assert (first.work, second.work) == (AdvanceStream(1, PARTIAL_WINDOW - 1), None)
    behind = world.submit("b")
    assert second.data == ["b"], "others may be run by another"
    world.do(second.finish)
    world.do(first.finish)
    assert isinstance(world.answer(job), Outcome)
    assert isinstance(world.answer(behind), Outcome)


@pytest.mark.parametrize("end", ["drop", "forget", "deadline"])
@pytest.mark.parametrize("state", ["waiting", "parked", "in a step", "between steps"])
def test_a_stream_that_nobody_waits_for_is_closed_in_its_worker(world: Any, end: str, state: str) -> None:
    worker = world.worker()
    if state == "waiting":
        world.submit("before")
    job = world.stream("a", deadline_s=5)
    if state == "parked":
        world.do(lambda: worker.finish(partials=100))
    elif state == "between steps":
        world.submit("before")
        until(world, worker, "before")
    match end:
        case "drop":
            world.do(lambda: world.scheduler.drop(job, Cancelled))
        case "forget":
            world.do(lambda: world.scheduler.forget(job))
        case "deadline":
            world.passes(5.1)
    if state != "parked":
        world.do(lambda: worker.finish(partials=1))
    if state in ("parked", "between steps"):
        assert worker.work == CloseStream(1)
        world.do(worker.finish)
    assert worker.work is None
    assert world.scheduler.open_count == world.scheduler.held_count == worker.held_count == 0
    expected = {"drop": [Cancelled], "forget": [], "deadline": [DeadlineExceeded]}[end]
    assert [type(answer) for answer in world.told[job]] == expected
    if end == "drop":
        assert outcome(world.answer(job)) == ("skipped" if state == "waiting" else "stopped")


def test_closing_goes_before_all_else_that_its_worker_has_to_do(world: Any) -> None:
    worker = world.worker()
    _, _, third = [world.stream(data, client=data) for data in "abc"]
    until(world, worker, "c")
    until(world, worker, "a")
    world.do(lambda: world.scheduler.drop(third, Cancelled))
    world.do(lambda: worker.finish(partials=1))
    assert worker.work == CloseStream(3)


def test_a_step_that_ends_as_it_is_cancelled_is_told_truthfully(world: Any) -> None:
    worker = world.worker()
    job = world.stream("a")
    world.do(lambda: world.scheduler.drop(job, Cancelled))
    assert worker.cancels == 1
    world.do(lambda: worker.finish({0: InvalidOutput()}) if not worker._is_cancelled else worker.finish())
    assert outcome(world.answer(job)) == "stopped"
    second = world.stream("b")
    world.do(lambda: setattr(worker.batch, "cancel", None))
    world.do(lambda: world.scheduler.drop(second, Cancelled))
    world.do(worker.finish)
    assert outcome(world.answer(second)) == "finished"


def test_no_partial_is_given_to_who_has_left_in_the_middle_of_a_step(world: Any) -> None:
    worker = world.worker()
    job = world.stream("a")
    job._on_partial = lambda index, partial: world.scheduler.forget(job)
    world.do(lambda: worker.finish(partials=5))
    assert job._count == 1
    assert worker.work == CloseStream(1)


@limited(timeout_s=3.0)
def test_each_step_has_the_models_time_for_itself(world: Any) -> None:
    worker = world.worker()
    job = world.stream("a")
    for _ in range(5):
        world.passes(2)
        world.do(lambda: worker.finish(partials=1))
    assert len(world.partials[job]) == 5
    world.passes(3.1)
    assert isinstance(world.answer(job), DeadlineExceeded)
    assert worker.cancels == 1
    world.passes(GRACE_S + 0.1)
    assert worker.was_killed, "it never yielded"
    assert world.scheduler.open_count == 0


@limited(timeout_s=3.0)
def test_behind_what_hangs_and_cannot_be_stopped_no_stream_waits_for_ever(world: Any) -> None:
    worker = world.worker(can_be_killed=False)
    job = world.stream("a", client="a")
    world.submit("hangs", client="b")
    until(world, worker, "hangs")
    for _ in range(6):
        world.passes(1)
    assert isinstance(world.answer(job), DeadlineExceeded)
    world.do(worker.finish)
    assert worker.work == CloseStream(1)


def test_a_stream_whose_worker_dies_is_begun_anew_unless_its_client_has_seen_some_of_it(world: Any) -> None:
    seen, unseen = world.stream("seen"), None
    worker = world.worker()
    world.do(lambda: worker.finish(partials=1))
    world.do(worker.die)
    crashed = world.answer(seen)
    assert isinstance(crashed, ModelCrashed)
    assert crashed.retryable
    unseen = world.stream("unseen")
    world.do(world.worker().die)
    second = world.worker()
    assert second.work == BeginStream(2, "unseen", PARTIAL_WINDOW)
    world.do(second.finish)
    assert isinstance(world.answer(unseen), Outcome)


@pytest.mark.parametrize("count", [1, 100])
def test_a_stream_that_waits_is_lost_with_its_worker(world: Any, count: int) -> None:
    worker = world.worker()
    job = world.stream("a")
    world.do(lambda: worker.finish(partials=count))
    if count == 1:
        world.do(lambda: worker.finish(partials=1))
    world.submit("kills")
    while worker.data != ["kills"]:
        world.do(lambda: worker.finish(partials=1))
    world.do(worker.die)
    assert isinstance(world.answer(job), ModelCrashed)
    take(world, job)
    last = world.worker()
    assert last.data == ["kills"]
    world.do(last.finish)
    assert world.scheduler.open_count == 0


def test_a_stream_that_ran_out_of_memory_where_the_worker_lives_on_has_crashed(world: Any) -> None:
    worker = world.worker()
    job = world.stream("a")
    world.do(lambda: worker.finish(partials=1))
    world.do(lambda: worker.give_up(may_retry=False))
    assert isinstance(world.answer(job), ModelCrashed)
    assert worker.held_count == 0


def test_a_step_that_ends_as_its_worker_does_is_the_last(world: Any) -> None:
    worker = world.worker()
    job = world.stream("a")

    def finish_late() -> None:
        worker.lost.set_result(None)

    world.do(finish_late)
    world.do(lambda: worker.finish(partials=1))
    assert world.partials[job] == [0]
    assert isinstance(world.answer(job), ModelCrashed)
    assert world.scheduler.open_count == 0


def test_an_error_ends_a_stream(world: Any) -> None:
    worker = world.worker()
    job = world.stream("a")
    world.do(lambda: worker.finish({0: InvalidOutput()}))
    assert isinstance(world.answer(job), InvalidOutput)


@limited(max_queue=2)
def test_streams_that_begin_wait_in_the_same_queue_as_others_and_those_that_go_on_are_not_counted(world: Any) -> None:
    worker = world.worker()
    world.stream("a")
    world.do(lambda: worker.finish(partials=100))
    world.submit("runs")
    world.stream("b")
    world.submit("c")
    for refused in (lambda: world.submit("d"), lambda: world.stream("d")):
        with pytest.raises(Overloaded):
            refused()


def test_when_the_model_is_gone_every_stream_is_answered(world: Any) -> None:
    worker = world.worker()
    parked = world.stream("a", client="a")
    world.do(lambda: worker.finish(partials=100))
    pinned, runs = world.stream("b", client="b"), world.stream("c", client="c")
    until(world, worker, "c")
    world.do(lambda: world.scheduler.fail_all("It has gone."))
    for job in (parked, pinned, runs):
        answer = world.answer(job)
        assert isinstance(answer, ServiceError)
        assert isinstance(answer, ModelNotReady)
    world.do(world.scheduler.close)


def test_an_input_that_kills_as_a_stream_is_refused_then(world: Any) -> None:
    world.stream("kills")
    for _ in range(2):
        world.do(world.worker().die)
    with pytest.raises(ModelCrashed):
        world.stream("kills")
