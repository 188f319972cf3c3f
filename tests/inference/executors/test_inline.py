from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml import MLModel
from tornado_ml.errors import ModelCrashed, ModelLoadError, ModelRefused, PredictionFailed
from tornado_ml.inference.executors.inline import InlineExecutor
from tornado_ml.inference.jobs import Outcome
from tornado_ml.inference.scheduler import Limits, Scheduler
from tornado_ml.metrics import Metrics
from tornado_ml.models.manager import Recipe, Registration
from tornado_ml.settings.declaration import ModelSettings


class Inline(MLModel):
    qualified_name = display_name = description = "inline"
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}

    def predict(self, data: Any) -> Any:
        if data == "eat":
            raise MemoryError
        if data == "exit":
            sys.exit("enough")
        return os.getpid()


def made(factory: Callable[[], object]) -> InlineExecutor:
    return InlineExecutor(Registration("test", factory, Recipe("directory", "test", "", 0)), ModelSettings(), Metrics())


def test_it_predicts_in_this_process_and_outlives_what_a_model_raises() -> None:
    async def scenario() -> list[Any]:
        executor = made(Inline)
        assert (await executor.load()).qualified_name == "inline"
        scheduler = Scheduler(Limits(max_batch_size=1))
        executor.start(scheduler, lambda reason: pytest.fail(reason))
        answers: list[asyncio.Future[Any]] = [asyncio.get_running_loop().create_future() for _ in range(4)]
        for data, answer in zip(("good", "eat", "exit", "good"), answers, strict=True):
            scheduler.submit(data, "client", answer.set_result)
        told = await asyncio.gather(*answers)
        await executor.close()
        return told

    first, eaten, left, last = asyncio.run(scenario())
    assert isinstance(first, Outcome)
    assert first.prediction == last.prediction == os.getpid()
    assert isinstance(eaten, ModelCrashed)
    assert isinstance(left, PredictionFailed)


@pytest.mark.parametrize(
    ("factory", "error", "reason"),
    [
        (lambda: 5, ModelRefused, "5 is no model"),
        (lambda: 1 / 0, ModelLoadError, "ZeroDivisionError: division by zero"),
        (lambda: sys.exit("enough"), ModelLoadError, "SystemExit: enough"),
    ],
)
def test_what_cannot_be_constructed_is_not_loaded(
    factory: Callable[[], object], error: type[Exception], reason: str
) -> None:
    async def scenario() -> None:
        executor = made(factory)
        with pytest.raises(error, match=reason):
            await executor.load()
        await executor.close()

    asyncio.run(scenario())
