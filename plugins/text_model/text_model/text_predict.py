"""The model as it is served: its declaration, and a stream of what the writer writes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

from tornado_ml import MLModel, MLModelException, Pause

MODEL_FILE = Path(__file__).parent / "model_files" / "ngrams.npz.xz"

MAX_PROMPT_LENGTH = 1000
MAX_LENGTH = 2000
MAX_PACE = 100_000
MAX_PAUSE_S = 5.0
MAX_SEED = 2**32 - 1


class ModelFileChanged(MLModelException):
    """The model file is not the one that its checksum was taken of."""


class TextInput(Schema):
    prompt = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_PROMPT_LENGTH),
        metadata={
            "title": "Prompt",
            "description": "What to continue; its last word may be unfinished. Without any, a paragraph begins.",
        },
    )
    temperature = fields.Float(
        load_default=0.7,
        validate=validate.Range(0, 2),
        metadata={
            "title": "Temperature",
            "description": "How daring each choice is: 0 always takes what is most probable and soon repeats itself,"
            " 1 takes each as often as it is probable, more favours the improbable.",
        },
    )
    length = fields.Integer(
        strict=True,
        load_default=300,
        validate=validate.Range(1, MAX_LENGTH),
        metadata={"title": "Length", "description": "How many characters to write.", "x-unit": "characters"},
    )
    pace = fields.Float(
        load_default=80,
        validate=validate.Range(0, MAX_PACE),
        metadata={
            "title": "Pace",
            "description": "How fast it is shown while it is written; 0 as fast as it can. Who asks for the whole text"
            " at once waits for nothing.",
            "x-unit": "characters/s",
        },
    )
    seed = fields.Integer(
        strict=True,
        allow_none=True,
        load_default=None,
        validate=validate.Range(0, MAX_SEED),
        metadata={
            "title": "Seed",
            "description": "The same seed writes the same text again, if all else is the same, too."
            " Without one, each text is new.",
        },
    )


class TextOutput(Schema):
    text = fields.String(
        required=True,
        metadata={"title": "Text", "description": "What was written, without the prompt: all partial texts, joined."},
    )
    length = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, MAX_LENGTH),
        metadata={"title": "Length", "description": "How many characters that is.", "x-unit": "characters"},
    )
    seed = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, MAX_SEED),
        metadata={"title": "Seed", "description": "The one that writes this text again."},
    )


class TextPartial(Schema):
    text = fields.String(
        required=True,
        validate=validate.Length(min=1),
        metadata={"title": "Text", "description": "The next piece, a word or less, to be appended to those before."},
    )


class TextModel(MLModel):
    """Five-grams of words and word parts, trained on Jane Austen's six novels."""

    qualified_name = "text_model"
    display_name = "Text Model"
    description = "Continues a text in the manner of Jane Austen, and streams it as it is written."
    major_version = 1
    minor_version = 0
    input_schema = TextInput
    output_schema = TextOutput
    partial_schema = TextPartial
    examples = (
        {"prompt": "It is a truth universally acknowledged, that", "temperature": 0.7, "length": 600, "seed": 12},
        {"prompt": "", "temperature": 0.9, "length": 600},
        {"prompt": "“My dear Mr. Ben", "temperature": 0.7, "length": 600, "seed": 3},
    )

    def __init__(self) -> None:
        # Imported here, not above: the service imports this module for its declaration alone.
        from text_model.writing import Writer

        self._writer = Writer.from_file(read_unchanged(MODEL_FILE))

    def predict_stream(self, data: Mapping[str, Any]) -> Generator[dict[str, str] | Pause, None, dict[str, Any]]:
        """Write `data["length"]` characters.

        Yields:
            One piece of the text at a time, the last one cut to the length, and pauses in between.
        """
        seed = secrets.randbelow(MAX_SEED + 1) if data["seed"] is None else data["seed"]
        text, pace = "", data.get("pace", 0)
        for piece in self._writer.write(data["prompt"], data["temperature"], seed):
            piece = piece[: data["length"] - len(text)]
            if piece:
                yield {"text": piece}
            text += piece
            if len(text) == data["length"]:
                break
            if pace and piece:
                yield Pause(min(len(piece) / pace, MAX_PAUSE_S))
        return {"text": text, "length": len(text), "seed": seed}


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
            " the file was damaged or replaced. Install text-model again."
        )
    return content


def checksum_file(file: Path) -> Path:
    """Where the checksum of `file` is kept, in the format of `sha256sum`."""
    return file.with_name(f"{file.name}.sha256")
