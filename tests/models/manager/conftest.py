"""A model manager on a bench: its models come of it as the test says, when the test says so."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tornado_ml import MLModel
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import Identity, ModelManager, Recipe, Registration, Version, shown

RECIPE = Recipe("directory", "nobody", "nowhere.py", 0)


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


class Model:
    """What a plugin registers, and what comes of it: a report, or an error, once the gate opens."""

    def __init__(self, said: ModelReport | Exception, identity: Identity | None) -> None:
        self.said = said
        self.identity = identity
        self.gate: Callable[[], Awaitable[Any]] = lambda: asyncio.sleep(0)

    async def load(self) -> ModelReport:
        await self.gate()
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    def by(self, plugin: str) -> Registration:
        return Registration(plugin, self, RECIPE, self.identity)  # type: ignore[arg-type]


class Runner:
    """Does as the model tells it, and keeps book."""

    def __init__(self, registration: Registration, book: list[tuple[str, Any]]) -> None:
        self._factory: Any = registration.factory
        self._book = book
        self.on_failed: Callable[[str], None] = lambda _: None

    async def load(self, on_failed: Callable[[str], None]) -> ModelReport:
        self.on_failed = on_failed
        if self._factory is Echo:
            return LoadedModel(Echo).report
        loaded: ModelReport = await self._factory.load()
        return loaded

    async def finish(self, timeout_s: float) -> None:
        self._book.append(("finished", self._factory))

    async def close(self) -> None:
        self._book.append(("closed", self._factory))


class Bench:
    """A manager, what it did with models (`book`), and the plugins it found at fault."""

    def __init__(self) -> None:
        self.book: list[tuple[str, Any]] = []
        self.faults: list[tuple[str, str]] = []
        self.manager = ModelManager(
            lambda registration: Runner(registration, self.book),
            lambda plugin, reason, cause: self.faults.append((plugin, reason)),
        )

    @staticmethod
    def report(name: str = "echo", version: Version = (1, 0), path: str = "echo.py:Echo", **said: Any) -> ModelReport:
        """What a constructed echo says of itself, but for what is given."""
        major, minor = version
        names = {"qualified_name": name, "major_version": major, "minor_version": minor, "class_path": path}
        return dataclasses.replace(LoadedModel(Echo).report, **names, **said)

    @staticmethod
    def model(said: ModelReport | Exception, declared: Any = "as said") -> Model:
        """A model.

        Args:
            said: what the constructed model says of itself, or the error it is constructed with.
            declared: the name and version that its class says, None if it says none.
        """
        if declared == "as said":
            declared = said.identity if isinstance(said, ModelReport) else None
        return Model(said, declared)

    @staticmethod
    def echo_by(plugin: str, declared: Identity | None) -> Registration:
        """The same class, whoever brings it."""
        return Registration(plugin, Echo, RECIPE, declared)

    def load(self, *registrations: Registration) -> None:
        asyncio.run(self.manager.load(registrations))

    @property
    def closed(self) -> list[Any]:
        return [factory for deed, factory in self.book if deed == "closed"]

    def states(self) -> dict[str, str]:
        return {shown(one.known_identity): one.state.value for one in self.manager.deployments()}

    @staticmethod
    async def soon(condition: Callable[[], bool]) -> None:
        """Returns when the condition holds."""
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0)


@pytest.fixture
def bench() -> Bench:
    return Bench()
