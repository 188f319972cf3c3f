import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from digits_model import ForestModel, KernelModel
from digits_model.digits_predict import MODEL_FILES, DigitsModel, read_unchanged

REASON = "needs scikit-learn and skl2onnx: pip install 'digits-model[train]'"
np = pytest.importorskip("numpy", reason=REASON)
datasets = pytest.importorskip("sklearn.datasets", reason=REASON)
ensemble = pytest.importorskip("sklearn.ensemble", reason=REASON)
kernel_ridge = pytest.importorskip("sklearn.kernel_ridge", reason=REASON)
pytest.importorskip("skl2onnx", reason=REASON)

IMAGES, DIGITS = datasets.load_digits(return_X_y=True)
SHAKEN = np.clip(IMAGES + np.random.default_rng(0).normal(scale=4, size=IMAGES.shape), 0, 16)
"""The images with noise, so that they differ from those that were trained on."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Where the command wrote the model files, and what it said."""
    from digits_model.digits_train import main

    folder = tmp_path_factory.mktemp("trained")
    with redirect_stdout(io.StringIO()) as said:
        main(["--output", str(folder)])
    return folder, said.getvalue().splitlines()


def probabilities(model: DigitsModel, images: Any) -> Any:
    predictions = model.predict_batch([{"pixels": image} for image in images.tolist()])
    return np.array([prediction["probabilities"] for prediction in predictions])


@pytest.mark.parametrize("images", [IMAGES, SHAKEN], ids=["as they are", "shaken"])
def test_the_forest_agrees_with_scikit_learn_on_all_images(images: Any) -> None:
    forest = ensemble.RandomForestClassifier(100, random_state=0).fit(IMAGES, DIGITS)
    found = probabilities(ForestModel(), images)
    np.testing.assert_allclose(found, forest.predict_proba(images), rtol=0, atol=1e-6)


@pytest.mark.parametrize("images", [IMAGES, SHAKEN], ids=["as they are", "shaken"])
def test_the_kernel_machine_agrees_with_scikit_learn_on_all_images(images: Any) -> None:
    regressions = kernel_ridge.KernelRidge(kernel="rbf", gamma=0.2 / 256, alpha=0.1).fit(IMAGES, np.eye(10)[DIGITS])
    odds = np.exp(12 * regressions.predict(images))
    found = probabilities(KernelModel(), images)
    np.testing.assert_allclose(found, odds / odds.sum(axis=1, keepdims=True), rtol=0, atol=1e-4)


def test_all_images_that_were_trained_on_are_read_right() -> None:
    for model in (ForestModel(), KernelModel()):
        assert (probabilities(model, IMAGES).argmax(axis=1) == DIGITS).all()


def test_the_examples_are_images_of_the_set() -> None:
    rows = {tuple(image) for image in IMAGES}
    assert all(tuple(example["pixels"]) in rows for example in ForestModel.examples)


def test_the_forms_that_are_held_out_begin_where_the_sequence_of_digits_begins_again() -> None:
    from digits_model.digits_train import FIRST_HELD_OUT

    assert list(DIGITS[FIRST_HELD_OUT : FIRST_HELD_OUT + 100]) == list(DIGITS[:100])


def test_training_twice_writes_the_same_bytes_and_2_0_reads_more_than_1_0(
    trained: tuple[Path, list[str]], tmp_path: Path
) -> None:
    from digits_model.digits_train import train

    accuracies = train(tmp_path)
    assert accuracies[KernelModel] > accuracies[ForestModel] > 0.9
    for model in accuracies:
        name = model.model_file.name
        assert read_unchanged(tmp_path / name) == read_unchanged(trained[0] / name)


def test_the_readme_says_the_accuracies_that_training_prints(trained: tuple[Path, list[str]]) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert len(trained[1]) == 2
    assert all(f"    {line}\n" in readme for line in trained[1])


def test_training_elsewhere_leaves_the_shipped_files_as_they_are(trained: tuple[Path, list[str]]) -> None:
    assert trained[0] != MODEL_FILES
    for model in (ForestModel, KernelModel):
        read_unchanged(model.model_file)
