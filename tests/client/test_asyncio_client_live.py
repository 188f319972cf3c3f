"""The client, when more comes than one answer to each question."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from tornado_ml.client import Client, ConnectionLost, PredictionError, SessionClosed
from tornado_ml.server.base import Shared


@pytest.mark.gen_test
async def test_a_stream_gives_its_pieces_and_then_the_result(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        stream = client.stream("counter", {"to": 5})
        assert [number async for number in stream] == [0, 1, 2, 3, 4]
        assert await stream.result() == {"model_qualified_name": "counter", "prediction": {"counted": 5}}


@pytest.mark.gen_test
async def test_a_stream_of_a_model_that_gives_no_pieces_just_has_a_result(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        stream = client.stream("echo", "whole")
        assert [piece async for piece in stream] == []
        assert (await stream.result())["prediction"] == "whole"


@pytest.mark.gen_test
async def test_the_result_of_a_stream_may_be_all_that_is_wanted_of_it(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        assert (await client.stream("counter", {"to": 5}).result())["prediction"] == {"counted": 5}


@pytest.mark.gen_test
async def test_an_error_ends_a_stream_after_its_pieces(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        numbers = aiter(client.stream("counter", {"to": 2, "fail": "raise"}))
        assert [await anext(numbers), await anext(numbers)] == [0, 1]
        with pytest.raises(PredictionError, match="INTERNAL"):
            await anext(numbers)


@pytest.mark.gen_test
async def test_who_leaves_a_stream_early_has_the_model_stop(socket_url: str, shared: Shared, until: Any) -> None:
    async with await Client.connect(socket_url) as client:
        stream = client.stream("counter", {"to": 1000, "seconds": 0.01})
        async for number in stream:
            if number == 2:
                break
        with pytest.raises(PredictionError, match="CANCELLED"):
            await stream.result()
        await until(lambda: shared.service.open_count == 0)


@pytest.mark.gen_test
async def test_to_cancel_the_task_that_waits_is_to_cancel_the_prediction(
    socket_url: str, shared: Shared, until: Any, endless: Any
) -> None:
    async with await Client.connect(socket_url) as client:
        tasks = [asyncio.create_task(client.predict("counter", endless)) for _ in range(10)]
        await until(lambda: shared.service.open_count == 10)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await until(lambda: shared.service.open_count == 0)
        assert all(task.cancelled() for task in tasks)


@pytest.mark.gen_test
async def test_what_is_not_there_by_its_deadline_is_not_waited_for(socket_url: str, endless: Any) -> None:
    async with await Client.connect(socket_url) as client:
        with pytest.raises(PredictionError) as failure:
            await client.predict("counter", endless, deadline_s=0.02)
        assert (failure.value.code, failure.value.data["model_qualified_name"]) == ("DEADLINE_EXCEEDED", "counter")


@pytest.mark.gen_test
async def test_a_deadline_holds_although_the_service_says_nothing(
    bad_line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornado_ml.client.asyncio_client.LATENESS_S", 0.01)
    async with await Client.connect(bad_line.url) as client:
        bad_line.is_down = True
        bad_line.cut()
        with pytest.raises(PredictionError) as failure:
            await client.predict("echo", 1, deadline_s=0.02)
        assert (failure.value.code, failure.value.data["model_qualified_name"]) == ("DEADLINE_EXCEEDED", "echo")


@pytest.mark.gen_test
async def test_of_what_replaces_each_other_the_newest_counts(socket_url: str, endless: Any) -> None:
    async with await Client.connect(socket_url) as client:
        asked = [client.predict("counter", data, replaces="slider") for data in [*[endless] * 9, {"to": 3}]]
        *older, newest = await asyncio.gather(*asked, return_exceptions=True)
        assert not isinstance(newest, BaseException)
        assert newest["prediction"] == {"counted": 3}
        codes = [answer.code if isinstance(answer, PredictionError) else "answered" for answer in older]
        assert codes == ["SUPERSEDED"] * 9


@pytest.mark.settings("[server]\nmax_open_requests = 2")
@pytest.mark.gen_test
async def test_more_may_be_asked_at_once_than_the_service_takes_of_one_client(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        answers = await asyncio.gather(*(client.predict("echo", number) for number in range(50)))
        assert [answer["prediction"] for answer in answers] == list(range(50))


@pytest.mark.gen_test
async def test_a_session_remembers_until_it_is_left(socket_url: str, shared: Shared) -> None:
    async with await Client.connect(socket_url) as client:
        async with client.session("adder", {"start": 10}) as session, client.session("adder") as other:
            sums = [(await one.predict({"number": 1}))["prediction"]["sum"] for one in (session, session, other)]
            assert sums == [11, 12, 1]
            assert session.closed is None
        assert session.closed == other.closed == "closed"
        assert shared.service.session_count == 0
        with pytest.raises(SessionClosed, match="The session has ended: closed"):
            await session.predict({"number": 1})


@pytest.mark.gen_test
async def test_a_session_that_is_refused_is_not_entered(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        for model, parameters, code in [
            ("adder", {"start": "high"}, "INVALID_INPUT"),
            ("echo", None, "NOT_FOUND"),
            ("nobody", None, "MODEL_NOT_FOUND"),
        ]:
            with pytest.raises(PredictionError) as failure:
                await client.session(model, parameters).__aenter__()
            assert failure.value.code == code


@pytest.mark.settings("[sessions]\nsession_idle_s = 0.05")
@pytest.mark.gen_test
async def test_a_session_says_why_it_has_ended(socket_url: str, until: Any) -> None:
    async with await Client.connect(socket_url) as client, client.session("adder") as session:
        await until(lambda: session.closed)
        with pytest.raises(SessionClosed) as failure:
            await session.predict({"number": 1})
        assert failure.value.reason == "idle"


@pytest.mark.gen_test
async def test_a_source_pushes_its_predictions_until_the_loop_is_left(
    socket_url: str, shared: Shared, until: Any
) -> None:
    async with await Client.connect(socket_url) as client:
        numbers: list[int] = []
        async for number in client.subscribe("echo", "ticks", policy="buffer"):
            numbers.append(number)
            if len(numbers) == 5:
                break
        assert numbers == list(range(numbers[0], numbers[0] + 5))
        await until(lambda: shared.backend.feeds.subscriber_count == 0)


@pytest.mark.gen_test
async def test_who_falls_behind_gets_the_newest(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client, aclosing(client.subscribe("echo", "ticks")) as ticks:
        first = await anext(ticks)
        async with aclosing(client.subscribe("echo", "ticks")) as more_ticks:
            while await anext(more_ticks) <= first + 5:
                pass
        assert await anext(ticks) > first + 5


@pytest.mark.gen_test
async def test_a_subscription_that_is_refused_or_comes_to_its_end_says_so(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        with pytest.raises(PredictionError, match="NOT_FOUND: The model has no such source"):
            await anext(client.subscribe("echo", "nobody"))
        words = client.subscribe("echo", "countdown", policy="buffer")
        assert [await anext(words) for _ in range(3)] == ["three", "two", "one"]
        with pytest.raises(PredictionError, match=r"NOT_FOUND: .*has come to its end"):
            await anext(words)


@pytest.mark.gen_test
async def test_one_connection_may_listen_to_one_source_more_than_once_and_it_does_not_begin_anew(
    socket_url: str,
) -> None:
    async with await Client.connect(socket_url) as client, aclosing(client.subscribe("echo", "ticks")) as ticks:
        while (first := await anext(ticks)) < 5:
            pass
        async with aclosing(client.subscribe("echo", "ticks")) as more_ticks:
            assert await anext(more_ticks) >= first
        # The newest, when the second came, and one that came later.
        assert first <= await anext(ticks) < await anext(ticks)


@pytest.mark.gen_test
async def test_the_states_of_the_models_are_told_at_once_and_as_they_change(socket_url: str, shared: Shared) -> None:
    async with await Client.connect(socket_url) as client, aclosing(client.subscribe_models()) as states:
        seen = {}
        async for state in states:
            seen[state["qualified_name"]] = state["state"]
            if len(seen) == len({one.known_identity[0] for one in shared.manager.deployments()}):
                break
        assert (seen["echo"], seen["unloadable"]) == ("ready", "failed")


@pytest.mark.gen_test
async def test_nothing_more_can_be_asked_of_a_client_that_is_closed(socket_url: str) -> None:
    client = await Client.connect(socket_url)
    await client.close()
    with pytest.raises(ConnectionLost, match="closed by this client"):
        client.stream("echo", 1)
    for asking in (client.session("adder").__aenter__(), anext(client.subscribe("echo", "ticks"))):
        with pytest.raises(ConnectionLost, match="closed by this client"):
            await asking
