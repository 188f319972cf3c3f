"""A source, a predictor and subscribers on a bench: each does as the test says, and keeps book."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tornado_ml import Source
from tornado_ml.errors import ServiceError
from tornado_ml.feeds import Feeds, Value, backoff


class Numbers(Source):
    """0, 1, 2, … as soon as they are asked for, and what happened to it."""

    description = "Numbers."
    model_qualified_name = "echo"

    def __init__(self, name: str = "numbers", stop: int | None = None, always: bool = False) -> None:
        self.name = name
        self.always = always
        self.stop = stop
        self.book: list[str] = []
        self.failures: list[BaseException] = []
        """What the next iterations raise after their first input."""

    async def inputs(self) -> AsyncIterator[Any]:
        self.book.append("begun")
        number = 0
        try:
            while self.stop is None or number < self.stop:
                yield number
                number += 1
                if self.failures:
                    raise self.failures.pop(0)
        finally:
            await asyncio.sleep(0)
            self.book.append("closed")


class Predictor:
    """Answers with its input, as soon as `gate` lets it, unless there is something else to answer."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.answers: list[ServiceError] = []
        self.gate: Callable[[], Any] = lambda: asyncio.sleep(0)
        self.closed_count = 0

    async def predict(self, data: Any) -> Any:
        self.asked.append(data)
        await self.gate()
        if self.answers:
            raise self.answers.pop(0)
        return data

    def close(self) -> None:
        self.closed_count += 1


class Reader:
    """A subscriber, with what it was told."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.errors: list[ServiceError] = []
        self._news = asyncio.Event()

    def deliver(self, value: Value) -> None:
        self.values.append(value)
        self._news.set()

    def ended(self, error: ServiceError) -> None:
        self.errors.append(error)
        self._news.set()

    @property
    def predictions(self) -> list[Any]:
        return [value.prediction for value in self.values]

    async def has(self, count: int) -> None:
        """Returns when it has at least so many values."""
        await self.until(lambda: len(self.values) >= count)

    async def has_ended(self) -> str:
        """Why, when it has."""
        await self.until(lambda: bool(self.errors))
        return f"{self.errors[0].code}: {self.errors[0]}"

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self._news.clear()
                await self._news.wait()


class Bench:
    """Feeds of one predictor."""

    reader = Reader
    numbers = Numbers

    def __init__(self) -> None:
        self.predictor = Predictor()
        self.feeds = Feeds(lambda source: self.predictor)

    def bring(self, *sources: Source) -> Feeds:
        self.feeds.set_sources("plugin", sources)
        return self.feeds

    async def is_idle(self) -> None:
        """Returns when nothing runs."""
        await self.until(lambda: self.feeds.running_count == 0)
        assert self.feeds.subscriber_count == 0

    @staticmethod
    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.001)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Without long waits before something is tried again."""
    monkeypatch.setattr(backoff, "FIRST_S", 0.001)
    monkeypatch.setattr(backoff, "MOST_S", 0.01)
    return Bench()
