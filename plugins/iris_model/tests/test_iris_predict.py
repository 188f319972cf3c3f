import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from marshmallow import ValidationError

from iris_model.iris_predict import MODEL_FILE, SPECIES, IrisInput, IrisModel, IrisOutput, ModelFileChanged


@pytest.fixture(scope="module")
def model() -> IrisModel:
    return IrisModel()


def test_it_predicts_what_the_original_predicted(model: IrisModel) -> None:
    lengths = {"sepal_length": 1.1, "sepal_width": 1.2, "petal_width": 1.3, "petal_length": 1.4}
    assert model.predict(lengths) == {"species": "setosa"}


def test_the_examples_fit_the_schema_and_show_each_species(model: IrisModel) -> None:
    predictions = [model.predict(IrisInput().load(example)) for example in model.examples]
    assert [prediction["species"] for prediction in predictions] == list(SPECIES)
    assert not IrisOutput(many=True).validate(predictions)


def test_a_batch_is_predicted_as_its_flowers_are_one_by_one(model: IrisModel) -> None:
    setosa, versicolor, virginica = model.examples
    predictions = model.predict_batch([virginica, setosa, setosa, versicolor])
    assert [prediction["species"] for prediction in predictions] == ["virginica", "setosa", "setosa", "versicolor"]
    assert predictions == [model.predict(flower) for flower in (virginica, setosa, setosa, versicolor)]


@pytest.mark.parametrize(
    "fault", [{"sepal_length": -0.1}, {"sepal_length": 10.1}, {"sepal_length": None}, {"petal_width": "wide"}, {"x": 1}]
)
def test_an_input_with_a_fault_does_not_fit(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        IrisInput().load(IrisModel.examples[0] | fault)


@pytest.mark.parametrize("feature", IrisInput().fields)
def test_each_length_is_required_and_may_be_0_to_10_cm(feature: str) -> None:
    example = IrisModel.examples[0]
    assert not IrisInput().validate(example | {feature: 0})
    assert not IrisInput().validate(example | {feature: 10})
    assert feature in IrisInput().validate({name: example[name] for name in example if name != feature})


def test_a_damaged_model_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = bytearray(MODEL_FILE.read_bytes())
    damaged[-1] ^= 1
    file = tmp_path / MODEL_FILE.name
    file.write_bytes(damaged)
    expected = hashlib.sha256(MODEL_FILE.read_bytes()).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{expected}  {file.name}\n")
    monkeypatch.setattr("iris_model.iris_predict.MODEL_FILE", file)
    with pytest.raises(ModelFileChanged, match=rf"{file.name} has the SHA-256 .* but .* says {expected}"):
        IrisModel()


def test_its_library_reports_to_nobody(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "from iris_model.iris_predict import IrisModel; IrisModel()"],
        check=True,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": ""},
    )
    assert list(tmp_path.rglob("*")) == []  # onnxruntime 1.32 keeps there what it wants to report


def test_importing_the_plugin_imports_no_heavy_library() -> None:
    names = "{'numpy', 'onnxruntime', 'sklearn'}"
    found = subprocess.run(
        [sys.executable, "-c", f"import sys, iris_model; print(*{names} & set(sys.modules))"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == ""
