"""A model with streams and sessions that do what they are told, and leave a mark when they are closed."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tornado_ml import MLModel, ModelSession, hookimpl


def act(data: Any) -> None:
    match data.get("then"):
        case "hang":
            while True:
                pass
        case "exit":
            os._exit(3)
        case "eat":
            raise MemoryError
        case "leave":
            sys.exit("enough")
    time.sleep(data.get("seconds", 0))


def mark(name: str) -> None:
    with Path(os.environ["BAD_LOADING_MARKS"], name).open("a") as file:
        file.write("closed\n")


class Memory(ModelSession):
    def __init__(self, parameters: Any) -> None:
        act(parameters)
        self.told: list[Any] = []
        self.mark = parameters.get("mark")
        self.hangs = parameters.get("hangs_at_last", False)

    def predict(self, data: Any) -> Any:
        act(data)
        self.told.append(data.get("say"))
        return [os.getpid(), self.told]

    def close(self) -> None:
        if self.mark:
            mark(self.mark)
        if self.hangs:
            act({"then": "hang"})


class Live(MLModel):
    qualified_name = "live"
    display_name = description = "Streams and remembers."
    major_version = 1
    minor_version = 0
    input_schema: Any = {"type": "object"}
    output_schema: Any = {}

    def predict_stream(self, data: Any) -> Iterator[Any]:
        if data.get("after") == 0:
            act(data)
        try:
            for number in range(data.get("to", 10**9)):
                yield [os.getpid(), number]
                if number + 1 >= data.get("after", 0):
                    act(data)
        finally:
            if "mark" in data:
                mark(data["mark"])
        return os.getpid()

    def open_session(self, parameters: Any) -> Memory:
        return Memory(parameters)


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Live]
