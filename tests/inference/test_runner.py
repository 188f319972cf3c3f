"""One model, run as the settings of its name say."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml import MLModel
from tornado_ml.errors import ModelLoadError, ModelNotReady, ModelRefused
from tornado_ml.inference.jobs import Outcome
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.models.manager import Recipe, Registration
from tornado_ml.settings import Settings
from tornado_ml.settings.declaration import ModelSettings


class Model(MLModel):
    executor: Any = "thread"
    qualified_name = display_name = description = "a_model"
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}

    def predict(self, data: Any) -> Any:
        if isinstance(data, float):
            time.sleep(data)
        return [os.getpid(), threading.current_thread() is threading.main_thread()]


class Batches(Model):
    def predict_batch(self, batch: list[Any]) -> list[Any]:
        time.sleep(0.05)
        return [len(batch)] * len(batch)


def runner(factory: Callable[[], object], *, is_named: bool = True, **settings: Any) -> ModelRunner:
    identity = ("a_model", (1, 0)) if is_named else None
    registration = Registration("test", factory, Recipe("directory", "test", "", 0), identity)
    return ModelRunner(registration, Settings(models={"a_model": ModelSettings(**settings)}))


async def ask(scheduler: Any, *inputs: Any) -> list[Any]:
    answers = [asyncio.get_running_loop().create_future() for _ in inputs]
    for data, answer in zip(inputs, answers, strict=True):
        scheduler.submit(data, "client", answer.set_result)
    return await asyncio.gather(*answers)


async def predict(model: ModelRunner, *inputs: Any) -> list[Any]:
    return [one.prediction if isinstance(one, Outcome) else one for one in await ask(model.scheduler, *inputs)]


def run(scenario: Any) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_it_runs_where_the_class_asks_for_unless_the_settings_say_otherwise() -> None:
    async def where(**settings: Any) -> list[Any]:
        model = runner(Model, **settings)
        await model.load(pytest.fail)
        ((pid, is_main),) = await predict(model, "good")
        await model.close()
        return [pid == os.getpid(), is_main]

    async def scenario() -> None:
        assert await where() == [True, False]
        assert await where(executor="inline") == [True, True]

    run(scenario)


def test_a_model_that_says_its_name_only_when_constructed_is_run_as_the_settings_of_that_name_say() -> None:
    async def scenario() -> None:
        model = runner(Model, is_named=False, executor="inline")
        assert (await model.load(pytest.fail)).qualified_name == "a_model"
        assert await predict(model, "good") == [[os.getpid(), True]]
        await model.close()

    run(scenario)


@pytest.mark.parametrize("kind", ["fleet", 5, ["thread"]])
def test_an_executor_that_there_is_not_is_refused(kind: Any) -> None:
    class Elsewhere(Model):
        executor = kind

    async def scenario() -> None:
        model = runner(Elsewhere)
        with pytest.raises(ModelRefused, match="there are process, thread, inline"):
            await model.load(pytest.fail)
        await model.close()

    run(scenario)


def test_only_a_model_that_takes_batches_gets_them_and_none_larger_than_the_settings_say() -> None:
    async def sizes(factory: Callable[[], object]) -> list[Any]:
        model = runner(factory, max_batch_size=3)
        await model.load(pytest.fail)
        told = await ask(model.scheduler, *range(5))
        await model.close()
        return sorted(one.batch_size for one in told)

    async def scenario() -> None:
        assert await sizes(Model) == [1, 1, 1, 1, 1]
        assert await sizes(Batches) == [2, 2, 3, 3, 3]

    run(scenario)


def test_it_is_ready_from_load_to_close_and_then_what_waits_is_answered() -> None:
    async def scenario() -> None:
        model = runner(Model)
        with pytest.raises(ModelNotReady):
            model.scheduler  # noqa: B018 - a property that raises
        await model.finish(1)
        await model.load(pytest.fail)
        asked = asyncio.create_task(ask(model.scheduler, 0.1, "good"))
        await asyncio.sleep(0)
        await model.finish(30)
        assert asked.done()
        asked = asyncio.create_task(ask(model.scheduler, 0.1, "good"))
        await asyncio.sleep(0)
        await model.close()
        assert [str(one) for one in await asked] == ["The model is being unloaded."] * 2
        with pytest.raises(ModelNotReady):
            model.scheduler  # noqa: B018 - a property that raises

    run(scenario)


def test_one_that_is_closed_while_it_loads_does_not_begin_to_run() -> None:
    go_on = threading.Event()

    def slowly() -> object:
        go_on.wait(30)
        return Model()

    async def scenario() -> None:
        model = runner(slowly, executor="thread")
        loading = asyncio.create_task(model.load(pytest.fail))
        await asyncio.sleep(0)
        await model.close()
        go_on.set()
        with pytest.raises(ModelLoadError, match="unloaded while it was loading"):
            await loading

    run(scenario)
