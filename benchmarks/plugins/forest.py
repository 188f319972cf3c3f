"""A forest of 100 trees in scikit-learn, which takes hardly longer for many inputs than for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tornado_ml import MLModel, hookimpl


class OneByOne(MLModel):
    qualified_name = "forest_one_by_one"
    display_name = "Forest, one by one"
    description = "Reads a handwritten digit of 8 x 8 pixels."
    major_version = 1
    minor_version = 0
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 64,
        "maxItems": 64,
    }
    output_schema: ClassVar[dict[str, Any]] = {"type": "integer", "minimum": 0, "maximum": 9}

    def __init__(self) -> None:
        from sklearn.datasets import load_digits
        from sklearn.ensemble import RandomForestClassifier

        self._forest = RandomForestClassifier(n_estimators=100, random_state=0).fit(*load_digits(return_X_y=True))

    def predict(self, data: Sequence[float]) -> int:
        return self._read([data])[0]

    def _read(self, batch: Sequence[Sequence[float]]) -> list[int]:
        digits: list[int] = self._forest.predict(batch).tolist()
        return digits


class Batched(OneByOne):
    qualified_name = "forest_batched"
    display_name = "Forest, batched"

    def predict_batch(self, batch: Sequence[Sequence[float]]) -> list[int]:
        return self._read(batch)


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [OneByOne, Batched]
