"""A model that gives back what it gets, and a source that feeds it as fast as it answers."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import tornado_ml


class Ticker(tornado_ml.MLModel):
    qualified_name = "ticker"
    display_name = "Ticker"
    description = "Gives back what it gets."
    major_version = 1
    minor_version = 0
    executor = "inline"
    input_schema: ClassVar = {}
    output_schema: ClassVar = {}

    def predict(self, data: Any) -> Any:
        return data


class Ticks(tornado_ml.Source):
    name = "ticks"
    description = "Numbers, with a filling."
    model_qualified_name = "ticker"

    async def inputs(self) -> AsyncIterator[Any]:
        for number in itertools.count():
            yield {"number": number, "filling": "x" * 32}


@tornado_ml.hookimpl
def register_models() -> list[type[tornado_ml.MLModel]]:
    return [Ticker]


@tornado_ml.hookimpl
def register_sources() -> list[tornado_ml.Source]:
    return [Ticks()]
