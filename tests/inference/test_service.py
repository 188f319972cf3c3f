"""Predictions, asked for as the socket and REST do: what is answered, what is logged, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.errors import (
    Cancelled,
    DeadlineExceeded,
    Fault,
    Internal,
    InvalidInput,
    InvalidOutput,
    ModelNotFound,
    ModelNotReady,
    ServiceError,
    ShuttingDown,
    Superseded,
)
from tornado_ml.inference.service import InferenceService, Prediction, Request
from tornado_ml.server.base import Shared

QUICK = Request("slow", {"seconds": 0})


@pytest.fixture
def service(shared: Shared) -> InferenceService:
    return shared.service


class Answers:
    """Collects answers."""

    def __init__(self) -> None:
        self.all: list[Prediction | ServiceError] = []
        self._came = asyncio.Event()

    def __call__(self, answer: Prediction | ServiceError) -> None:
        self.all.append(answer)
        self._came.set()

    async def first(self) -> Prediction | ServiceError:
        await asyncio.wait_for(self._came.wait(), 10)
        return self.all[0]


def held(gate: Any) -> Request:
    """What the model answers once the gate is open."""
    return Request("slow", {"seconds": gate.seconds})


async def begun(service: InferenceService, gate: Any) -> asyncio.Task[Prediction]:
    """A prediction that a model is at work on until the gate is open."""
    task = asyncio.create_task(service.predict(held(gate), client="someone"))
    while not gate.held_count:
        await asyncio.sleep(0.005)
    return task


@pytest.mark.gen_test
async def test_a_prediction_says_what_answered_and_how_long_it_took(service: InferenceService) -> None:
    prediction = await service.predict(Request("slow", {"seconds": 0.02}), client=1)
    assert (prediction.model_qualified_name, prediction.model_version) == ("slow", "1.0")
    assert prediction.prediction == {"slept": 0.02}
    assert prediction.batch_size == 1
    assert 0.02 <= prediction.predict_s <= prediction.predict_s + prediction.queue_s <= prediction.total_s < 5


@pytest.mark.gen_test
async def test_what_waits_behind_another_has_waited_in_the_queue(service: InferenceService, gate: Any) -> None:
    first = await begun(service, gate)
    second = asyncio.create_task(service.predict(QUICK, client=2))
    while service.open_count < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0.5)
    gate.open()
    assert (await second).queue_s > 0.45
    assert (await first).predict_s > 0.45
    assert (await second).predict_s < (await first).predict_s


@pytest.mark.parametrize(("asked", "answers"), [(None, "2.0"), ("1", "1.2"), ("1.0", "1.0"), ("2.0", "2.0")])
@pytest.mark.gen_test
async def test_the_newest_version_that_fits_answers(service: InferenceService, asked: str | None, answers: str) -> None:
    assert (await service.predict(Request("echo", 1, asked), client=1)).model_version == answers


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (Request("nobody", 1), ModelNotFound),
        (Request("", 1), ModelNotFound),
        (Request("../echo", 1), ModelNotFound),
        (Request("echo", 1, "3"), ModelNotFound),
        (Request("unloadable", {"how": "return well"}), ModelNotReady),
        (Request("broken", {}), InvalidInput),
        (Request("broken", {"how": "raise MLModelSchemaValidationException"}), InvalidInput),
        (Request("broken", {"how": "return NaN"}), InvalidOutput),
        (Request("broken", {"how": "return bytes"}), InvalidOutput),
        (Request("broken", {"how": "return nothing"}), InvalidOutput),
        (Request("broken", {"how": "raise"}), Internal),
        (Request("broken", {"how": "raise StopIteration"}), Internal),
        (Request("broken", {"how": "exit"}), Internal),
        (Request("slow", {"seconds": 1}, deadline_s=0.02), DeadlineExceeded),
    ],
)
@pytest.mark.gen_test
async def test_each_failure_has_its_name_and_the_next_request_is_answered(
    service: InferenceService, request_: Request, error: type[ServiceError]
) -> None:
    with pytest.raises(error) as caught:
        await service.predict(request_, client=1)
    assert "4711" not in f"{caught.value} {caught.value.details}", "the cause is for the log alone"
    assert (await service.predict(Request("broken", {"how": "return well"}), client=1)).prediction == {"answer": 1}


@pytest.mark.gen_test
async def test_an_input_is_judged_before_it_waits_in_any_queue(service: InferenceService, gate: Any) -> None:
    await begun(service, gate)
    with pytest.raises(InvalidInput) as caught:
        service.submit(Request("slow", {"seconds": "1"}), 1, Answers())
    assert [fault.path for fault in caught.value.details] == ["/seconds"]


@pytest.mark.gen_test
async def test_a_models_own_refusal_is_told_in_its_words(service: InferenceService) -> None:
    with pytest.raises(InvalidInput) as caught:
        await service.predict(Request("broken", {"how": "raise MLModelSchemaValidationException"}), client=1)
    assert caught.value.details == (Fault("", "the moon is full"),)


@pytest.mark.parametrize(
    ("how", "error", "logged_text"),
    [("raise", Internal, "the combination is 4711"), ("return text", InvalidOutput, "/answer must be a number")],
)
@pytest.mark.gen_test
async def test_a_hidden_cause_is_in_the_log_under_the_id_that_the_client_is_told(
    service: InferenceService, logged: Callable[[], str], how: str, error: type[ServiceError], logged_text: str
) -> None:
    with pytest.raises(error) as caught:
        await service.predict(Request("broken", {"how": how}), client=1)
    assert str(caught.value) == error.default_message
    assert caught.value.details == ()
    assert caught.value.request_id is not None
    assert f"Request {caught.value.request_id}" in logged()
    assert logged_text in logged()


@pytest.mark.gen_test
async def test_no_two_requests_have_the_same_id(service: InferenceService) -> None:
    ids = [service.submit(Request("echo", number), 1, Answers()).id for number in range(100)]
    assert len(set(ids)) == 100


@pytest.mark.gen_test
async def test_an_answer_comes_once_and_never_before_the_ticket(service: InferenceService) -> None:
    answers = Answers()
    ticket = service.submit(Request("echo", "x"), 1, answers)
    assert answers.all == []
    await answers.first()
    ticket.drop(Cancelled)
    ticket.forget()
    await service.drain(5)
    assert [getattr(answer, "prediction", answer) for answer in answers.all] == ["x"]


@pytest.mark.gen_test
async def test_a_request_that_is_dropped_while_it_waits_is_told_so_and_never_runs(
    service: InferenceService, gate: Any
) -> None:
    first = await begun(service, gate)
    for dropped_as in (Cancelled, Superseded):
        answers = Answers()
        ticket = service.submit(held(gate), 1, answers)
        ticket.drop(dropped_as)
        ticket.drop(dropped_as)
        (answer,) = answers.all
        assert isinstance(answer, dropped_as)
        assert getattr(answer, "outcome", "skipped") == "skipped"
    gate.open()
    await first
    await service.predict(QUICK, client=1)
    assert gate.held_count == 1


@pytest.mark.gen_test
async def test_a_request_that_is_dropped_while_it_runs_is_told_when_it_has_ended(
    service: InferenceService, gate: Any
) -> None:
    answers = Answers()
    ticket = service.submit(held(gate), 1, answers)
    while not gate.held_count:
        await asyncio.sleep(0.005)
    ticket.drop(Cancelled)
    assert answers.all == []
    gate.open()
    answer = await answers.first()
    assert isinstance(answer, Cancelled)
    assert answer.outcome == "finished", "a thread cannot be stopped"


@pytest.mark.gen_test
async def test_a_request_whose_client_is_gone_is_taken_out_of_the_queue(service: InferenceService, gate: Any) -> None:
    first = await begun(service, gate)
    answers = Answers()
    service.submit(held(gate), 1, answers).forget()
    waiting = asyncio.create_task(service.predict(held(gate), client=1))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.open()
    await first
    await service.predict(QUICK, client=1)
    assert (gate.held_count, answers.all) == (1, [])


@pytest.mark.gen_test
async def test_a_drain_refuses_new_work_and_waits_for_what_runs(service: InferenceService, gate: Any) -> None:
    running = await begun(service, gate)
    drain = asyncio.create_task(service.drain(20))
    await asyncio.sleep(0)
    assert service.is_draining
    with pytest.raises(ShuttingDown):
        await service.predict(Request("echo", 1), client=1)
    gate.open()
    await drain
    assert running.done()
    assert (await running).prediction == {"slept": gate.seconds}


@pytest.mark.gen_test
async def test_what_a_drain_does_not_wait_for_is_told_that_the_service_stops(
    service: InferenceService, gate: Any
) -> None:
    running = await begun(service, gate)
    waiting = asyncio.create_task(service.predict(QUICK, client=1))
    await asyncio.sleep(0)
    await service.drain(0.05)
    for task in (running, waiting):
        with pytest.raises(ShuttingDown) as caught:
            await task
        assert caught.value.retryable is True


@pytest.mark.gen_test
async def test_a_drain_of_an_idle_service_is_over_at_once(service: InferenceService) -> None:
    await service.predict(Request("echo", 1), client=1)
    await asyncio.wait_for(service.drain(60), 20)


@pytest.mark.gen_test
async def test_a_model_that_is_unloaded_answers_what_waits_for_it(
    service: InferenceService, shared: Shared, gate: Any
) -> None:
    running = await begun(service, gate)
    waiting = asyncio.create_task(service.predict(QUICK, client=1))
    await asyncio.sleep(0)
    await shared.manager.close()
    for task in (running, waiting):
        with pytest.raises(ModelNotReady, match="unloaded"):
            await task
    with pytest.raises(ModelNotFound):
        await service.predict(QUICK, client=1)


@pytest.mark.gen_test
async def test_durations_are_those_of_the_clock_it_is_given(shared: Shared) -> None:
    times = iter([100.0, 107.5])
    service = InferenceService(shared.manager, clock=lambda: next(times))
    assert (await service.predict(Request("echo", 1), client=1)).total_s == 7.5


@pytest.mark.parametrize("data", [None, True, 0, -0.0, 2**53, "ü", [], {}, [[{"a": None}]]])
@pytest.mark.gen_test
async def test_a_model_gets_the_document_as_it_was_sent(service: InferenceService, data: Any) -> None:
    prediction = (await service.predict(Request("echo", data), client=1)).prediction
    assert prediction == data
    assert type(prediction) is type(data)
