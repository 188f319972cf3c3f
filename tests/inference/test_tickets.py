"""What whoever listens is told of each request: once, whatever becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tornado_ml import logs
from tornado_ml.errors import Cancelled, InvalidInput, ModelNotFound, ServiceError, ShuttingDown, Superseded
from tornado_ml.inference import workbench
from tornado_ml.inference.scheduler import Scheduler
from tornado_ml.inference.service import InferenceService, Prediction, Request, Settled, Ticket
from tornado_ml.server.base import Shared

QUICK = Request("counter", {"to": 1})
ENDLESS = Request("counter", {"to": 1_000_000, "seconds": 0.01})


@pytest.fixture
def settled() -> list[Settled]:
    return []


@pytest.fixture
def service(shared: Shared, settled: list[Settled]) -> InferenceService:
    return InferenceService(shared.manager, listeners=[settled.append])


@pytest.fixture
def scheduler(shared: Shared) -> Scheduler:
    """Of the model that is asked."""
    return shared.manager.find("counter").runner.scheduler


async def begun(service: InferenceService, scheduler: Scheduler) -> Ticket:
    """The ticket of a prediction that a model is at work on until nobody waits for it."""
    ticket = service.submit(ENDLESS, "someone", lambda _: None)
    while scheduler.counts() != (0, 1):
        await asyncio.sleep(0.005)
    return ticket


@pytest.mark.gen_test
async def test_an_answer_is_told_with_the_request_and_what_answered(
    service: InferenceService, settled: list[Settled]
) -> None:
    request = Request("echo", "x", "1")
    prediction = await service.predict(request, client=1)
    (one,) = settled
    assert (one.request, one.model_version, one.answer) == (request, "1.2", prediction)
    assert one.request_id.startswith("q")
    assert 0 <= prediction.total_s <= one.ended - one.started < 5


@pytest.mark.gen_test
async def test_what_a_model_logs_meanwhile_is_about_the_request(
    service: InferenceService, settled: list[Settled], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def about_request(request_id: str) -> AbstractContextManager[None]:
        told.append(request_id)
        return logs.about_request(request_id)

    monkeypatch.setattr(workbench, "about_request", about_request)
    await service.predict(Request("echo", "x"), client=1)
    await service.predict(QUICK, client=1)
    assert told == [one.request_id for one in settled]


@pytest.mark.parametrize(
    ("request_", "error", "version"),
    [
        (Request("nobody", 1), ModelNotFound, None),
        (Request("slow", {"seconds": "1"}), InvalidInput, "1.0"),
    ],
)
@pytest.mark.gen_test
async def test_a_refused_request_is_told_too(
    service: InferenceService,
    settled: list[Settled],
    request_: Request,
    error: type[ServiceError],
    version: str | None,
) -> None:
    for _ in range(2):
        with pytest.raises(error):
            service.submit(request_, 1, lambda _: None)
    assert [(type(one.answer), one.model_version) for one in settled] == [(error, version)] * 2
    assert len({one.request_id for one in settled}) == 2


@pytest.mark.gen_test
async def test_a_request_whose_client_is_gone_is_told_as_cancelled_once(
    service: InferenceService, scheduler: Scheduler, settled: list[Settled]
) -> None:
    running = await begun(service, scheduler)
    waiting = service.submit(ENDLESS, 1, lambda _: None)
    for ticket in (waiting, running):
        ticket.forget()
        ticket.forget()
    await service.predict(QUICK, client=1)
    *gone, last = [one.answer for one in settled]
    assert [answer.outcome for answer in gone if isinstance(answer, Cancelled)] == ["skipped", "stopped"]
    assert isinstance(last, Prediction)


@pytest.mark.gen_test
async def test_a_request_that_its_client_drops_is_told_once(
    service: InferenceService, scheduler: Scheduler, settled: list[Settled]
) -> None:
    running = await begun(service, scheduler)
    waiting = service.submit(ENDLESS, 1, lambda _: None)
    waiting.drop(Superseded)
    running.drop(Cancelled)
    await service.predict(QUICK, client=1)
    assert [type(one.answer) for one in settled] == [Superseded, Cancelled, Prediction]


@pytest.mark.gen_test
async def test_what_a_drain_cuts_off_and_refuses_is_told_once(
    service: InferenceService, scheduler: Scheduler, settled: list[Settled]
) -> None:
    await begun(service, scheduler)
    await service.drain(0.01)
    with pytest.raises(ShuttingDown):
        service.submit(QUICK, 1, lambda _: None)
    await scheduler.idle(30)  # the model has come to its end, and nobody waits for that
    assert [(type(one.answer), one.model_version) for one in settled] == [(ShuttingDown, "1.0"), (ShuttingDown, None)]


@pytest.mark.gen_test
async def test_partial_predictions_are_counted(service: InferenceService, settled: list[Settled]) -> None:
    answered = asyncio.get_running_loop().create_future()
    indices = []

    def on_partial(part: Any) -> None:
        indices.append(part.index)
        ticket.partial_taken()

    ticket = service.submit(Request("counter", {"to": 5}), 1, answered.set_result, on_partial)
    assert isinstance(await answered, Prediction)
    assert [one.partial_count for one in settled] == [len(indices)] == [5]


@pytest.mark.gen_test
async def test_a_listener_that_fails_keeps_neither_the_client_nor_the_others_from_the_answer(
    shared: Shared, settled: list[Settled], logged: Callable[[], str]
) -> None:
    def fail(_: Settled) -> None:
        raise RuntimeError("the disk is full")

    service = InferenceService(shared.manager, listeners=[fail, settled.append])
    assert (await service.predict(Request("echo", "x"), client=1)).prediction == "x"
    assert len(settled) == 1
    assert "the disk is full" in logged()
