"""A model that answers with its input, in three versions."""

from typing import Any

from tornado_ml import MLModel, hookimpl


class Echo(MLModel):
    executor = "thread"  # a worker process for each test would take its time
    qualified_name = "echo"
    display_name = "Echo"
    description = "Answers with its input."
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}
    examples = ("hello", 1.5, None, {"a": [1, 2]})

    def predict(self, data: Any) -> Any:
        return data


class NewerEcho(Echo):
    minor_version = 2


class NextEcho(Echo):
    major_version = 2


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Echo, NextEcho, NewerEcho]
