"""Trains both versions and writes their ONNX files and checksums: `python -m digits_model.digits_train`.

Needs the extra `train`. The same versions of its libraries write the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import helper, numpy_helper, parser
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.kernel_ridge import KernelRidge

from digits_model.digits_predict import (
    MODEL_FILES,
    PIXEL_COUNT,
    DigitsModel,
    ForestModel,
    KernelModel,
    checksum_file,
    classifier,
)

OPSETS = {"": 17, "ai.onnx.ml": 3}
"""Read by every onnxruntime that the plugin allows."""

FIRST_HELD_OUT = 1287
"""The row at which the eleventh of fourteen forms begins; people filled in whole forms, with the same digits each."""

GAMMA, ALPHA, SHARPNESS = 0.2 / 16**2, 0.1, 12
"""Of the kernel machine; chosen for a small log loss when each of the first ten forms was left out in turn."""

KERNEL_GRAPH = """
<ir_version: 8, opset_import: ["": 17]>
kernel_machine (float[n, 64] pixels) => (float[n, 10] probabilities) {
    trained = Cast <to = 1> (trained_pixels)
    trained_length = ReduceSumSquare <axes = [0], keepdims = 1> (trained)
    length = ReduceSumSquare <axes = [1], keepdims = 1> (pixels)
    length_apart = Gemm <alpha = -2.0> (pixels, trained, trained_length)
    distance = Add (length_apart, length)
    exponent = Mul (distance, minus_gamma)
    likeness = Exp (exponent)
    score = MatMul (likeness, weights)
    probabilities = Softmax <axis = 1> (score)
}
"""
"""Distances and lengths are squared; of whole pixels they are whole, and so exact, up to `distance`."""

Images = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Digits = np.ndarray[tuple[int], np.dtype[np.int64]]


def forest(images: Images, digits: Digits) -> bytes:
    """An ONNX file with a random forest of 100 trees.

    Source: Breiman, Random Forests, Machine Learning 45 (2001), doi:10.1023/A:1010933404324.
    """
    trees = RandomForestClassifier(n_estimators=100, random_state=0).fit(images, digits)
    model = to_onnx(
        trees,
        initial_types=[("pixels", FloatTensorType([None, PIXEL_COUNT]))],
        options={"zipmap": False},
        target_opset=OPSETS,
    )
    (node,) = model.graph.node
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    small = helper.make_node(node.op_type, node.input, node.output, node.name, domain=node.domain, **lean(attributes))
    node.CopyFrom(small)
    return bytes(model.SerializeToString())


def lean(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A tree ensemble's attributes without two thirds of their bytes, which change no prediction.

    Each leaf lists all ten digits, though all but one have the weight 0. How often a node was reached in training, and
    where missing values go, is not asked for.
    """
    voted = [index for index, weight in enumerate(attributes["class_weights"]) if weight]
    votes = ("class_ids", "class_nodeids", "class_treeids", "class_weights")
    idle = ("nodes_hitrates", "nodes_missing_value_tracks_true")
    kept = {name: value for name, value in attributes.items() if name not in idle}
    return kept | {name: [attributes[name][index] for index in voted] for name in votes}


def kernel_machine(images: Images, digits: Digits) -> bytes:
    """An ONNX file with ten ridge regressions, one a digit, on the Gaussian likeness to each of `images`.

    Source: Rifkin, Yeo and Poggio, Regularized Least-Squares Classification, in: Advances in Learning Theory (2003).
    """
    regressions = KernelRidge(kernel="rbf", gamma=GAMMA, alpha=ALPHA).fit(images, np.eye(10)[digits])
    arrays = {
        "trained_pixels": images.T.astype(np.uint8),
        "minus_gamma": np.float32(-GAMMA),
        # Rounded, as the last digits would differ from one processor to the next.
        "weights": (SHARPNESS * regressions.dual_coef_).round(5).astype(np.float32),
    }
    model = parser.parse_model(KERNEL_GRAPH)
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items())
    return bytes(model.SerializeToString())


TRAINERS: Mapping[type[DigitsModel], Callable[[Images, Digits], bytes]] = {
    ForestModel: forest,
    KernelModel: kernel_machine,
}


def train(folder: Path = MODEL_FILES) -> dict[type[DigitsModel], float]:
    """Write the models, trained on all digits, to `folder`, and their checksums beside them.

    Returns:
        The accuracy on the held-out forms of models that were trained on the others.
    """
    images, digits = load_digits(return_X_y=True)
    accuracies = {}
    for model, trained_on in TRAINERS.items():
        content = trained_on(images[:FIRST_HELD_OUT], digits[:FIRST_HELD_OUT])
        found = np.argmax(classifier(content)(images[FIRST_HELD_OUT:]), axis=1)
        accuracies[model] = float((found == digits[FIRST_HELD_OUT:]).mean())

        content = trained_on(images, digits)
        file = folder / model.model_file.name
        file.write_bytes(content)
        checksum_file(file).write_text(f"{hashlib.sha256(content).hexdigest()}  {file.name}\n", encoding="ascii")
    return accuracies


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(prog="python -m digits_model.digits_train", description="Train the digits model.")
    options.add_argument("--output", type=Path, default=MODEL_FILES, help="the folder to write to (%(default)s)")
    output = options.parse_args(arguments).output
    for model, accuracy in train(output).items():
        version = f"{model.major_version}.{model.minor_version}"
        print(f"{version}: {accuracy:.3f} of the held-out digits read right, wrote {model.model_file.name}")  # noqa: T201


if __name__ == "__main__":
    main()
