"""A model that takes an array and gives one, in a thread and in a process."""

from __future__ import annotations

from typing import Any

import numpy as np

from tornado_ml import MLModel, hookimpl

IMAGE = {"x-tensor": {"dtype": "<f4", "shape": [None, 2]}}


class Negative(MLModel):
    """Returns what `how` says."""

    executor = "thread"
    qualified_name = "negative"
    display_name = "Negative"
    description = "Turns dark into light."
    major_version = 1
    minor_version = 0
    input_schema: Any = {
        "type": "object",
        "properties": {"image": IMAGE, "how": {"type": "string"}},
        "required": ["image"],
        "additionalProperties": True,
    }
    output_schema: Any = {"type": "object", "properties": {"image": IMAGE, "mean": {"type": "number"}}}
    examples = ({"image": [[0, 1], [0.25, 0.75]]},)

    def predict(self, data: Any) -> Any:
        image: np.ndarray[Any, Any] = data["image"]
        assert isinstance(image, np.ndarray)
        negative = 1 - image
        match data.get("how"):
            case "wrong dtype":
                negative = negative.astype("<f8")
            case "wrong shape":
                negative = negative.ravel()
        return {"image": negative, "mean": negative.mean() if negative.size else 0}


class NegativeApart(Negative):
    executor = "process"
    qualified_name = "negative_apart"


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Negative, NegativeApart]
