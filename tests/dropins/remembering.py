"""A model that remembers: the sum of what a session was asked."""

import time
from typing import Any

from tornado_ml import MLModel, MLModelSchemaValidationException, ModelSession, hookimpl


class Sum(ModelSession):
    def __init__(self, start: float) -> None:
        self.sum = start

    def predict(self, data: Any) -> Any:
        time.sleep(data.get("seconds", 0))
        self.sum += data["number"]
        return {"sum": self.sum}


class Adder(MLModel):
    """Adds up, from `start` on; without a session to nothing."""

    executor = "thread"  # a worker process for each test would take its time
    qualified_name = "adder"
    display_name = "Adder"
    description = "Adds up what it is told."
    major_version = 1
    minor_version = 0
    input_schema: Any = {
        "type": "object",
        "properties": {"number": {"type": "number"}, "seconds": {"type": "number", "minimum": 0}},
        "required": ["number"],
        "additionalProperties": False,
    }
    output_schema: Any = {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}
    session_schema: Any = {
        "type": "object",
        "properties": {"start": {"type": "number", "default": 0}},
        "additionalProperties": False,
    }
    examples = ({"number": 1},)

    def predict(self, data: Any) -> Any:
        return {"sum": data["number"]}

    def open_session(self, parameters: Any) -> Sum:
        if parameters.get("start", 0) < 0:
            raise MLModelSchemaValidationException("nothing is owed here")
        return Sum(parameters.get("start", 0))


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Adder]
