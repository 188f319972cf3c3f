"""What each kind of field is in JSON Schema, and that marshmallow agrees about what it takes."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import marshmallow as ma
import pytest
from marshmallow import fields

from tornado_ml.errors import ModelRefused
from tornado_ml.models.marshmallow_schema import Converted, convert
from tornado_ml.models.validator import Validator


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2
    NONE = None


class Odd(enum.Enum):
    DAY = dt.date(2026, 1, 31)


class Flower(ma.Schema):
    name = fields.String()


def converted(field: fields.Field[Any], direction: Any = "input") -> Converted:
    return convert(ma.Schema.from_dict({"a": field})(), direction)


def of(field: fields.Field[Any], direction: Any = "input") -> Any:
    return converted(field, direction).json_schema["properties"]["a"]


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (fields.String(), {"type": "string"}),
        (fields.Integer(), {"type": "integer"}),
        (fields.Integer(strict=True), {"type": "integer"}),
        (fields.Float(), {"type": "number"}),
        (fields.Boolean(), {"type": "boolean"}),
        (fields.Boolean(truthy=set()), {"type": "boolean"}),
        (fields.Boolean(truthy={True, "ja"}, falsy={0, "nein"}), {"type": "boolean"}),
        (fields.Raw(), {"type": ["boolean", "number", "string", "array", "object"]}),
        (fields.Raw(allow_none=True), {}),
        (fields.List(fields.Integer()), {"type": "array", "items": {"type": "integer"}}),
        (fields.Dict(), {"type": "object"}),
        (fields.Dict(keys=fields.String()), {"type": "object"}),
        (
            fields.Dict(values=fields.Float(allow_none=True)),
            {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
        ),
        (fields.Nested(Flower), {"$ref": "#/$defs/Flower"}),
        (fields.Nested(Flower, many=True), {"type": "array", "items": {"$ref": "#/$defs/Flower"}}),
        (fields.Nested(Flower(many=True)), {"type": "array", "items": {"$ref": "#/$defs/Flower"}}),
        (fields.Nested(Flower, allow_none=True), {"anyOf": [{"$ref": "#/$defs/Flower"}, {"type": "null"}]}),
    ],
)
@pytest.mark.parametrize("direction", ["input", "output"])
def test_a_field_that_takes_documents_as_they_are(field: fields.Field[Any], schema: Any, direction: Any) -> None:
    found = converted(field, direction)
    assert found.json_schema["properties"]["a"] == schema
    assert (found.transforms, found.has_rules) == (False, False)


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (fields.Integer(as_string=True), {"type": "string", "pattern": "^[-+]?[0-9]+$"}),
        (
            fields.Float(as_string=True),
            {"type": "string", "pattern": r"^[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"},
        ),
        (fields.Decimal(places=2), {"type": "number"}),
        (fields.UUID(), {"type": "string", "format": "uuid"}),
        (fields.Date(), {"type": "string", "format": "date"}),
        (fields.Date(format="%d.%m.%Y"), {"type": "string"}),
        (fields.DateTime(), {"type": "string", "format": "date-time"}),
        (fields.DateTime(format="rfc"), {"type": "string"}),
        (fields.AwareDateTime(), {"type": "string", "format": "date-time"}),
        (fields.TimeDelta(precision="minutes"), {"type": "number", "x-unit": "minutes"}),
        (fields.IP(), {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
        (fields.IPv4(), {"type": "string", "format": "ipv4"}),
        (fields.IPv6(), {"type": "string", "format": "ipv6"}),
        (fields.IPInterface(), {"type": "string"}),
        (fields.Enum(Colour, allow_none=False), {"enum": ["RED", "BLUE", "NONE"]}),
        (fields.Enum(Colour, by_value=True), {"enum": ["red", 2, None]}),
        (fields.Enum(Colour, by_value=True, allow_none=False), {"enum": ["red", 2]}),
        (fields.Constant("setosa"), {"const": "setosa"}),
        (fields.Pluck(Flower, "name"), {"type": "string"}),
        (fields.Pluck(Flower, "name", many=True), {"type": "array", "items": {"type": "string"}}),
        (
            fields.Dict(keys=fields.Integer(), values=fields.Float()),
            {
                "type": "object",
                "propertyNames": {"pattern": "^[-+]?[0-9]+$"},
                "additionalProperties": {"type": "number"},
            },
        ),
        (
            fields.Dict(keys=fields.Enum(Colour)),
            {"type": "object", "propertyNames": {"enum": ["RED", "BLUE", "NONE"]}},
        ),
    ],
)
@pytest.mark.parametrize("direction", ["input", "output"])
def test_a_field_that_makes_something_else_of_documents(field: fields.Field[Any], schema: Any, direction: Any) -> None:
    found = converted(field, direction)
    assert found.json_schema["properties"]["a"] == schema
    assert found.transforms


def test_a_tuple_has_its_items_in_order_and_no_others() -> None:
    field = fields.Tuple((fields.String(), fields.Float()))
    expected = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}], "items": False, "minItems": 2}
    assert of(field) == of(field, "output") == expected
    assert converted(field).transforms
    assert not converted(field, "output").transforms
    assert of(fields.Tuple(())) == {"type": "array", "maxItems": 0}


def test_a_timestamp_that_comes_in_is_not_negative() -> None:
    assert of(fields.DateTime(format="timestamp")) == {"type": "number", "minimum": 0}
    assert of(fields.DateTime(format="timestamp_ms"), "output") == {"type": "number"}


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (
            fields.NaiveDateTime(),
            ["2026-01-31T12:00:00", "2026-01-31T12:00:00.5"],
            ["2026-01-31T12:00:00Z", "2026-01-31"],
        ),
        (
            fields.Time(),
            ["12:00", "23:59:59.999999", "12:00:00Z", "12:00:00+01:00"],
            ["24:00", "12", "12:00:60", "1:00"],
        ),
        (fields.Date(), ["2026-01-31"], ["2026-02-30", "20260131", "2026-W01-1", 1]),
        (fields.DateTime(), ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+01:00"], ["2026-01-31", "now", 1]),
        (fields.Integer(as_string=True), ["1", "-20", "+3"], ["1.0", "", "١", "1_000", " 1", 1]),
        (fields.Float(as_string=True), ["1", "-2.5", "1e5"], ["nan", "inf", ".5", "1_0.0", 1.5]),
        (fields.Decimal(as_string=True), ["1", "-2.5", "1E5"], ["NaN", "Infinity", "1,5", 1.5]),
        (fields.UUID(), ["2f1acc6d-c3fa-49a2-9a4e-5e4ff0d9d3b0"], ["2f1acc6d", 1]),
        (fields.IP(), ["192.0.2.1", "2001:db8::1"], ["192.0.2.256", "x"]),
        (fields.TimeDelta(), [1, 0.5], ["1"]),
        (fields.Email(), ["nobody@models.example"], ["nobody", "@models.example", 1]),
        (fields.Url(), ["https://models.example/iris?a=1"], ["models.example", "iris", 1]),
    ],
)
def test_what_the_schema_takes_marshmallow_takes(field: fields.Field[Any], good: list[Any], bad: list[Any]) -> None:
    schema = ma.Schema.from_dict({"a": field})()
    validator = Validator(convert(schema, "input").json_schema)
    for value in good:
        assert validator.fits({"a": value}), value
        schema.load({"a": value})
    for value in bad:
        assert not validator.fits({"a": value}), value


@pytest.mark.parametrize("field", [fields.Email(), fields.Url(), fields.Url(relative=True)])
def test_marshmallow_is_asked_about_addresses_too(field: fields.Field[Any]) -> None:
    found = converted(field)
    assert (found.transforms, found.has_rules) == (False, True)


class Upper(fields.String):
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        return str(value).upper()


class Loud(fields.String):
    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str:
        return f"{value}!"


class Short(fields.String):
    """Only adds to what a String is."""


class Own(fields.Field[Any]):
    pass


def test_a_field_of_the_authors_own_is_what_it_inherits_from_where_it_reads_and_writes_as_that() -> None:
    assert of(Short()) == {"type": "string"}
    assert of(Upper(), "output") == {"type": "string"}
    assert of(Loud()) == {"type": "string"}
    assert converted(Short()).transforms


def test_what_a_field_of_the_authors_own_takes_only_marshmallow_can_tell() -> None:
    for field, direction in [(Upper(), "input"), (Loud(), "output"), (Own(), "input"), (Own(), "output")]:
        found = converted(field, direction)
        assert found.json_schema["properties"]["a"] == {}
        assert found.transforms
    assert of(fields.Function(deserialize=str)) == {}
    assert of(fields.Function(serialize=str), "output") == {}


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (fields.Boolean(truthy={"ja"}), r"field a .* truthy .*; use a String field"),
        (fields.Boolean(truthy={True}, falsy={"nein"}), "truthy and falsy"),
        (fields.Enum(Odd, by_value=True), "field a .* no strings or numbers"),
        (fields.Constant(object()), "field a .* constant is of type object"),
        (fields.Dict(keys=fields.Float()), "field a .* Float is none; use String keys"),
        (fields.Dict(keys=fields.Nested(Flower)), "Nested is none"),
        (fields.List(fields.Boolean(truthy={"ja"})), r"field a\[\] cannot"),
        (fields.Tuple((fields.Boolean(truthy={"ja"}),)), r"field a\[0\] cannot"),
        (fields.Dict(values=fields.Boolean(truthy={"ja"})), r"field a\{\} cannot"),
        (fields.Nested(ma.Schema.from_dict({"b": fields.Boolean(truthy={"ja"})})), r"field a\.b cannot"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_field_and_what_to_do(field: fields.Field[Any], reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        converted(field)
