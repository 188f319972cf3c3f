from __future__ import annotations

import datetime as dt
import enum
import math
import sys
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from tornado_ml.errors import Fault, InvalidInput, InvalidOutput, ModelRefused
from tornado_ml.models.pydantic_declaration import PydanticDeclaration, is_pydantic
from tornado_ml.models.validator import Validator


class Colour(enum.Enum):
    RED = "red"


class Leaf(BaseModel):
    length: Annotated[float, Field(gt=0, le=10)]


class Flower(BaseModel):
    model_config = ConfigDict(extra="forbid")

    leaves: list[Leaf]
    count: int = 3
    day: dt.date | None = None
    colour: Colour = Colour.RED
    pair: tuple[int, str] | None = None
    name: str = Field(default="", alias="Name")

    @field_validator("count")
    @classmethod
    def not_thirteen(cls, value: int) -> int:
        if value == 13:
            raise ValueError("brings bad luck")
        return value


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    day: dt.date
    count: int


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: float


class Square(BaseModel):
    kind: Literal["square"]
    side: float

    @field_validator("side")
    @classmethod
    def not_thirteen(cls, value: float) -> float:
        if value == 13:
            raise ValueError("brings bad luck")
        return value


class Shape(BaseModel):
    shape: Circle | Square = Field(discriminator="kind")


def declared(model: Any, direction: Any = "input") -> PydanticDeclaration:
    return PydanticDeclaration(model, direction)


def test_model_classes_are_known_by_their_methods() -> None:
    assert is_pydantic(Flower)
    assert not is_pydantic(Flower(leaves=[]))
    assert not is_pydantic(dict)


def test_a_document_becomes_a_pydantic_object() -> None:
    declaration = declared(Flower)
    document = {"leaves": [{"length": 5}], "count": 2.0, "day": "2026-01-31", "pair": [1.0, "a"], "Name": "n"}
    assert Validator(declaration.json_schema).fits(document)
    loaded = declaration.load(document)
    assert loaded == Flower(leaves=[Leaf(length=5)], count=2, day=dt.date(2026, 1, 31), pair=(1, "a"), **{"Name": "n"})


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"leaves": [{"length": "5"}]}, "/leaves/0/length"),
        ({"leaves": [{"length": 0}]}, "/leaves/0/length"),
        ({"leaves": [], "count": "2"}, "/count"),
        ({"leaves": [], "count": True}, "/count"),
        ({"leaves": [], "other": 1}, "/other"),
        ({}, "/leaves"),
    ],
)
def test_the_validator_does_not_coerce_as_pydantic_would(document: Any, path: str) -> None:
    [fault] = Validator(declared(Flower).json_schema).faults(document)
    assert fault.path == path


def test_rules_of_pydantic_are_kept_and_told_with_their_place() -> None:
    with pytest.raises(InvalidInput) as caught:
        declared(Flower).load({"leaves": [{"length": -1}], "count": 13})
    assert caught.value.details == (
        Fault("/leaves/0/length", "Input should be greater than 0"),
        Fault("/count", "Value error, brings bad luck"),
    )


def test_a_strict_model_takes_what_json_has_for_a_date_and_for_a_whole_number() -> None:
    assert declared(Strict).load({"day": "2026-01-31", "count": 2.0}) == Strict(day=dt.date(2026, 1, 31), count=2)


def test_alternatives_told_apart_by_a_key_are_explained() -> None:
    validator = Validator(declared(Shape).json_schema)
    assert validator.faults({"shape": {"kind": "square", "side": "x"}}) == [
        Fault("/shape/side", "must be a number, not a string")
    ]


def test_a_rule_in_an_alternative_is_told_at_its_place_in_the_document() -> None:
    with pytest.raises(InvalidInput) as caught:
        declared(Shape).load({"shape": {"kind": "square", "side": 13}})
    assert caught.value.details == (Fault("/shape/side", "Value error, brings bad luck"),)


def test_a_prediction_may_be_an_object_or_data_like_it() -> None:
    declaration = declared(Flower, "output")
    validator = Validator(declaration.json_schema)
    flower = Flower(leaves=[Leaf(length=5)], day=dt.date(2026, 1, 31))
    document = declaration.dump(flower)
    assert document["day"] == "2026-01-31"
    assert document["Name"] == ""
    assert validator.fits(document)
    assert declaration.dump(document) == document
    assert not validator.fits(declaration.dump({"leaves": [{"length": "5"}]}))


def test_nan_in_a_prediction_is_refused() -> None:
    with pytest.raises(InvalidOutput) as caught:
        declared(Circle, "output").dump(Circle(kind="circle", radius=math.nan))
    assert caught.value.details == (Fault("/radius", "is NaN, which JSON does not have"),)


class Opaque(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    thing: slice


def test_a_model_that_has_no_json_schema_is_refused() -> None:
    with pytest.raises(ModelRefused, match="Opaque"):
        declared(Opaque)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="pydantic.v1 does not run there")
def test_a_model_of_pydantic_1_is_served_too() -> None:
    from pydantic import v1

    Inner = v1.create_model("Inner", x=(int, ...))  # noqa: N806
    Outer = v1.create_model("Outer", inner=(Inner, ...), day=(dt.date, ...), ratio=(float, 0.5))  # noqa: N806
    declaration = declared(Outer)
    assert is_pydantic(Outer)
    assert declaration.json_schema["properties"]["inner"] == {"$ref": "#/$defs/Inner"}
    document = {"inner": {"x": 1.0}, "day": "2026-01-31"}
    assert Validator(declaration.json_schema).fits(document)
    loaded = declaration.load(document)
    assert loaded == Outer(inner=Inner(x=1), day=dt.date(2026, 1, 31))
    assert declaration.dump(loaded) == {"inner": {"x": 1}, "day": "2026-01-31", "ratio": 0.5}
    with pytest.raises(InvalidInput) as caught:
        declaration.load({"inner": {"x": "q"}, "day": "2026-01-31"})
    assert caught.value.details == (Fault("/inner/x", "value is not a valid integer"),)
    with pytest.raises(InvalidOutput):
        declaration.dump(Outer(inner=Inner(x=1), day=dt.date(2026, 1, 31), ratio=math.nan))
