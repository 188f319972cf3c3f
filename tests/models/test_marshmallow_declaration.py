from __future__ import annotations

import datetime as dt
import enum
import math
from typing import Any

import marshmallow as ma
import numpy as np
import pytest
from marshmallow import fields, validate

from tornado_ml.errors import Fault, InvalidInput, InvalidOutput, ModelRefused
from tornado_ml.models.marshmallow_declaration import MarshmallowDeclaration, is_marshmallow
from tornado_ml.models.validator import Validator


class Colour(enum.Enum):
    RED = "red"


class Plain(ma.Schema):
    length = fields.Float(required=True)
    count = fields.Integer(strict=True)


class Dated(ma.Schema):
    day = fields.Date(required=True)
    colour = fields.Enum(Colour, data_key="Colour")
    count = fields.Integer(load_default=3)


class Ordered(ma.Schema):
    low = fields.Float(required=True)
    high = fields.Float(required=True)

    @ma.validates_schema
    def check(self, data: Any, **_: Any) -> None:
        if data["low"] > data["high"]:
            raise ma.ValidationError("Must not be below low.", "high")


def declared(schema: Any, direction: Any = "input") -> MarshmallowDeclaration:
    return MarshmallowDeclaration(schema, direction)


def test_classes_and_instances_are_known() -> None:
    assert is_marshmallow(Plain)
    assert is_marshmallow(Plain())
    assert not is_marshmallow(dict)
    assert not is_marshmallow({})
    assert declared(Plain).json_schema == declared(Plain()).json_schema


def test_a_document_of_which_nothing_is_made_is_handed_over_itself() -> None:
    document = {"length": 5, "count": 3}
    assert declared(Plain).load(document) is document


def test_whole_floats_become_ints_where_the_schema_says_integer() -> None:
    loaded = declared(Plain).load({"length": 5, "count": 3.0})
    assert loaded == {"length": 5, "count": 3}
    assert type(loaded["count"]) is int
    assert type(loaded["length"]) is int


def test_what_deserialises_hands_over_what_marshmallow_loads() -> None:
    assert declared(Dated).load({"day": "2026-01-31", "Colour": "RED"}) == {
        "day": dt.date(2026, 1, 31),
        "colour": Colour.RED,
        "count": 3,
    }


def test_excluded_keys_are_dropped() -> None:
    document = {"length": 1.5, "other": 1}
    declaration = declared(Plain(unknown=ma.EXCLUDE))
    assert Validator(declaration.json_schema).fits(document)
    assert declaration.load(document) == {"length": 1.5}


def test_rules_that_json_schema_cannot_say_are_kept_and_the_document_stays_as_it_was_sent() -> None:
    declaration = declared(Ordered)
    good, bad = {"low": 1, "high": 2}, {"low": 2, "high": 1}
    assert Validator(declaration.json_schema).fits(bad)
    assert declaration.load(good) is good
    with pytest.raises(InvalidInput) as caught:
        declaration.load(bad)
    assert caught.value.details == (Fault("/high", "Must not be below low."),)


def test_what_fits_the_json_schema_but_not_marshmallow_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        declared(Dated).load({"day": "0000-01-01"})
    assert caught.value.details == (Fault("/day", "Not a valid date."),)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(ma.Schema.from_dict({"a": fields.Nested("NoSuchSchema")}), id="unknown name"),
        pytest.param(ma.Schema.from_dict({"a": fields.Nested(3)}), id="no schema"),  # type: ignore[arg-type]
        pytest.param(type("Needy", (ma.Schema,), {"__init__": lambda self, needed: None}), id="needs an argument"),
    ],
)
def test_a_schema_that_marshmallow_cannot_use_is_refused(schema: Any) -> None:
    with pytest.raises(ModelRefused, match="marshmallow cannot use the schema"):
        declared(schema)


@pytest.mark.parametrize(
    ("schema", "prediction", "document"),
    [
        (Plain, {"length": 1.5, "count": np.int64(3)}, {"length": 1.5, "count": 3}),
        (Plain, {"length": np.float32(1.5)}, {"length": 1.5}),
        (Plain(many=True), [{"length": 1.5}], [{"length": 1.5}]),
        (Dated, {"day": dt.date(2026, 1, 31), "colour": Colour.RED}, {"day": "2026-01-31", "Colour": "RED"}),
        (Plain(unknown=ma.INCLUDE), {"length": 1.5, "x": 1}, {"length": 1.5, "x": 1}),
        (Plain(unknown=ma.EXCLUDE), {"length": 1.5, "x": 1}, {"length": 1.5}),
    ],
)
def test_a_prediction_becomes_the_document_that_the_schema_writes(schema: Any, prediction: Any, document: Any) -> None:
    declaration = declared(schema, "output")
    assert declaration.dump(prediction) == document
    assert Validator(declaration.json_schema).fits(document)


