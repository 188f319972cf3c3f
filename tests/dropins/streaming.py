"""A model that counts: partial predictions on the way to a final one."""

import time
from collections.abc import Generator
from typing import Any

from tornado_ml import MLModel, Pause, hookimpl


class Counter(MLModel):
    """Counts to `to`, one number every `seconds`; what it yields and returns can be made bad."""

    executor = "thread"  # a worker process for each test would take its time
    qualified_name = "counter"
    display_name = "Counter"
    description = "Counts, number by number."
    major_version = 1
    minor_version = 0
    input_schema: Any = {
        "type": "object",
        "properties": {
            "to": {"type": "integer", "minimum": 0},
            "seconds": {"type": "number", "minimum": 0},
            "pause": {"type": "number", "minimum": 0},
            "fail": {"enum": ["raise", "partial", "final", "refuse"]},
        },
        "required": ["to"],
        "additionalProperties": False,
    }
    output_schema: Any = {"type": "object", "properties": {"counted": {"type": "integer"}}, "required": ["counted"]}
    partial_schema: Any = {"type": "integer"}
    examples = ({"to": 3},)

    def predict_stream(self, data: Any) -> Generator[Any, None, Any]:
        fail = data.get("fail")
        for number in range(data["to"]):
            yield number
            if "pause" in data:
                yield Pause(data["pause"])
            time.sleep(data.get("seconds", 0))
        if fail == "raise":
            raise ValueError("the combination is 4711")
        if fail == "partial":
            yield "not a number"
        return "4711" if fail == "final" else {"counted": data["to"]}


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Counter]
