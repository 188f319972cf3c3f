from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tornado_ml.client import answers
from tornado_ml.client.answers import Answer, PredictionStream, PushedValues
from tornado_ml.client.errors import ConnectionLost, PredictionError

RESPONSE = {"event": "prediction_response", "data": {"prediction": "ab"}}
ERROR = {"event": "prediction_error", "data": {"code": "CANCELLED", "message": ""}}


def partial(piece: str) -> dict[str, Any]:
    return {"event": "prediction_partial", "data": {"prediction": piece}}


def pushed(value: object) -> dict[str, Any]:
    return {"event": "prediction_response", "data": {"prediction": value}}


def listening() -> tuple[PredictionStream, list[str]]:
    """A stream, and what is done for it."""
    stream, done = PredictionStream(), list[str]()
    stream.cancel = lambda: done.append("cancelled")
    return stream, done


@pytest.mark.gen_test
async def test_the_first_answer_counts() -> None:
    answer = Answer()
    waiting = asyncio.create_task(answer.wait())
    await asyncio.sleep(0)
    answer.tell(RESPONSE)
    answer.tell(ERROR)
    assert await waiting == await answer.wait() == {"prediction": "ab"}


@pytest.mark.gen_test
async def test_an_answer_that_does_not_come_is_raised_for_each_who_waits() -> None:
    answer = Answer()
    answer.tell(ConnectionLost("It is over."))
    raised = await asyncio.gather(answer.wait(), answer.wait(), return_exceptions=True)
    assert [str(error) for error in raised] == ["It is over."] * 2
    assert raised[0] is not raised[1]


@pytest.mark.gen_test
async def test_a_stream_gives_what_came_before_it_was_asked_and_what_comes_later() -> None:
    stream, done = listening()
    stream.tell(partial("a"))
    pieces = aiter(stream)
    assert await anext(pieces) == "a"
    waiting = asyncio.ensure_future(anext(pieces))
    await asyncio.sleep(0)
    stream.tell(partial("b"))
    assert await waiting == "b"
    stream.tell(RESPONSE)
    assert [piece async for piece in pieces] == []
    assert (await stream.result(), done) == ({"prediction": "ab"}, [])


@pytest.mark.gen_test
async def test_pieces_that_nobody_took_are_given_although_the_answer_is_there() -> None:
    stream, done = listening()
    for message in (partial("a"), partial("b"), RESPONSE):
        stream.tell(message)
    assert [piece async for piece in stream] == ["a", "b"]
    assert done == []


@pytest.mark.gen_test
async def test_an_error_is_raised_after_the_pieces_and_again_for_the_result() -> None:
    stream, _ = listening()
    stream.tell(partial("a"))
    stream.tell(ERROR)
    pieces = aiter(stream)
    assert await anext(pieces) == "a"
    with pytest.raises(PredictionError):
        await anext(pieces)
    with pytest.raises(PredictionError, match="CANCELLED"):
        await stream.result()


@pytest.mark.gen_test
async def test_to_leave_a_stream_early_is_to_cancel(until: Any) -> None:
    stream, done = listening()
    stream.tell(partial("a"))
    async for piece in stream:
        assert piece == "a"
        break
    await until(lambda: done == ["cancelled"])


@pytest.mark.gen_test
async def test_to_leave_a_stream_by_an_exception_is_to_cancel(until: Any) -> None:
    async def fail(stream: PredictionStream) -> None:
        async for piece in stream:
            raise ValueError(piece)

    stream, done = listening()
    stream.tell(partial("a"))
    with pytest.raises(ValueError, match="a"):
        await fail(stream)
    await until(lambda: done == ["cancelled"])


@pytest.mark.parametrize("wait", [lambda stream: stream.result(), lambda stream: anext(aiter(stream))])
@pytest.mark.gen_test
async def test_to_cancel_the_task_that_waits_is_to_cancel(wait: Any) -> None:
    stream, done = listening()
    task = asyncio.ensure_future(wait(stream))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["cancelled"]


@pytest.mark.gen_test
async def test_what_is_not_answered_in_time_is_cancelled_and_given_up() -> None:
    stream, done = listening()
    stream.give_up_in(0.01, ERROR)
    with pytest.raises(PredictionError):
        await stream.result()
    assert done == ["cancelled"]


@pytest.mark.gen_test
async def test_what_is_answered_in_time_is_not_given_up() -> None:
    stream, done = listening()
    stream.give_up_in(0.01, ERROR)
    stream.tell(RESPONSE)
    await asyncio.sleep(0.02)
    assert (await stream.result(), done) == ({"prediction": "ab"}, [])


@pytest.mark.gen_test
async def test_the_newest_value_replaces_what_was_not_taken() -> None:
    values = PushedValues(newest_only=True)
    for number in range(5):
        values.tell(pushed(number))
    assert await values.next() == {"prediction": 4}
    waiting = asyncio.create_task(values.next())
    await asyncio.sleep(0)
    values.tell(pushed(5))
    assert await waiting == {"prediction": 5}


@pytest.mark.gen_test
async def test_what_came_before_the_end_is_given_first() -> None:
    values = PushedValues(newest_only=False)
    for message in (pushed(1), pushed(2), ERROR, pushed(3)):
        values.tell(message)
    assert [await values.next(), await values.next()] == [{"prediction": 1}, {"prediction": 2}]
    for _ in range(2):
        with pytest.raises(PredictionError, match="CANCELLED"):
            await values.next()


@pytest.mark.gen_test
async def test_who_takes_each_value_too_slowly_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_WAITING_VALUES", 2)
    values = PushedValues(newest_only=False)
    for number in range(4):
        values.tell(pushed(number))
    assert [(await values.next())["prediction"] for _ in range(2)] == [0, 1]
    with pytest.raises(PredictionError, match="OVERLOADED"):
        await values.next()


@pytest.mark.gen_test
async def test_a_subscription_that_ends_with_its_connection_says_so() -> None:
    values = PushedValues(newest_only=True)
    values.tell(ConnectionLost("It is over."))
    with pytest.raises(ConnectionLost, match="It is over"):
        await values.next()
