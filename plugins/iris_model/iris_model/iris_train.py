"""Trains the model and writes its ONNX file and checksum: `python -m iris_model.iris_train`.

Needs the extra `train`. The same versions of its libraries write the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path

from onnx.utils import Extractor
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from iris_model.iris_predict import FEATURES, MODEL_FILE, checksum_file


def train(file: Path = MODEL_FILE) -> str:
    """Write the model to `file`, and its checksum beside it.

    Returns:
        What to tell the person who trains it: the accuracy in stratified 5-fold cross-validation.
    """
    iris = load_iris()
    lengths, species = iris.data, iris.target_names[iris.target]
    classifier = SVC(gamma=0.001, C=100.0)
    accuracies = cross_val_score(classifier, lengths, species, cv=5)
    classifier.fit(lengths, species)

    content = to_onnx_bytes(classifier)
    file.write_bytes(content)
    checksum_file(file).write_text(f"{hashlib.sha256(content).hexdigest()}  {file.name}\n", encoding="ascii")

    folds = ", ".join(f"{accuracy:.3f}" for accuracy in accuracies)
    return f"Cross-validated accuracy: {accuracies.mean():.3f} (5 folds: {folds})"


def to_onnx_bytes(classifier: SVC) -> bytes:
    """The classifier as an ONNX graph: `lengths`, float32 (n, 4), to `label`, n names of species."""
    with warnings.catch_warnings():
        # skl2onnx 1.20 asks for probabilities that this classifier does not have; scikit-learn 1.9 deprecated them.
        warnings.filterwarnings("ignore", "Attribute `prob[AB]_` was deprecated", FutureWarning)
        model = to_onnx(
            classifier,
            initial_types=[("lengths", FloatTensorType([None, len(FEATURES)]))],
            options={"zipmap": False},
            # Read by every onnxruntime that the plugin allows.
            target_opset={"": 17, "ai.onnx.ml": 3},
        )
    # Without the scores that nobody asks for, one node is left of 34, and a prediction takes less than half the time.
    return bytes(Extractor(model).extract_model(["lengths"], ["label"]).SerializeToString())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m iris_model.iris_train", description="Train the iris model.")
    parser.add_argument("--output", type=Path, default=MODEL_FILE, help="where to write the ONNX file (%(default)s)")
    output = parser.parse_args(arguments).output
    print(train(output))  # noqa: T201
    print(f"Wrote {output}")  # noqa: T201


if __name__ == "__main__":
    main()
