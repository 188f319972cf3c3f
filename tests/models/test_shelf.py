"""Models that are unloaded by hand, and loaded again as they were."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml import MLModel
from tornado_ml.errors import ModelLoadError, ModelNotFound
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import ModelManager, Recipe, Registration
from tornado_ml.models.shelf import Shelf


class Echo(MLModel):
    qualified_name = "echo"
    display_name = "Echo"
    description = "A model."
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}

    def predict(self, data: Any) -> Any:
        return data


class Echo2(Echo):
    major_version = 2


class World:
    """A manager of two versions of one model, its shelf, and what the runners did."""

    def __init__(self) -> None:
        self.book: list[str] = []
        self.faults: list[str] = []
        self.broken = False
        self.manager = ModelManager(
            lambda registration: Runner(registration, self), lambda plugin, reason, cause: self.faults.append(plugin)
        )
        self.shelf = Shelf(self.manager)
        recipe = Recipe("directory", "nobody", "nowhere.py", 0)
        # The first is known by its class alone, the second when it is constructed.
        self.registrations = [Registration("one", Echo, recipe, ("echo", (1, 0))), Registration("two", Echo2, recipe)]

    def states(self) -> list[str]:
        return [f"{one.model_version} {one.state}" for one in self.manager.deployments()]


class Runner:
    def __init__(self, registration: Registration, world: World) -> None:
        self._registration = registration
        self._world = world

    async def load(self, on_failed: Callable[[str], None]) -> ModelReport:
        await asyncio.sleep(0)
        if self._world.broken:
            raise ModelLoadError("no more")
        return LoadedModel(self._registration.factory).report

    async def finish(self, timeout_s: float) -> None:
        self._world.book.append("finished")

    async def close(self) -> None:
        self._world.book.append("closed")


def run(scenario: Callable[[World], Any]) -> None:
    async def main() -> None:
        world = World()
        await world.manager.load(world.registrations)
        assert world.states() == ["2.0 ready", "1.0 ready"]
        await scenario(world)

    asyncio.run(main())


def test_all_versions_finish_and_go_and_come_back() -> None:
    async def scenario(world: World) -> None:
        await world.shelf.unload("echo")
        assert world.states() == []
        assert world.book == ["finished"] * 2 + ["closed"] * 2
        await world.shelf.load("echo")
        assert world.states() == ["2.0 ready", "1.0 ready"]
        assert world.faults == []

    run(scenario)


def test_what_is_not_there_is_not_found_and_what_is_ready_stays() -> None:
    async def scenario(world: World) -> None:
        await world.shelf.load("echo")
        assert world.book == []
        for act in (world.shelf.load, world.shelf.unload):
            with pytest.raises(ModelNotFound):
                await act("nobody")
        await world.shelf.unload("echo")
        with pytest.raises(ModelNotFound):
            await world.shelf.unload("echo")

    run(scenario)


def test_one_that_cannot_be_loaded_again_says_why_fails_alone_and_may_be_tried_again() -> None:
    async def scenario(world: World) -> None:
        await world.shelf.unload("echo")
        world.broken = True
        with pytest.raises(ModelLoadError, match=r"echo 2\.0 could not be loaded: no more"):
            await world.shelf.load("echo")
        assert world.states() == ["2.0 failed", "1.0 failed"]
        assert world.faults == []
        with pytest.raises(ModelLoadError, match="no more"):
            await world.shelf.load("echo")
        world.broken = False
        await world.shelf.load("echo")
        assert world.states() == ["2.0 ready", "1.0 ready"]

    run(scenario)


def test_what_a_plugin_has_brought_anew_is_forgotten() -> None:
    async def scenario(world: World) -> None:
        await world.shelf.unload("echo")
        world.shelf.forget("one")
        await world.shelf.load("echo")
        assert world.states() == ["2.0 ready"]
        await world.shelf.unload("echo")
        world.shelf.forget("two")
        with pytest.raises(ModelNotFound):
            await world.shelf.load("echo")

    run(scenario)


def test_of_those_who_load_it_anew_at_once_each_gets_what_they_want() -> None:
    async def scenario(world: World) -> None:
        await asyncio.gather(*(world.shelf.reload("echo") for _ in range(3)))
        assert world.states() == ["2.0 ready", "1.0 ready"]
        assert world.book.count("closed") == 3 * 2
        with pytest.raises(ModelNotFound):
            await world.shelf.reload("nobody")

    run(scenario)
