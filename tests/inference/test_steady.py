"""Predictions for a source, made by the real service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml import PushSource
from tornado_ml.errors import ModelNotFound, ModelNotReady, NotFound, ServiceError
from tornado_ml.feeds import Value
from tornado_ml.inference.steady import SteadyPredictor
from tornado_ml.server.base import Shared


class Reader:
    """A subscriber."""

    def __init__(self) -> None:
        self.predictions: list[Any] = []
        self.ends: list[str] = []

    def deliver(self, value: Value) -> None:
        self.predictions.append(value.prediction.prediction)

    def ended(self, error: ServiceError) -> None:
        self.ends.append(error.code)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)


@pytest.mark.gen_test
async def test_a_model_that_is_not_there_is_told(shared: Shared) -> None:
    predictor = SteadyPredictor(shared.service, "nobody")
    with pytest.raises(ModelNotFound):
        await predictor.predict(1)
    predictor.close()


@pytest.mark.gen_test
async def test_what_a_source_gives_is_predicted_by_its_model(shared: Shared) -> None:
    reader = Reader()
    shared.backend.feeds.subscribe("echo", "countdown", reader)
    await reader.until(lambda: reader.ends == ["NOT_FOUND"])
    assert reader.predictions == ["three", "two", "one"]
    assert shared.backend.feeds.running_count == 0


@pytest.mark.gen_test
async def test_the_model_may_be_loaded_anew_meanwhile(shared: Shared) -> None:
    reader = Reader()
    shared.backend.feeds.subscribe("echo", "ticks", reader)
    await reader.until(lambda: len(reader.predictions) >= 3)
    await shared.manager.reload("echo")
    count = len(reader.predictions)
    await reader.until(lambda: len(reader.predictions) >= count + 3)
    assert reader.predictions == list(range(len(reader.predictions)))
    assert reader.ends == []


@pytest.mark.gen_test
async def test_the_subscribers_of_a_model_that_is_gone_are_told(shared: Shared) -> None:
    reader = Reader()
    shared.backend.feeds.subscribe("echo", "ticks", reader)
    await reader.until(lambda: len(reader.predictions) >= 3)
    (plugin,) = [one for one in shared.plugins.plugins if one.name == "echo"]
    await shared.manager.renew(plugin.key, [])
    await reader.until(lambda: reader.ends == ["MODEL_NOT_FOUND"])


@pytest.fixture
def numbers(shared: Shared) -> PushSource:
    """A source whose numbers are added up, from 100 on."""
    source = PushSource("numbers", "Numbers.", "adder", session_parameters={"start": 100})
    shared.backend.feeds.set_sources("test", [source])
    return source


async def sums(shared: Shared, reader: Reader, source: PushSource, *numbers: float) -> list[float]:
    """What comes of numbers, one after the other."""
    begun = len(reader.predictions)
    for count, number in enumerate(numbers, start=1):
        source.publish({"number": number})
        await reader.until(lambda count=count: len(reader.predictions) == begun + count)  # type: ignore[misc]
    return [prediction["sum"] for prediction in reader.predictions[begun:]]


@pytest.mark.gen_test
async def test_a_source_with_session_parameters_is_remembered_while_it_runs(
    shared: Shared, numbers: PushSource
) -> None:
    reader, later = Reader(), Reader()
    subscription = shared.backend.feeds.subscribe("adder", "numbers", reader)
    await reader.until(lambda: bool(numbers._readers))
    assert await sums(shared, reader, numbers, 1, 2, 3) == [101, 103, 106]
    assert shared.service.session_count == 1
    subscription.close()
    await later.until(lambda: shared.backend.feeds.running_count == 0 and shared.service.session_count == 0)
    shared.backend.feeds.subscribe("adder", "numbers", later)
    await later.until(lambda: bool(numbers._readers))
    assert await sums(shared, later, numbers, 1) == [101]


@pytest.mark.gen_test
async def test_a_session_that_has_ended_is_opened_again(shared: Shared, numbers: PushSource) -> None:
    reader = Reader()
    shared.backend.feeds.subscribe("adder", "numbers", reader)
    await reader.until(lambda: bool(numbers._readers))
    assert await sums(shared, reader, numbers, 1, 2) == [101, 103]
    await shared.manager.reload("adder")
    assert await sums(shared, reader, numbers, 1, 2) == [101, 103]
    assert shared.service.session_count == 1


@pytest.mark.gen_test
async def test_an_input_that_meets_the_end_of_its_session_is_asked_in_the_next_one(shared: Shared) -> None:
    predictor = SteadyPredictor(shared.service, "adder", {})
    assert (await predictor.predict({"number": 1})).prediction == {"sum": 1}
    asked = asyncio.create_task(predictor.predict({"number": 1, "seconds": 0.1}))
    await asyncio.sleep(0.02)
    reload = asyncio.create_task(shared.manager.reload("adder"))
    assert (await asked).prediction == {"sum": 2}
    await reload
    assert (await predictor.predict({"number": 1})).prediction == {"sum": 1}
    predictor.close()


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"start": "much"}, "The source's session is refused by its model: /start"),
        ({"start": -1}, "The source's session is refused by its model: nothing is owed here"),
    ],
)
@pytest.mark.gen_test
async def test_parameters_that_do_not_fit_end_the_subscriptions(
    shared: Shared, parameters: dict[str, Any], told: str
) -> None:
    predictor = SteadyPredictor(shared.service, "adder", parameters)
    with pytest.raises(ModelNotReady, match=told) as refused:
        await predictor.predict({"number": 1})
    assert refused.value.retryable is False
    predictor.close()
    assert shared.service.session_count == 0


@pytest.mark.gen_test
async def test_a_model_that_keeps_no_sessions_says_so(shared: Shared) -> None:
    predictor = SteadyPredictor(shared.service, "echo", {})
    with pytest.raises(NotFound, match="The model echo keeps no sessions"):
        await predictor.predict(1)
    predictor.close()


@pytest.mark.gen_test
async def test_a_source_that_stops_while_its_session_is_opened_leaves_none(shared: Shared) -> None:
    predictor = SteadyPredictor(shared.service, "adder", {})
    asked = asyncio.create_task(predictor.predict({"number": 1}))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    predictor.close()
    await Reader().until(lambda: shared.service.session_count == 0)


@pytest.mark.settings("sessions.session_idle_s = 0.05")
@pytest.mark.gen_test
async def test_the_session_of_a_source_is_kept_however_rare_its_inputs_are(shared: Shared) -> None:
    predictor = SteadyPredictor(shared.service, "adder", {})
    await predictor.predict({"number": 1})
    await asyncio.sleep(0.3)
    assert (await predictor.predict({"number": 2})).prediction == {"sum": 3}
    predictor.close()
