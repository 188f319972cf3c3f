from pathlib import Path

import pytest

from iris_model.iris_predict import FEATURES, MODEL_FILE, IrisModel, checksum_file

REASON = "needs scikit-learn and skl2onnx: pip install 'iris-model[train]'"
datasets = pytest.importorskip("sklearn.datasets", reason=REASON)
svm = pytest.importorskip("sklearn.svm", reason=REASON)
pytest.importorskip("skl2onnx", reason=REASON)


def test_the_shipped_file_agrees_with_scikit_learn_on_all_150_flowers() -> None:
    iris = datasets.load_iris()
    expected = svm.SVC(gamma=0.001, C=100).fit(iris.data, iris.target).predict(iris.data)
    model = IrisModel()
    predictions = [model.predict(dict(zip(FEATURES, map(float, row), strict=True))) for row in iris.data]
    assert len(predictions) == 150
    assert [prediction["species"] for prediction in predictions] == list(iris.target_names[expected])


def test_training_twice_writes_the_same_bytes_with_their_checksum(tmp_path: Path) -> None:
    from iris_model.iris_predict import read_unchanged
    from iris_model.iris_train import train

    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    train(first)
    train(second)
    assert read_unchanged(first) == read_unchanged(second)


def test_the_readme_says_the_accuracy_that_training_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from iris_model.iris_train import main

    before = MODEL_FILE.read_bytes(), checksum_file(MODEL_FILE).read_bytes()
    main(["--output", str(tmp_path / "svc.onnx")])
    accuracy = capsys.readouterr().out.splitlines()[0]
    assert accuracy.startswith("Cross-validated accuracy: ")
    assert accuracy in (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert (MODEL_FILE.read_bytes(), checksum_file(MODEL_FILE).read_bytes()) == before
