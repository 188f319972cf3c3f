"""A forest of 100 trees in scikit-learn, which takes hardly longer for many inputs than for one.

One row takes 5 ms; with threads (`n_jobs`), as many forests are made, 20 ms, for they are handed one tree after the
other.
"""

from __future__ import annotations

from collections.abc import Sequence

from tornado_ml import MLModel, hookimpl

IMAGE = {"type": "array", "items": {"type": "number"}, "minItems": 64, "maxItems": 64}
DIGIT = {"type": "integer", "minimum": 0, "maximum": 9}


class OneByOne(MLModel):
    qualified_name = "forest_one_by_one"
    display_name = "Forest, one by one"
    description = "Reads a handwritten digit of 8 x 8 pixels."
    major_version = 1
    minor_version = 0
    input_schema = IMAGE
    output_schema = DIGIT
    n_jobs: int | None = None

    def __init__(self) -> None:
        from sklearn.datasets import load_digits
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(n_estimators=100, random_state=0, n_jobs=self.n_jobs)
        self._forest = forest.fit(*load_digits(return_X_y=True))

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


class ThreadedOneByOne(OneByOne):
    qualified_name = "threaded_forest_one_by_one"
    display_name = "Forest with threads, one by one"
    n_jobs = 2


class ThreadedBatched(Batched):
    qualified_name = "threaded_forest_batched"
    display_name = "Forest with threads, batched"
    n_jobs = 2


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [OneByOne, Batched, ThreadedOneByOne, ThreadedBatched]
