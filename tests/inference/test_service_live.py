"""Streams and sessions, asked for as the socket does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.errors import (
    Fault,
    Internal,
    InvalidInput,
    InvalidOutput,
    ModelNotFound,
    ModelNotReady,
    NotFound,
    Overloaded,
    ServiceError,
    ShuttingDown,
)
from tornado_ml.inference.service import InferenceService, Partial, Prediction, Request
from tornado_ml.inference.sessions import Session, SessionEnd
from tornado_ml.server.base import Shared


@pytest.fixture
def service(shared: Shared) -> InferenceService:
    return shared.service


class Stream:
    """A request that wants partial predictions, and collects them; it takes each at once."""

    def __init__(self, service: InferenceService, request: Request) -> None:
        self.partials: list[Partial] = []
        self.answer: asyncio.Future[Prediction | ServiceError] = asyncio.get_running_loop().create_future()
        self.ticket = service.submit(request, 1, self.answer.set_result, self._on_partial)

    def _on_partial(self, partial: Partial) -> None:
        self.partials.append(partial)
        self.ticket.partial_taken()


@pytest.mark.gen_test
async def test_partial_predictions_come_before_the_answer(service: InferenceService) -> None:
    stream = Stream(service, Request("counter", {"to": 40}))
    assert service.open_count == 1
    answer = await stream.answer
    assert stream.partials == [Partial("counter", number, number) for number in range(40)]
    assert isinstance(answer, Prediction)
    assert (answer.prediction, answer.batch_size) == ({"counted": 40}, 1)
    assert 0 < answer.predict_s <= answer.total_s
    assert service.open_count == 0
    stream.ticket.partial_taken()


@pytest.mark.gen_test
async def test_who_does_not_ask_for_partials_is_just_answered_and_so_is_who_asks_a_model_without(
    service: InferenceService,
) -> None:
    assert (await service.predict(Request("counter", {"to": 40}), 1)).prediction == {"counted": 40}
    stream = Stream(service, Request("echo", "x"))
    assert getattr(await stream.answer, "prediction", None) == "x"
    assert stream.partials == []


@pytest.mark.parametrize(
    ("how", "error", "logged_text"),
    [
        ("raise", Internal, "the combination is 4711"),
        ("partial", InvalidOutput, "must be an integer"),
        ("final", InvalidOutput, "must be an object"),
    ],
)
@pytest.mark.gen_test
async def test_a_stream_that_fails_is_answered_after_its_partials_and_the_cause_is_in_the_log(
    service: InferenceService, logged: Callable[[], str], how: str, error: type[ServiceError], logged_text: str
) -> None:
    stream = Stream(service, Request("counter", {"to": 3, "fail": how}))
    answer = await stream.answer
    assert isinstance(answer, error)
    assert len(stream.partials) == 3
    assert "4711" not in str(answer)
    assert f"Request {answer.request_id}" in logged()
    assert logged_text in logged()


@pytest.mark.gen_test
async def test_a_stream_is_cut_off_when_the_service_stops(service: InferenceService) -> None:
    stream = Stream(service, Request("counter", {"to": 10_000, "seconds": 0.01}))
    while not stream.partials:
        await asyncio.sleep(0.01)
    await service.drain(0.05)
    assert isinstance(await stream.answer, ShuttingDown)
    count = len(stream.partials)
    assert (await service_is_free(service), len(stream.partials)) == (True, count)


async def service_is_free(service: InferenceService) -> bool:
    """Whether the counter is at work for nobody any more, soon."""
    runner = service._manager.find("counter").runner
    while runner.held_count or runner.scheduler.open_count:
        await asyncio.sleep(0.01)
    return True


class Opened:
    """A session, and what is told of it."""

    def __init__(self, service: InferenceService, model: str = "adder", **parameters: Any) -> None:
        loop = asyncio.get_running_loop()
        self.error: asyncio.Future[ServiceError | None] = loop.create_future()
        self.end: asyncio.Future[SessionEnd] = loop.create_future()
        self.session: Session = service.open_session(
            model, parameters, "client", on_opened=self.error.set_result, on_closed=self.end.set_result
        )


@pytest.mark.gen_test
async def test_a_session_remembers_and_answers_in_its_order(service: InferenceService) -> None:
    opened = Opened(service, start=10)
    assert service.session_count == 1
    assert not opened.session.is_open
    assert await opened.error is None
    session = opened.session
    assert (session.is_open, session.model_qualified_name, session.model_version) == (True, "adder", "1.0")
    asked = [service.predict(Request("adder", {"number": n}, session=session), "client") for n in (1, 2, 3)]
    told = await asyncio.gather(*asked, service.predict(Request("adder", {"number": 1}), "client"))
    assert [one.prediction["sum"] for one in told] == [11, 13, 16, 1]
    assert {one.model_version for one in told} == {"1.0"}
    session.close()
    assert await opened.end == "closed"
    assert service.session_count == service.open_count == 0


@pytest.mark.gen_test
async def test_several_sessions_are_told_apart(service: InferenceService) -> None:
    sessions = [Opened(service, start=start) for start in (0, 100)]
    assert [await one.error for one in sessions] == [None, None]
    assert len({one.session.id for one in sessions}) == 2
    asked = [Request("adder", {"number": 1}, session=one.session) for one in sessions * 2]
    told = await asyncio.gather(*(service.predict(one, 1) for one in asked))
    assert [one.prediction["sum"] for one in told] == [1, 101, 2, 102]


@pytest.mark.parametrize(
    ("model", "parameters", "error", "said"),
    [
        ("nobody", {}, ModelNotFound, "Model not found"),
        ("unloadable", {}, ModelNotReady, "it has failed"),
        ("echo", {}, NotFound, "The model echo keeps no sessions"),
        ("adder", {"start": "x"}, InvalidInput, "parameters do not fit"),
    ],
)
@pytest.mark.gen_test
async def test_a_session_is_refused_at_once(
    service: InferenceService, model: str, parameters: Any, error: type[ServiceError], said: str
) -> None:
    with pytest.raises(error, match=said) as refused:
        Opened(service, model, **parameters)
    assert [fault.path for fault in refused.value.details] == ["/start"] * (error is InvalidInput)
    assert service.session_count == 0


@pytest.mark.gen_test
async def test_a_model_that_refuses_to_open_a_session_is_quoted(service: InferenceService) -> None:
    opened = Opened(service, start=-1)
    error = await opened.error
    assert isinstance(error, InvalidInput)
    assert error.details == (Fault("", "nothing is owed here"),)
    assert service.session_count == 0


@pytest.mark.settings("[models.adder]\nmax_sessions = 2")
@pytest.mark.gen_test
async def test_a_model_has_no_more_sessions_than_the_settings_say(service: InferenceService) -> None:
    first, _ = Opened(service), Opened(service)
    with pytest.raises(Overloaded):
        Opened(service)
    await first.error
    first.session.forget()
    while service.session_count > 1:
        await asyncio.sleep(0.01)
    assert await Opened(service).error is None


@pytest.mark.settings("[sessions]\nsession_idle_s = 0.1")
@pytest.mark.gen_test
async def test_a_session_that_is_not_asked_is_closed_in_the_time_that_the_settings_say(
    service: InferenceService,
) -> None:
    opened = Opened(service)
    await opened.error
    assert await opened.end == "idle"
    with pytest.raises(NotFound):
        await service.predict(Request("adder", {"number": 1}, session=opened.session), 1)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (Request("echo", 1), NotFound),
        (Request("adder", {"number": 1}, "2"), NotFound),
        (Request("adder", {"number": "x"}), InvalidInput),
        (Request("adder", {"number": 1}, "1"), None),
        (Request("adder", {"number": 1}, "1.0"), None),
    ],
)
@pytest.mark.gen_test
async def test_in_a_session_only_its_own_model_is_asked(
    service: InferenceService, asked: Request, error: type[ServiceError] | None
) -> None:
    opened = Opened(service)
    await opened.error
    asked.session = opened.session
    if error is None:
        assert (await service.predict(asked, 1)).prediction == {"sum": 1}
    else:
        with pytest.raises(error):
            service.submit(asked, 1, pytest.fail)
    assert opened.session.is_open


@pytest.mark.gen_test
async def test_a_draining_service_opens_no_sessions_and_answers_those_that_are_open(service: InferenceService) -> None:
    opened = Opened(service)
    await opened.error
    asked: list[Any] = []
    service.submit(Request("adder", {"number": 1, "seconds": 0.1}, session=opened.session), 1, asked.append)
    drain = asyncio.create_task(service.drain(30))
    await asyncio.sleep(0)
    with pytest.raises(ShuttingDown):
        Opened(service)
    await drain
    assert getattr(asked[0], "prediction", None) == {"sum": 1}


@pytest.mark.gen_test
async def test_a_session_ends_with_its_model(service: InferenceService, shared: Shared) -> None:
    replaced = Opened(service)
    await replaced.error
    asked: list[Any] = []
    service.submit(Request("adder", {"number": 1, "seconds": 0.1}, session=replaced.session), 1, asked.append)
    await shared.manager.reload("adder")
    assert getattr(asked[0], "prediction", None) == {"sum": 1}
    assert await replaced.end == "unloaded"
    unloaded = Opened(service)
    await unloaded.error
    await shared.manager.close()
    assert await unloaded.end == "unloaded"
    assert service.session_count == 0
