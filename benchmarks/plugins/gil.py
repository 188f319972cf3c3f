"""A model that calls C code which keeps Python's global lock, and one that just answers."""

from __future__ import annotations

import ctypes

from tornado_ml import MLModel, hookimpl

SECONDS = {"type": "integer", "minimum": 0, "maximum": 10}
INTEGER = {"type": "integer"}


class KeepsTheLock(MLModel):
    qualified_name = "keeps_the_lock"
    display_name = "Keeps the lock"
    description = "Sleeps in C for so many seconds, and no other thread of its process runs Python meanwhile."
    major_version = 1
    minor_version = 0
    input_schema = SECONDS
    output_schema = INTEGER

    def predict(self, data: int) -> int:
        left: int = ctypes.PyDLL(None).sleep(data)
        return left


class Neighbour(MLModel):
    qualified_name = "neighbour"
    display_name = "Neighbour"
    description = "Answers with its input."
    major_version = 1
    minor_version = 0
    input_schema = INTEGER
    output_schema = INTEGER

    def predict(self, data: int) -> int:
        return data


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [KeepsTheLock, Neighbour]
