import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from text_model.text_predict import (
    MAX_LENGTH,
    MAX_SEED,
    MODEL_FILE,
    ModelFileChanged,
    TextInput,
    TextModel,
    TextOutput,
    TextPartial,
    checksum_file,
)
from tornado_ml import Pause
from tornado_ml.testing import check_model


@pytest.fixture(scope="module")
def model() -> TextModel:
    return TextModel()


def streamed(model: TextModel, pauses: list[float] | None = None, **data: Any) -> tuple[list[str], dict[str, Any]]:
    """The texts of the partial predictions, and the final one; `pauses` gets the seconds between them."""
    pauses = [] if pauses is None else pauses
    stream = model.predict_stream(TextInput().load(data))
    texts = []
    while True:
        try:
            partial = next(stream)
        except StopIteration as end:
            return texts, end.value
        if isinstance(partial, Pause):
            pauses.append(partial.seconds)
            continue
        assert not TextPartial().validate(partial)
        texts.append(partial["text"])


def test_the_model_is_sound() -> None:
    assert check_model(TextModel).problems == ()


@pytest.mark.parametrize("length", [1, 2, 10, 301, MAX_LENGTH])
def test_the_partial_texts_joined_are_the_final_one_of_the_length_asked_for(model: TextModel, length: int) -> None:
    texts, final = streamed(model, length=length, seed=5)
    assert "".join(texts) == final["text"]
    assert len(final["text"]) == final["length"] == length
    assert not TextOutput().validate(final)


def test_each_partial_text_is_a_word_or_less(model: TextModel) -> None:
    texts, _ = streamed(model, length=1000, seed=5)
    assert all(len(text.split()) <= 1 for text in texts)


@pytest.mark.parametrize("example", TextModel.examples)
def test_a_text_is_the_same_streamed_or_not(model: TextModel, example: dict[str, Any]) -> None:
    _, final = streamed(model, **example)
    again = example | {"seed": final["seed"]}
    assert streamed(model, **again)[1] == model.predict(TextInput().load(again)) == final


def test_pieces_come_at_the_pace_that_was_asked_for_or_as_fast_as_can_be(model: TextModel) -> None:
    pauses: list[float] = []
    texts, _ = streamed(model, pauses, length=400, seed=5, pace=50)
    assert pauses == pytest.approx([len(text) / 50 for text in texts[:-1]])
    pauses.clear()
    streamed(model, pauses, length=400, seed=5, pace=0)
    assert pauses == []
    streamed(model, pauses, length=40, seed=5, pace=1e-9)
    assert set(pauses) == {5.0}


def test_a_stream_that_is_closed_has_written_no_more_than_was_taken(model: TextModel) -> None:
    stream = model.predict_stream(TextInput().load({"length": MAX_LENGTH}))
    next(stream)
    stream.close()
    with pytest.raises(StopIteration):
        next(stream)


def test_a_longer_text_begins_like_a_shorter_one(model: TextModel) -> None:
    _, longer = streamed(model, length=500, seed=8)
    _, shorter = streamed(model, length=123, seed=8)
    assert longer["text"].startswith(shorter["text"])


def test_without_a_seed_each_text_is_new(model: TextModel) -> None:
    _, first = streamed(model)
    _, second = streamed(model)
    assert first["text"] != second["text"]


def test_a_seed_writes_what_it_always_wrote(model: TextModel) -> None:
    """On every machine, and with every version of Python and NumPy that runs this."""
    _, final = streamed(model, prompt="“My dear Mr. Ben", length=100, seed=3)
    assert final["text"] == (
        "net,” said Miss Crawford, “and I agree with me, it was that he should have been. But that it was now"
    )


def test_what_is_not_said_is_taken_as_the_schema_says() -> None:
    assert TextInput().load({}) == {
        "prompt": "",
        "temperature": 0.7,
        "length": 300,
        "pace": 80,
        "seed": None,
    }


@pytest.mark.parametrize(
    "fault",
    [
        {"prompt": "x" * 1001},
        {"prompt": None},
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"length": 0},
        {"length": MAX_LENGTH + 1},
        {"length": 1.5},
        {"seed": -1},
        {"seed": MAX_SEED + 1},
        {"top_p": 0.9},
    ],
)
def test_an_input_with_a_fault_does_not_fit(fault: dict[str, object]) -> None:
    assert TextInput().validate(fault)


def test_a_damaged_model_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = bytearray(MODEL_FILE.read_bytes())
    damaged[-1] ^= 1
    file = tmp_path / MODEL_FILE.name
    file.write_bytes(damaged)
    checksum_file(file).write_bytes(checksum_file(MODEL_FILE).read_bytes())
    monkeypatch.setattr("text_model.text_predict.MODEL_FILE", file)
    with pytest.raises(ModelFileChanged, match=rf"{file.name} has the SHA-256 .* but .* says "):
        TextModel()


def test_importing_the_plugin_imports_no_heavy_library() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys, text_model; print('numpy' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "False"
