"""Models of each kind that answer whatever fits, at once; and a source."""

import asyncio
from collections.abc import AsyncIterator, Generator
from typing import Any

from marshmallow import Schema, fields, validate

from tornado_ml import MLModel, ModelSession, Source, hookimpl


class Echo(MLModel):
    executor = "inline"
    qualified_name, display_name, description = "echo", "Echo", "Answers with its input."
    major_version, minor_version = 1, 0
    input_schema: Any = {}
    output_schema: Any = {}

    def predict(self, data: Any) -> Any:
        return data


class FormInput(Schema):
    number = fields.Float(required=True, validate=validate.Range(min=0, max=10, min_inclusive=False))
    count = fields.Integer(strict=True)
    word = fields.String(validate=validate.Regexp(r"^[a-z]+(?:-[a-z]+)*$"))
    kind = fields.String(validate=validate.OneOf(["small", "large"]))
    day = fields.Date()
    parts = fields.List(fields.Dict(keys=fields.String(), values=fields.Boolean()), validate=validate.Length(max=3))


class Form(Echo):
    qualified_name = "form"
    input_schema: Any = FormInput

    def predict(self, data: Any) -> Any:
        return sorted(data)


class Tensor(Echo):
    qualified_name = "tensor"
    input_schema: Any = {
        "type": "object",
        "properties": {"image": {"x-tensor": {"dtype": "<f4", "shape": [None, 2]}}, "more": {"type": "integer"}},
        "required": ["image"],
    }

    def predict(self, data: Any) -> Any:
        return list(data["image"].shape)


class Steps(Echo):
    executor = "thread"
    qualified_name = "steps"
    input_schema: Any = {"type": "integer", "minimum": 0, "maximum": 20}

    def predict_stream(self, data: Any) -> Generator[Any, None, Any]:
        yield from range(data)
        return data


class Total(ModelSession):
    def __init__(self, total: float) -> None:
        self.total = total

    def predict(self, data: Any) -> Any:
        self.total += data
        return self.total


class Adder(Echo):
    executor = "thread"
    qualified_name = "adder"
    input_schema: Any = {"type": "integer", "minimum": -1000, "maximum": 1000}
    session_schema: Any = {"type": "integer", "minimum": 0, "maximum": 1000}

    def open_session(self, parameters: Any) -> Total:
        return Total(parameters)


class Ticks(Source):
    name = "ticks"
    description = "Counts from 0, a thousand times a second."
    model_qualified_name = "echo"

    async def inputs(self) -> AsyncIterator[Any]:
        number = 0
        while True:
            yield number
            number += 1
            await asyncio.sleep(0.001)


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Echo, Form, Tensor, Steps, Adder]


@hookimpl
def register_sources() -> list[Source]:
    return [Ticks()]
