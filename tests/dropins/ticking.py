"""Sources for the echo: one that ticks, one that comes to its end, one that is pushed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from tornado_ml import PushSource, Source, hookimpl

INTERVAL_S = 0.01


class Ticks(Source):
    name = "ticks"
    description = "Counts from 0, a hundred times a second."
    model_qualified_name = "echo"

    async def inputs(self) -> AsyncIterator[Any]:
        number = 0
        while True:
            yield number
            number += 1
            await asyncio.sleep(INTERVAL_S)


class Countdown(Source):
    name = "countdown"
    description = "Three, two, one."
    model_qualified_name = "echo"

    async def inputs(self) -> AsyncIterator[Any]:
        for word in ("three", "two", "one"):
            yield word


@hookimpl
def register_sources() -> list[Source]:
    return [Ticks(), Countdown(), PushSource("pushed", "What a test publishes.", "echo")]
