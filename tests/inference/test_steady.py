"""Predictions for a source, made by the real service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.errors import ModelNotFound, ServiceError
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
