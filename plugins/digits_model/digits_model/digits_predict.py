"""The model as it is served, in two versions: what they declare, and the prediction with what `digits_train` wrote.

The examples are from the data set that the models were trained on: E. Alpaydin and C. Kaynak, Optical Recognition of
Handwritten Digits, UCI Machine Learning Repository (1998), doi:10.24432/C50P49, CC BY 4.0.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tornado_ml import MLModel, MLModelException

MODEL_FILES = Path(__file__).parent / "model_files"

SHAPE = (8, 8)
"""Rows and columns of an image."""

PIXEL_COUNT = SHAPE[0] * SHAPE[1]

INPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Handwritten digit",
    "description": "A grey image of 8×8 pixels that shows one digit and fills its height.",
    "properties": {
        "pixels": {
            "type": "array",
            "title": "Pixels",
            "description": "The 64 pixels, row by row from the top left to the bottom right: 0 is paper, 16 is ink.",
            "items": {"type": "number", "minimum": 0, "maximum": 16},
            "minItems": PIXEL_COUNT,
            "maxItems": PIXEL_COUNT,
            "x-shape": list(SHAPE),
        }
    },
    "required": ["pixels"],
    "additionalProperties": False,
}

OUTPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Reading",
    "properties": {
        "digit": {
            "type": "integer",
            "title": "Digit",
            "description": "The most probable digit; of several, the lowest.",
            "minimum": 0,
            "maximum": 9,
        },
        "probabilities": {
            "type": "array",
            "title": "Probabilities",
            "description": "How probable each digit is, from 0 to 9. They sum to 1.",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 10,
            "maxItems": 10,
        },
    },
    "required": ["digit", "probabilities"],
    "additionalProperties": False,
}


def image(pixels: str) -> dict[str, list[int]]:
    return {"pixels": [int(pixel) for pixel in pixels.split()]}


ZERO = image("""
    0  0  0 14 12  1  0  0
    0  0  4 15  7 10  0  0
    0  2 16 15  5 12  2  0
    0  7 16  0  0 11  5  0
    0  5 12  0  0 12  4  0
    0  1 15  0  0 14  2  0
    0  0  9  6  7 15  0  0
    0  0  1 13 16  8  0  0
""")
THREE = image("""
    0  0  9 16 16 12  2  0
    0  3 13  5  4 14  5  0
    0  0  0  0  7 15  2  0
    0  0  0  5 16 11  0  0
    0  0  0  0  8 16  7  0
    0  0  0  0  0 13  8  0
    0  0  4  5  5 15  4  0
    0  0 12 16 15  5  0  0
""")
SIX = image("""
    0  0  0 12 13  0  0  0
    0  0  2 16 12  0  0  0
    0  0  4 16  6  0  0  0
    0  0 10 16  8  0  0  0
    0  0  8 16 16 15  5  0
    0  0  8 16  0  6 15  1
    0  0  7 16  4 10 16  3
    0  0  1 11 16 16 12  0
""")


class ModelFileChanged(MLModelException):
    """A model file is not the one that its checksum was taken of."""


class DigitsModel(MLModel):
    """What both versions have in common: all but the file that makes the prediction."""

    qualified_name = "digits_model"
    display_name = "Digits Model"
    minor_version = 0
    input_schema = INPUT_SCHEMA
    output_schema = OUTPUT_SCHEMA
    examples = (ZERO, THREE, SIX)
    model_file: Path

    def __init__(self) -> None:
        self._classify = classifier(read_unchanged(self.model_file))

    def predict(self, data: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        (prediction,) = self.predict_batch([data])
        return prediction

    def predict_batch(self, batch: Sequence[Mapping[str, Sequence[float]]]) -> list[dict[str, Any]]:
        """Read one or more images.

        Returns:
            As many predictions in their order; the probabilities of one sum to 1 within 1e-6.
        """
        return [
            {"digit": probabilities.index(max(probabilities)), "probabilities": probabilities}
            for probabilities in self._classify([data["pixels"] for data in batch])
        ]


class ForestModel(DigitsModel):
    description = "Reads a handwritten digit from an image of 8×8 pixels, by the votes of 100 decision trees."
    major_version = 1
    model_file = MODEL_FILES / "forest.onnx"


class KernelModel(DigitsModel):
    description = "Reads a handwritten digit from an image of 8×8 pixels, by its likeness to 1,797 others."
    major_version = 2
    model_file = MODEL_FILES / "kernel.onnx"


def classifier(content: bytes) -> Callable[[Sequence[Sequence[float]]], list[list[float]]]:
    """What an ONNX file says: `pixels`, float32 (n, 64), to `probabilities`, float32 (n, 10)."""
    # From 1.32 on it reports to its makers, unless told otherwise before it is imported.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # Imported here, not above: the service imports this module for its declaration alone.
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # The processor's other cores are for other workers.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def classify(images: Sequence[Sequence[float]]) -> list[list[float]]:
        (found,) = session.run(["probabilities"], {"pixels": np.array(images, dtype=np.float32)})
        # The sum of ten rounded to 24 bits may be off by more than promised; of ten rounded to 53 it is not.
        probabilities = found.astype(np.float64)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        rows: list[list[float]] = probabilities.tolist()
        return rows

    return classify


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
            " the file was damaged or replaced. Install digits-model again."
        )
    return content


def checksum_file(file: Path) -> Path:
    """Where the checksum of `file` is kept, in the format of `sha256sum`."""
    return file.with_name(f"{file.name}.sha256")
