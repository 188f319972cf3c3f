from __future__ import annotations

from types import MappingProxyType
from typing import Any

import marshmallow as ma
import pytest
import schema as schema_package
from marshmallow import fields
from pydantic import BaseModel

from tornado_ml.errors import ModelRefused
from tornado_ml.models.schema import Declaration, Direction, Validator, declare


class Flower(ma.Schema):
    length = fields.Float(required=True)
    note = fields.String(dump_only=True)


class FlowerModel(BaseModel):
    length: float


JSON_SCHEMA = {"type": "object", "properties": {"length": {"type": "number"}}, "required": ["length"]}


@pytest.mark.parametrize(
    "schema",
    [
        Flower,
        Flower(),
        JSON_SCHEMA,
        MappingProxyType(JSON_SCHEMA),
        schema_package.Schema({"length": float}),
        FlowerModel,
    ],
)
def test_every_way_to_declare_a_schema_gives_one_that_judges_loads_and_dumps(schema: Any) -> None:
    for direction in ("input", "output"):
        declaration: Declaration = declare(schema, direction=direction)
        validator = Validator(declaration.json_schema)
        assert validator.fits({"length": 5.1})
        assert [fault.path for fault in validator.faults({"length": "5.1"})] == ["/length"]
        loaded = declaration.load({"length": 5.1})
        assert declaration.dump(loaded) == {"length": 5.1}


def test_input_is_meant_unless_output_is_said() -> None:
    assert declare(Flower).json_schema == declare(Flower, direction="input").json_schema
    output: Direction = "output"
    assert "note" in declare(Flower, direction=output).json_schema["properties"]


@pytest.mark.parametrize("schema", [None, 3, "Flower", True, [], object(), dict, FlowerModel(length=1)])
def test_anything_else_is_refused_with_what_it_may_be(schema: Any) -> None:
    with pytest.raises(ModelRefused, match=r"must be a marshmallow schema, a JSON Schema .* not "):
        declare(schema)
