"""Models with bad days: one that fails in the way it is told to, and one that does not load."""

import sys
from typing import Any

from tornado_ml import MLModel, MLModelException, MLModelSchemaValidationException, hookimpl

SECRET = "the combination is 4711"


def fail(how: str) -> Any:
    if how == "raise":
        raise ValueError(SECRET)
    if how == "raise MLModelException":
        raise MLModelException(SECRET)
    if how == "raise MLModelSchemaValidationException":
        raise MLModelSchemaValidationException("the moon is full")
    if how == "raise StopIteration":
        raise StopIteration(SECRET)
    if how == "exit":
        sys.exit(SECRET)
    return {
        "return NaN": {"answer": float("nan")},
        "return Infinity": {"answer": float("inf")},
        "return bytes": {"answer": SECRET.encode()},
        "return text": {"answer": SECRET},
        "return too much": {"answer": 1, "secret": SECRET},
        "return nothing": None,
        "return well": {"answer": 1},
    }[how]


class Broken(MLModel):
    executor = "thread"  # a worker process for each test would take its time
    qualified_name = "broken"
    display_name = "Broken"
    description = "Fails in the way it is told to."
    major_version = 1
    minor_version = 0
    input_schema: Any = {
        "type": "object",
        "properties": {"how": {"type": "string"}, "times": {"type": "integer"}},
        "required": ["how"],
        "additionalProperties": False,
    }
    output_schema: Any = {
        "type": "object",
        "properties": {"answer": {"type": "number"}},
        "required": ["answer"],
        "additionalProperties": False,
    }

    def predict(self, data: Any) -> Any:
        return fail(data["how"])


class Unloadable(Broken):
    qualified_name = "unloadable"
    display_name = "Unloadable"

    def __init__(self) -> None:
        raise OSError("the parameters are not there")


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Broken, Unloadable]
