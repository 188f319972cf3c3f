"""Sessions on a clock that the test sets: opened, asked, ended, and lost with whatever holds them."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.errors import (
    Cancelled,
    DeadlineExceeded,
    InvalidInput,
    ModelCrashed,
    ModelNotReady,
    NotFound,
    Overloaded,
)
from tornado_ml.inference.jobs import Outcome
from tornado_ml.inference.running import GRACE_S
from tornado_ml.inference.sessions import Session, SessionEnd
from tornado_ml.inference.workbench import CloseSession, OpenSession, PredictInSession


def limited(**limits: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("world", [limits], indirect=True)


def opened(world: Any, *, client: str = "client") -> tuple[Session, Any]:
    """An open session, and the worker that holds it."""
    if not world.workers:
        world.worker()
    session: Session = world.open(client=client)
    (worker,) = [one for one in world.workers if one.work == OpenSession(session.number, None)]
    world.do(worker.finish)
    assert session.is_open
    return session, worker


def assert_over(world: Any, session: Session, *ends: Any) -> None:
    assert world.ends[session] == list(ends)
    assert not session.is_open
    assert world.over.count(session) == 1
    assert world.scheduler.open_count == 0
    assert all(session.number not in worker.sessions for worker in world.workers)


def test_a_session_is_opened_asked_and_closed_in_the_order_of_what_is_said(world: Any) -> None:
    world.worker()
    session = world.open({"start": 1})
    assert not session.is_open
    assert world.ends[session] == []
    (worker,) = world.workers
    assert worker.work == OpenSession(session.number, {"start": 1})
    world.do(worker.finish)
    assert session.is_open
    assert world.ends[session] == [None]
    jobs = [world.ask(session, data) for data in "abc"]
    world.do(session.close)
    assert not session.is_open
    for job in jobs:
        assert worker.work == PredictInSession(session.number, job.data)
        world.do(worker.finish)
        assert world.answer(job) == Outcome(job.data, 0.0, 0.01, 1)
    assert world.ends[session] == [None]
    assert worker.work == CloseSession(session.number)
    world.do(worker.finish)
    assert_over(world, session, None, SessionEnd.CLOSED)


def test_what_is_not_open_yet_or_no_longer_cannot_be_asked(world: Any) -> None:
    session = world.open()
    with pytest.raises(NotFound):
        world.ask(session, "a")
    worker = world.worker()
    world.do(worker.finish)
    world.ask(session, "a")
    world.do(session.close)
    with pytest.raises(NotFound):
        world.ask(session, "a")


@pytest.mark.parametrize("error", [InvalidInput("not these"), ValueError("no")])
def test_a_session_that_cannot_be_opened_says_why_and_is_no_more(world: Any, error: Exception) -> None:
    worker = world.worker()
    session = world.open()
    world.do(lambda: worker.finish({0: error}))
    assert_over(world, session, error)


def test_a_session_goes_to_the_worker_with_the_fewest(world: Any) -> None:
    workers = [world.worker() for _ in range(3)]
    for _ in range(6):
        opened(world)
    assert [len(worker.sessions) for worker in workers] == [2, 2, 2]


def test_a_session_is_opened_by_an_idle_worker_though_it_has_more(world: Any) -> None:
    busy, idle = world.worker(), world.worker()
    _, worker = opened(world)
    other = idle if worker is busy else busy
    world.submit("work")
    assert other.data == ["work"], "which has fewer sessions"
    second = world.open()
    assert worker.work == OpenSession(second.number, None)


def test_each_session_is_asked_in_its_worker_and_several_share_one(world: Any) -> None:
    _ = world.worker(), world.worker()
    sessions = [opened(world)[0] for _ in range(4)]
    for number in range(3):
        for session in sessions:
            world.ask(session, number)
    while world.scheduler.open_count:
        for worker in world.workers:
            if worker.work is not None:
                world.do(worker.finish)
    assert sorted(len(worker.asked) for worker in world.workers) == [6, 6]
    asked = [one for worker in world.workers for one in worker.asked]
    for session in sessions:
        assert [data for number, data in asked if number == session.number] == [0, 1, 2]


@limited(max_sessions=2)
def test_there_are_so_many_sessions_at_once_and_no_more(world: Any) -> None:
    session, worker = opened(world)
    world.open()
    with pytest.raises(Overloaded) as refused:
        world.open()
    assert refused.value.retry_after_s
    world.do(worker.finish)
    world.do(session.close)
    with pytest.raises(Overloaded):
        world.open()
    world.do(worker.finish)
    world.open()


@limited(max_queue=2)
def test_the_queue_in_front_of_a_session_is_bounded(world: Any) -> None:
    session, _ = opened(world)
    for data in "abc":
        world.ask(session, data)
    with pytest.raises(Overloaded):
        world.ask(session, "d")


@limited(idle_s=10.0)
def test_a_session_that_is_not_asked_for_long_is_closed(world: Any) -> None:
    session, worker = opened(world)
    world.passes(6)
    world.ask(session, "a")
    world.passes(20)
    assert session.is_open, "it is being asked"
    world.do(worker.finish)
    world.passes(9)
    assert session.is_open
    world.passes(1.1)
    assert not session.is_open
    world.do(worker.finish)
    assert_over(world, session, None, SessionEnd.IDLE)


@limited(idle_s=10.0)
def test_the_end_of_one_that_was_closed_already_stays_the_end(world: Any) -> None:
    session, worker = opened(world)
    world.submit("before", client="another")
    world.do(session.close)
    world.passes(20)
    world.do(world.sessions.end_all)
    while worker.work is not None:
        world.do(worker.finish)
    assert_over(world, session, None, SessionEnd.CLOSED)


def test_a_replaced_model_answers_what_was_asked_before_its_sessions_end(world: Any) -> None:
    session, worker = opened(world)
    job = world.ask(session, "a")
    world.do(world.sessions.end_all)
    world.do(worker.finish)
    world.do(worker.finish)
    assert isinstance(world.answer(job), Outcome)
    assert_over(world, session, None, SessionEnd.UNLOADED)


def test_a_session_that_was_being_opened_when_its_model_is_replaced_is_told_both(world: Any) -> None:
    worker = world.worker()
    session = world.open()
    world.do(world.sessions.end_all)
    world.do(worker.finish)
    assert not session.is_open
    world.do(worker.finish)
    assert_over(world, session, None, SessionEnd.UNLOADED)


def test_when_the_model_is_gone_what_was_asked_is_answered_first_and_then_the_sessions_are_over(world: Any) -> None:
    session, _ = opened(world)
    closing, _ = opened(world)
    runs, waits = world.ask(session, "a"), world.ask(session, "b")
    world.do(closing.close)
    opening = world.open()

    def go() -> None:
        world.scheduler.fail_all("It has gone.")
        world.sessions.lose_all(SessionEnd.UNLOADED)

    world.do(go)
    assert all(isinstance(world.answer(job), ModelNotReady) for job in (runs, waits))
    assert world.ends[session] == [None, SessionEnd.UNLOADED]
    assert world.ends[closing] == [None, SessionEnd.CLOSED]
    (error,) = world.ends[opening]
    assert isinstance(error, ModelNotReady)
    assert set(world.over) == {session, closing, opening}


def test_a_worker_that_dies_takes_its_sessions_along_after_their_requests(world: Any) -> None:
    session, worker = opened(world)
    idle, _ = opened(world)
    runs, waits = world.ask(session, "a"), world.ask(session, "b")
    order: list[str] = []
    runs.on_settled = lambda answer: (world.told[runs].append(answer), order.append("runs"))
    waits.on_settled = lambda answer: (world.told[waits].append(answer), order.append("waits"))
    session._on_closed = lambda end: (world.ends[session].append(end), order.append("over"))
    world.do(worker.die)
    for job in (runs, waits):
        crashed = world.answer(job)
        assert isinstance(crashed, ModelCrashed)
        assert not crashed.retryable
    assert sorted(order[:2]) == ["runs", "waits"]
    assert order[2:] == ["over"]
    assert_over(world, session, None, SessionEnd.WORKER_DIED)
    assert_over(world, idle, None, SessionEnd.WORKER_DIED)


def test_the_end_of_a_session_is_told_after_its_last_answer_although_its_worker_is_noticed_to_be_gone_before(
    world: Any,
) -> None:
    session, worker = opened(world)
    job = world.ask(session, "a")
    world.do(lambda: worker.lost.set_result(None))
    assert not session.is_open
    assert world.ends[session] == [None]
    world.do(worker.give_up)
    assert isinstance(world.answer(job), ModelCrashed)
    assert world.ends[session] == [None, SessionEnd.WORKER_DIED]
    assert world.scheduler.open_count == 0


def test_a_worker_that_dies_while_it_opens_a_session_is_replaced_by_another_that_does(world: Any) -> None:
    session = world.open()
    world.do(world.worker().die)
    world.do(world.worker().finish)
    assert world.ends[session] == [None]


def test_parameters_that_kill_are_refused_then_but_not_the_same_as_an_input(world: Any) -> None:
    session = world.open("kills")
    for _ in range(2):
        world.do(world.worker().die)
    (crashed,) = world.ends[session]
    assert isinstance(crashed, ModelCrashed)
    with pytest.raises(ModelCrashed):
        world.open("kills")
    assert world.over == [session]
    world.submit("kills")


def test_an_input_that_kills_in_a_session_is_not_refused_elsewhere(world: Any) -> None:
    for _ in range(2):
        world.worker()
        session = world.open()
        world.do(world.workers[-1].finish)
        world.ask(session, "kills")
        world.do(world.workers[-1].die)
    world.submit("kills")


def test_a_session_whose_worker_died_as_it_was_opened_never_was(world: Any) -> None:
    worker = world.worker()
    session = world.open()
    world.do(lambda: worker.lost.set_result(None))
    world.do(worker.finish)
    (crashed,) = world.ends[session]
    assert isinstance(crashed, ModelCrashed)
    assert world.over == [session]


def test_where_a_worker_lives_on_without_memory_the_session_is_over_and_let_go(world: Any) -> None:
    session, worker = opened(world)
    job = world.ask(session, "eats")
    world.do(lambda: worker.give_up(may_retry=False))
    assert isinstance(world.answer(job), ModelCrashed)
    assert worker.work == CloseSession(session.number)
    world.do(worker.finish)
    assert_over(world, session, None, SessionEnd.WORKER_DIED)


@limited(timeout_s=3.0)
def test_a_request_that_hangs_is_answered_in_time_and_its_worker_stopped_with_all_its_sessions(world: Any) -> None:
    session, worker = opened(world)
    other, _ = opened(world)
    stream = world.stream("a")
    world.do(lambda: worker.finish(partials=100))
    job = world.ask(session, "hangs")
    world.passes(3.1)
    assert isinstance(world.answer(job), DeadlineExceeded)
    assert session.is_open
    world.passes(GRACE_S + 0.1)
    assert worker.was_killed
    assert isinstance(world.answer(stream), ModelCrashed)
    for one in (session, other):
        assert_over(world, one, None, SessionEnd.WORKER_DIED)


@limited(timeout_s=3.0)
def test_a_session_that_is_opened_too_late_is_closed_again(world: Any) -> None:
    worker = world.worker()
    session = world.open()
    world.passes(3.1)
    (late,) = world.ends[session]
    assert isinstance(late, DeadlineExceeded)
    world.do(worker.finish)
    assert worker.work == CloseSession(session.number)
    world.do(worker.finish)
    assert_over(world, session, late)


@limited(timeout_s=3.0)
def test_a_session_that_hangs_as_it_is_closed_is_over_and_its_worker_stopped(world: Any) -> None:
    session, worker = opened(world)
    world.do(session.close)
    world.passes(3.1)
    world.passes(GRACE_S + 0.1)
    assert worker.was_killed
    assert_over(world, session, None, SessionEnd.CLOSED)


def test_a_request_in_a_session_can_be_taken_back(world: Any) -> None:
    session, worker = opened(world)
    runs, waits, forgotten = (world.ask(session, data) for data in "abc")
    late = world.ask(session, "d", deadline_s=1)
    world.do(lambda: world.scheduler.drop(waits, Cancelled))
    world.do(lambda: world.scheduler.forget(forgotten))
    world.passes(1.1)
    world.do(lambda: world.scheduler.drop(runs, Cancelled))
    assert worker.cancels == 1
    world.do(worker.finish)
    told = [world.answer(job) for job in (runs, waits, forgotten, late)]
    assert [type(answer) for answer in told] == [Cancelled, Cancelled, type(None), DeadlineExceeded]
    assert [one.outcome for one in told[:2] if isinstance(one, Cancelled)] == ["finished", "skipped"]
    assert session.is_open
    world.do(session.close)
    world.do(worker.finish)
    assert_over(world, session, None, SessionEnd.CLOSED)


@pytest.mark.parametrize("when", ["waiting", "being opened", "open", "asked", "closing"])
def test_nothing_is_told_of_a_forgotten_session_and_nothing_stays_behind(world: Any, when: str) -> None:
    if when == "waiting":
        session = world.open()
    elif when == "being opened":
        world.worker()
        session = world.open()
    else:
        session, _ = opened(world)
    if when == "asked":
        world.ask(session, "a")
    if when == "closing":
        world.do(session.close)
    told = list(world.ends[session])
    world.do(session.forget)
    for worker in world.workers or [world.worker()]:
        while worker.work is not None:
            world.do(worker.finish)
    assert_over(world, session, *told)
    assert world.scheduler.held_count == 0


def test_an_owner_that_fails_when_it_is_told_disturbs_nobody(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    first, worker = opened(world)
    second, _ = opened(world)

    def fail(_: object) -> None:
        raise ValueError("nobody is at home")

    first._on_closed = fail
    world.do(worker.die)
    assert "nobody is at home" in caplog.text
    assert world.ends[second] == [None, SessionEnd.WORKER_DIED]


def test_clients_with_sessions_are_served_in_turn(world: Any) -> None:
    many, worker = opened(world, client="a")
    more, _ = opened(world, client="a")
    few, _ = opened(world, client="b")
    for number in range(3):
        for session in (many, more, few):
            world.ask(session, number)
    while worker.work is not None:
        world.do(worker.finish)
    assert [session for session, _ in worker.asked[:6]].count(few.number) >= 2
