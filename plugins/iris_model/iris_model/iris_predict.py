"""The model as it is served: its declaration, and the prediction with the parameters that `iris_train` wrote."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from marshmallow import Schema, fields, validate

from tornado_ml import MLModel, MLModelException

FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
"""The lengths in the order of the columns that the model was trained on."""

SPECIES = ("setosa", "versicolor", "virginica")

MODEL_FILE = Path(__file__).parent / "model_files" / "svc_model.onnx"


class ModelFileChanged(MLModelException):
    """The model file is not the one that its checksum was taken of."""


def length(title: str, description: str) -> fields.Float:
    return fields.Float(
        required=True,
        validate=validate.Range(0, 10),
        metadata={"title": title, "description": description, "x-unit": "cm"},
    )


class IrisInput(Schema):
    sepal_length = length("Sepal length", "Length of a sepal (outer leaf of the flower).")
    sepal_width = length("Sepal width", "Width of a sepal (outer leaf of the flower) at its widest.")
    petal_length = length("Petal length", "Length of a petal (inner leaf of the flower).")
    petal_width = length("Petal width", "Width of a petal (inner leaf of the flower) at its widest.")


class IrisOutput(Schema):
    species = fields.String(
        required=True,
        validate=validate.OneOf(SPECIES),
        metadata={"title": "Species", "description": "The species of Iris that the lengths fit best."},
    )


class IrisModel(MLModel):
    """A support vector classifier, trained on Fisher's 150 irises."""

    qualified_name = "iris_model"
    display_name = "Iris Model"
    description = "Tells the species of an iris flower from the lengths and widths of its sepals and petals."
    major_version = 1
    minor_version = 0
    input_schema = IrisInput
    output_schema = IrisOutput
    examples = (
        {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2},
        {"sepal_length": 7.0, "sepal_width": 3.2, "petal_length": 4.7, "petal_width": 1.4},
        {"sepal_length": 6.3, "sepal_width": 3.3, "petal_length": 6.0, "petal_width": 2.5},
    )

    def __init__(self) -> None:
        # From 1.32 on it reports to its makers, unless told otherwise before it is imported.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        # Imported here, not above: the service imports this module for its declaration alone.
        import numpy as np
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # A row is four numbers: waking a second thread would take longer than the prediction.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(read_unchanged(MODEL_FILE), options, providers=["CPUExecutionProvider"])

        def classify(flowers: list[list[float]]) -> list[str]:
            (labels,) = session.run(["label"], {"lengths": np.array(flowers, dtype=np.float32)})
            return [str(label) for label in labels]

        self._classify = classify

    def predict(self, data: Mapping[str, float]) -> dict[str, str]:
        (prediction,) = self.predict_batch([data])
        return prediction

    def predict_batch(self, batch: Sequence[Mapping[str, float]]) -> list[dict[str, str]]:
        """The predictions for one or more flowers, in their order."""
        flowers = [[data[feature] for feature in FEATURES] for data in batch]
        return [{"species": species} for species in self._classify(flowers)]


def read_unchanged(file: Path) -> bytes:
    """The content of `file`, if it has the SHA-256 that the file beside it, named `….sha256`, says.

    Raises:
        ModelFileChanged: it has another.
    """
    content = file.read_bytes()
    expected = checksum_file(file).read_text(encoding="ascii").partition(" ")[0]
    actual = hashlib.sha256(content).hexdigest()
    if actual != expected:
        raise ModelFileChanged(
            f"{file} has the SHA-256 {actual}, but {checksum_file(file).name} says {expected}:"
            " the file was damaged or replaced. Install iris-model again."
        )
    return content


def checksum_file(file: Path) -> Path:
    """Where the checksum of `file` is kept, in the format of `sha256sum`."""
    return file.with_name(f"{file.name}.sha256")
