from __future__ import annotations

import asyncio
import logging
from contextlib import closing

import pytest

from tornado_ml.errors import Cancelled, ModelCrashed, Superseded
from tornado_ml.inference.jobs import Batch, Job, JobState, Outcome, dropped, work_of
from tornado_ml.inference.stations import Station
from tornado_ml.inference.workbench import Predict


def make_job(told: list[Outcome | Exception]) -> Job:
    return Job("input", "client", told.append)


def test_what_became_of_a_job_is_told_once() -> None:
    told: list[Outcome | Exception] = []
    job = make_job(told)
    first = ModelCrashed()
    job.settle(first)
    job.settle(Outcome(1, 0.0, 0.0, 1))
    assert told == [first]
    assert job.state is JobState.SETTLED


def test_of_a_forgotten_job_nothing_is_told() -> None:
    told: list[Outcome | Exception] = []
    job = make_job(told)
    job.forget()
    job.settle(ModelCrashed())
    assert told == []


def test_a_client_that_cannot_be_told_is_logged_and_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: object) -> None:
        raise ValueError("nobody is at home")

    with caplog.at_level(logging.ERROR, logger="tornado_ml"):
        Job("input", "client", fail).settle(ModelCrashed())
    assert "nobody is at home" in str(caplog.records[0].exc_text or caplog.text)


def test_a_batch_is_waited_for_as_long_as_one_of_its_jobs_is() -> None:
    jobs = [make_job([]), make_job([])]
    with closing(asyncio.new_event_loop()) as loop:
        batch = Batch(jobs, work_of(jobs, 5), Station(loop.create_future()), 0.0)
    assert batch.work == Predict(["input", "input"], 5)
    jobs[0].settle(ModelCrashed())
    assert batch.is_waited_for
    jobs[1].dropped_as = Cancelled
    assert not batch.is_waited_for


def test_a_worker_is_told_whose_work_it_does_where_it_is_for_one_request() -> None:
    jobs = [make_job([]), make_job([])]
    for number, job in enumerate(jobs):
        job.request_id = f"q{number}"
    assert [work_of(some, 5).request_id for some in ([jobs[1]], jobs)] == ["q1", ""]


def test_a_dropped_job_is_answered_as_its_client_dropped_it() -> None:
    job = make_job([])
    job.dropped_as = Cancelled
    answer = dropped(job, "stopped")
    assert isinstance(answer, Cancelled)
    assert answer.outcome == "stopped"
    job.dropped_as = Superseded
    assert isinstance(dropped(job, "stopped"), Superseded)
