"""Tensors in a schema declared with marshmallow."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import numpy as np
import pytest
from marshmallow import Schema, fields, validate

from tornado_ml.errors import Fault, InvalidInput, InvalidOutput, ModelRefused
from tornado_ml.models.schema import Declaration, declare
from tornado_ml.models.tensor_field import Tensor
from tornado_ml.models.validator import Validator

SENT = {"dtype": "|u1", "shape": [2], "data": b"\1\2"}


class Image(Schema):
    pixels = Tensor("|u1", [None], required=True, metadata={"description": "Rows."})
    mask = Tensor(allow_none=True)


class Pair(Schema):
    left = fields.Nested(Image, required=True, allow_none=True)
    taken = fields.Date()


def is_dark(pixels: Any) -> None:
    if pixels.max() >= 10:
        raise ma.ValidationError("Too bright.")


class Dark(Schema):
    pixels = Tensor("|u1", [2], required=True, validate=is_dark)
    names = fields.List(fields.String(validate=validate.Length(max=3)))


def faults(declaration: Declaration, document: Any) -> list[str]:
    return [fault.path for fault in Validator(declaration.json_schema).faults(document)]


def test_the_json_schema_of_a_field_has_x_tensor() -> None:
    properties = declare(Image).json_schema["properties"]
    assert properties["pixels"]["x-tensor"] == {"dtype": "|u1", "shape": [None]}
    assert properties["pixels"]["description"] == "Rows."
    mask, null = properties["mask"]["anyOf"]
    assert mask["x-tensor"] == {"dtype": None, "shape": None}
    assert null == {"type": "null"}


def test_a_field_gives_the_model_an_array() -> None:
    declaration = declare(Image)
    document = {"pixels": SENT, "mask": None}
    assert faults(declaration, document) == []
    assert declaration.load(document)["pixels"].tolist() == [1, 2]
    assert declaration.load(document)["mask"] is None
    assert faults(declaration, {"pixels": None, "mask": [[1], 2]}) == ["/pixels", "/mask/1"]


def test_marshmallow_loads_the_rest_around_it() -> None:
    declaration = declare(Pair)
    document = {"left": {"pixels": SENT}, "taken": "2026-01-31"}
    assert faults(declaration, document) == []
    loaded = declaration.load(document)
    assert loaded["taken"].day == 31
    assert loaded["left"]["pixels"].tolist() == [1, 2]
    assert declaration.load({"left": None}) == {"left": None}


def test_a_validator_of_the_field_judges_the_array() -> None:
    declaration = declare(Dark)
    assert declaration.load({"pixels": SENT})["pixels"].tolist() == [1, 2]
    with pytest.raises(InvalidInput) as error:
        declaration.load({"pixels": [1, 20]})
    assert error.value.details == (Fault("/pixels", "Too bright."),)
    with pytest.raises(InvalidOutput):
        declare(Dark, direction="output").dump({"pixels": np.array([1, 20], "|u1")})


@pytest.mark.parametrize("schema", [Image, Pair, Dark])
def test_an_array_is_written_as_a_tensor(schema: type[ma.Schema]) -> None:
    declaration = declare(schema, direction="output")
    pixels = np.array([1, 2], "|u1")
    image = {"pixels": pixels}
    written = declaration.dump({"left": image} if schema is Pair else image)
    assert written == ({"left": {"pixels": SENT}} if schema is Pair else {"pixels": SENT})
    assert faults(declaration, written) == []


def test_an_object_with_an_array_is_written_too() -> None:
    class Made:
        pixels = np.array([1, 2], "|u1")
        mask = np.bool_(True)

    assert declare(Image, direction="output").dump(Made()) == {
        "pixels": SENT,
        "mask": {"dtype": "|b1", "shape": [], "data": b"\1"},
    }


def test_a_field_of_no_such_dtype_is_refused() -> None:
    with pytest.raises(ModelRefused, match="it must be one of"):
        Tensor("float32", [8])
