import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digits_model import ForestModel, KernelModel, register_models
from digits_model.digits_predict import INPUT_SCHEMA, OUTPUT_SCHEMA, DigitsModel, ModelFileChanged
from tornado_ml.client import predict
from tornado_ml.models.schema import Validator
from tornado_ml.testing import check_model, running_server

README = Path(__file__).parents[1] / "README.md"
EXAMPLE = ForestModel.examples[0]


@pytest.fixture(scope="module", params=[ForestModel, KernelModel])
def model(request: pytest.FixtureRequest) -> DigitsModel:
    kind: type[DigitsModel] = request.param
    return kind()


def test_it_brings_one_name_in_two_versions() -> None:
    models = [check_model(kind) for kind in register_models()]
    assert [found.problems for found in models] == [(), ()]
    reports = [found.report for found in models if found.report is not None]
    assert [(report.qualified_name, report.major_version, report.minor_version) for report in reports] == [
        ("digits_model", 1, 0),
        ("digits_model", 2, 0),
    ]


def test_it_reads_the_examples(model: DigitsModel) -> None:
    assert [model.predict(example)["digit"] for example in model.examples] == [0, 3, 6]


def test_a_prediction_is_plain_data_that_fits_its_schema(model: DigitsModel) -> None:
    prediction = model.predict(EXAMPLE)
    assert Validator(OUTPUT_SCHEMA).faults(prediction) == []
    assert json.loads(json.dumps(prediction)) == prediction


def test_the_digit_is_the_most_probable_of_ten_whose_probabilities_sum_to_1(model: DigitsModel) -> None:
    for example in (*model.examples, *unclear()):
        prediction = model.predict(example)
        probabilities = prediction["probabilities"]
        assert len(probabilities) == 10
        assert probabilities[prediction["digit"]] == max(probabilities)
        assert min(probabilities) >= 0
        assert sum(probabilities) == pytest.approx(1, abs=1e-6, rel=0)


def test_a_batch_is_read_as_its_images_are_one_by_one(model: DigitsModel) -> None:
    zero, three, six = model.examples
    batch = [six, *unclear(), zero, zero, three]
    predictions = model.predict_batch(batch)
    assert len(predictions) == len(batch)
    for prediction, alone in zip(predictions, map(model.predict, batch), strict=True):
        assert prediction["digit"] == alone["digit"]
        assert prediction["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-6, rel=0)
    assert [prediction["digit"] for prediction in (predictions[0], *predictions[-3:])] == [6, 0, 0, 3]


def test_64_images_make_a_batch(model: DigitsModel) -> None:
    batch = [model.examples[number % 3] for number in range(64)]
    assert [prediction["digit"] for prediction in model.predict_batch(batch)] == ([0, 3, 6] * 22)[:64]


def test_the_schema_says_the_shape_of_the_image() -> None:
    pixels = INPUT_SCHEMA["properties"]["pixels"]
    rows, columns = pixels["x-shape"]
    assert rows * columns == pixels["minItems"] == pixels["maxItems"] == 64


@pytest.mark.parametrize("pixel", [0, 16, 0.5, 7.0])
def test_a_pixel_is_a_number_from_0_to_16(pixel: float) -> None:
    assert Validator(INPUT_SCHEMA).fits({"pixels": [pixel] * 64})


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"pixels": [0] * 63},
        {"pixels": [0] * 65},
        {"pixels": [[0] * 8] * 8},
        {"pixels": [-0.1] + [0] * 63},
        {"pixels": [16.1] + [0] * 63},
        {"pixels": ["0"] * 64},
        {"pixels": [True] * 64},
        {"pixels": [None] * 64},
        {"pixels": [0] * 64, "x": 1},
    ],
)
def test_an_input_with_a_fault_does_not_fit(fault: object) -> None:
    assert not Validator(INPUT_SCHEMA).fits(fault)


def test_a_damaged_model_file_is_refused(model: DigitsModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = model.model_file.read_bytes()
    file = tmp_path / model.model_file.name
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    expected = hashlib.sha256(content).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{expected}  {file.name}\n")
    monkeypatch.setattr(type(model), "model_file", file)
    with pytest.raises(ModelFileChanged, match=rf"{file.name} has the SHA-256 .* but .* says {expected}"):
        type(model)()


def test_the_readme_says_how_large_the_model_files_are(model: DigitsModel) -> None:
    size_kb = round(model.model_file.stat().st_size / 1000)
    assert f"`{model.model_file.name}`, {size_kb:,} kB" in README.read_text(encoding="utf-8")


def test_both_versions_are_served_and_the_newest_answers_unless_asked_otherwise() -> None:
    with running_server(settings="[models.digits_model]\nrequired = true") as server:
        newest, forest, kernel = [
            predict(server.url, "digits_model", EXAMPLE, model_version=version)["prediction"]
            for version in (None, "1", "2.0")
        ]
    assert newest == kernel == KernelModel().predict(EXAMPLE)
    assert forest == ForestModel().predict(EXAMPLE)


def test_its_library_reports_to_nobody(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "from digits_model import KernelModel; KernelModel()"],
        check=True,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": ""},
    )
    assert list(tmp_path.rglob("*")) == []  # onnxruntime 1.32 keeps there what it wants to report


def test_importing_the_plugin_imports_no_heavy_library() -> None:
    names = "{'numpy', 'onnxruntime', 'sklearn'}"
    found = subprocess.run(
        [sys.executable, "-c", f"import sys, digits_model; print(*{names} & set(sys.modules))"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == ""


def unclear() -> Iterator[dict[str, Any]]:
    """Images that look like no digit, or like two."""
    zero, three, six = (example["pixels"] for example in ForestModel.examples)
    yield {"pixels": [0] * 64}
    yield {"pixels": [16] * 64}
    yield {"pixels": [(a + b) / 2 for a, b in zip(zero, six, strict=True)]}
    yield {"pixels": [max(a, b) for a, b in zip(three, six, strict=True)]}