class Flower:
    length = 1.5
    count = 3


def test_attributes_of_an_object_are_taken_too() -> None:
    assert declared(Plain, "output").dump(Flower()) == {"length": 1.5, "count": 3}
    assert declared(Plain(many=True), "output").dump([Flower()]) == [{"length": 1.5, "count": 3}]


@pytest.mark.parametrize(
    ("schema", "prediction"),
    [
        (Plain, {"length": "1.5"}),
        (Plain, {"length": 1.5, "count": 1.5}),
        (Plain, {"length": 1.5, "count": "3"}),
        (Plain, {"length": 1.5, "other": 3}),
        (Plain, {}),
        (Plain, None),
        (Plain, 1.5),
        (Plain, "setosa"),
        (Plain, [{"length": 1.5}]),
        (Plain(many=True), {"length": 1.5}),
        (Dated, {"day": "2026-01-31"}),
        (Dated, {"day": dt.date(2026, 1, 31), "colour": "RED"}),
        (Dated, {"day": dt.date(2026, 1, 31), "other": 1}),
        (Dated, {}),
        (Dated, []),
        (Dated, np.zeros(3)),
        (Plain, {"length": math.nan}),
        (Plain, object()),
        (Ordered, {"low": 2, "high": 1}),
    ],
)
def test_nothing_is_made_to_fit(schema: Any, prediction: Any) -> None:
    declaration = declared(schema, "output")
    validator = Validator(declaration.json_schema)

    def answered() -> None:
        document = declaration.dump(prediction)
        if not validator.fits(document):
            raise InvalidOutput(details=validator.faults(document))

    with pytest.raises(InvalidOutput) as caught:
        answered()
    assert caught.value.details


class Inner(ma.Schema):
    name = fields.String(dump_only=True)
    address = fields.Email(dump_only=True)
    parts = fields.List(fields.Tuple((fields.Integer(strict=True), fields.Float())), dump_only=True)

    @ma.validates_schema
    def check(self, data: Any, **_: Any) -> None:
        if data.get("name") == "bad":
            raise ma.ValidationError("Must not be bad.", "name")


class Outer(ma.Schema):
    inner = fields.Nested(Inner, dump_only=True)
    listed = fields.List(fields.Nested(Inner))
    named = fields.Dict(values=fields.Nested(Inner))
    outer = fields.Nested(lambda: Outer(), allow_none=True)


@pytest.mark.parametrize(
    ("prediction", "faults"),
    [
        ({"inner": {"name": "good", "parts": [(1.0, 2)]}}, []),
        ({"inner": {"name": "bad"}}, [Fault("/inner/name", "Must not be bad.")]),
        ({"listed": [{}, {"name": "bad"}]}, [Fault("/listed/1/name", "Must not be bad.")]),
        ({"named": {"a": {"name": "bad"}}}, [Fault("/named/a/name", "Must not be bad.")]),
        ({"outer": {"outer": {"inner": {"name": "bad"}}}}, [Fault("/outer/outer/inner/name", "Must not be bad.")]),
    ],
)
def test_rules_are_kept_for_predictions_too_whichever_direction_their_fields_have(
    prediction: Any, faults: list[Fault]
) -> None:
    declaration = declared(Outer, "output")
    if not faults:
        assert declaration.dump(prediction) == {"inner": {"name": "good", "parts": [[1.0, 2]]}}
        return
    with pytest.raises(InvalidOutput) as caught:
        declaration.dump(prediction)
    assert caught.value.details == tuple(faults)


def test_rules_are_not_asked_about_what_does_not_fit_the_json_schema() -> None:
    def fail(value: Any) -> bool:
        raise AssertionError(value)

    declaration = declared(ma.Schema.from_dict({"a": fields.Float(validate=fail)}), "output")
    assert declaration.dump({"a": "x"}) == {"a": "x"}


def test_an_instance_of_the_author_is_left_as_it_is() -> None:
    schema = Outer()
    before = dict(schema.load_fields)
    declared(schema, "output").dump({"inner": {"name": "good"}})
    assert schema.load_fields == before
    assert schema.dump({"inner": {"name": 5}}) == {"inner": {"name": "5"}}


def test_a_hook_that_refuses_a_prediction_is_heard() -> None:
    class Refusing(ma.Schema):
        a = fields.Float(validate=validate.Range(min=0))

        @ma.pre_dump
        def check(self, data: Any, **_: Any) -> Any:
            raise ma.ValidationError({"a": ["Must be better."]})

    with pytest.raises(InvalidOutput) as caught:
        declared(Refusing, "output").dump({"a": 1})
    assert caught.value.details == (Fault("/a", "Must be better."),)
