from __future__ import annotations

import datetime as dt
import enum
from collections import namedtuple
from decimal import Decimal
from typing import Any

import marshmallow as ma
import numpy as np
import pytest
from marshmallow import fields

from tornado_ml.errors import Fault
from tornado_ml.models.marshmallow_dump import StrictDump
from tornado_ml.models.plain_data import NotPlain

DAY = dt.date(2026, 1, 31)


class Colour(enum.Enum):
    RED = 1


class Leaf(ma.Schema):
    day = fields.Date()
    length = fields.Float()


def written(field: fields.Field[Any], value: Any) -> Any:
    schema = ma.Schema.from_dict({"a": field})()
    return StrictDump(schema)({"a": value})["a"]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (fields.String(), 5, 5),
        (fields.Integer(), "5", "5"),
        (fields.Integer(), 1.9, 1.9),
        (fields.Float(), "1.5", "1.5"),
        (fields.Boolean(), "yes", "yes"),
        (fields.Raw(), {"x": 1}, {"x": 1}),
        (fields.Constant("a"), "b", "b"),
        (fields.List(fields.Date()), [DAY], ["2026-01-31"]),
        (fields.List(fields.Date()), (DAY, None), ["2026-01-31", None]),
        (fields.List(fields.Date()), "2026", "2026"),
        (fields.List(fields.Float()), np.array([1.5]), [1.5]),
        (fields.Tuple((fields.Date(), fields.String())), (DAY, 5), ["2026-01-31", 5]),
        (fields.Tuple((fields.Date(), fields.String())), (DAY,), (DAY,)),
        (fields.Dict(keys=fields.Enum(Colour), values=fields.Date()), {Colour.RED: DAY}, {"RED": "2026-01-31"}),
        (fields.Dict(), {"a": DAY}, {"a": DAY}),
        (fields.Dict(values=fields.Date()), [1], [1]),
        (fields.Nested(Leaf), {"day": DAY, "length": "x"}, {"day": "2026-01-31", "length": "x"}),
        (fields.Nested(Leaf, many=True), [{"day": DAY}], [{"day": "2026-01-31"}]),
        (fields.Nested(Leaf, many=True), {"day": DAY}, {"day": DAY}),
        (fields.Nested(Leaf), [{"day": DAY}], [{"day": DAY}]),
        (fields.Nested(Leaf, unknown=ma.EXCLUDE), {"day": DAY, "x": 5}, {"day": "2026-01-31"}),
        (fields.Nested(Leaf, unknown=ma.INCLUDE), {"day": DAY, "x": 5}, {"day": "2026-01-31", "x": 5}),
        (fields.Pluck(Leaf, "day"), {"day": DAY}, "2026-01-31"),
        (fields.Pluck(Leaf, "length", many=True), [{"length": "x"}], ["x"]),
        (fields.Integer(as_string=True), np.int64(5), "5"),
        (fields.Float(as_string=True), 5, "5.0"),
        (fields.Decimal(places=1), 1.26, Decimal("1.3")),
        (fields.Decimal(as_string=True), Decimal("1.50"), "1.50"),
        (fields.TimeDelta(), dt.timedelta(minutes=1), 60.0),
        (fields.Date(), None, None),
        (fields.Function(lambda owner: owner["a"] + 1), 1, 2),
    ],
)
def test_only_a_field_that_writes_values_in_another_form_changes_them(
    field: fields.Field[Any], value: Any, expected: Any
) -> None:
    result = written(field, value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        (fields.Date(), "2026-01-31", Fault("/a", "is of type str, which a field of type Date cannot write")),
        (fields.Enum(Colour), "RED", Fault("/a", "is of type str, which a field of type Enum cannot write")),
        (fields.IP(), "::1", Fault("/a", "is of type str, which a field of type IP cannot write")),
        (fields.TimeDelta(), 5, Fault("/a", "is of type int, which a field of type TimeDelta cannot write")),
        (fields.Decimal(), "1.5", Fault("/a", "must be a number, not of type str")),
        (fields.Integer(as_string=True), True, Fault("/a", "must be a number, not of type bool")),
        (fields.Integer(as_string=True), 1.9, Fault("/a", "must be a whole number")),
        (
            fields.List(fields.Date()),
            [DAY, 5],
            Fault("/a/1", "is of type int, which a field of type Date cannot write"),
        ),
        (
            fields.Dict(values=fields.Date()),
            {"x": 5},
            Fault("/a/x", "is of type int, which a field of type Date cannot write"),
        ),
        (fields.Nested(Leaf), {"day": DAY, "x": 5}, Fault("/a/x", "is not expected")),
        (fields.Nested(Leaf, many=True), [{}, {"x": 5}], Fault("/a/1/x", "is not expected")),
        (
            fields.Nested(Leaf),
            object(),
            Fault("/a", "is of type object, which has none of the attributes of the schema"),
        ),
        (fields.Pluck(Leaf, "day"), {}, Fault("/a", "has no day, which is what is written of it")),
        (fields.Pluck(Leaf, "day"), 5, Fault("/a", "has no day, which is what is written of it")),
    ],
)
def test_what_a_field_cannot_write_is_named_with_its_place(field: fields.Field[Any], value: Any, fault: Fault) -> None:
    with pytest.raises(NotPlain) as caught:
        written(field, value)
    assert caught.value.fault == fault


class Owner(ma.Schema):
    day = fields.Date(data_key="Day", attribute="made.on", dump_default=DAY)
    name = fields.Method("get_name")
    secret = fields.String(load_only=True)
    constant = fields.Constant("c")
    late = fields.Float(dump_default=lambda: 1.5)

    def get_name(self, owner: Any) -> str:
        return "n"

    @ma.post_dump
    def wrap(self, data: Any, **_: Any) -> Any:
        return {**data, "wrapped": True}


def test_names_defaults_constants_methods_and_hooks_work_as_in_marshmallow() -> None:
    expected = {"Day": "2026-01-31", "name": "n", "constant": "c", "late": 1.5, "wrapped": True}
    for value in ({"made": {"on": DAY}, "secret": "s"}, {}):
        assert StrictDump(Owner())(value) == Owner().dump(value) == expected


def test_many_are_dumped_one_by_one() -> None:
    assert StrictDump(Leaf(many=True))([{"day": DAY}, {}]) == [{"day": "2026-01-31"}, {}]
    assert StrictDump(Leaf(many=True))(iter([{}])) == [{}]
    assert StrictDump(Leaf(many=True))({"day": DAY}) == {"day": DAY}
    assert StrictDump(Leaf(many=True))(None) is None


def test_a_named_tuple_is_an_object_with_attributes() -> None:
    assert StrictDump(Leaf())(namedtuple("Made", "day length")(DAY, 1.5)) == {"day": "2026-01-31", "length": 1.5}


def test_a_schema_with_a_way_of_its_own_to_serialise_keeps_it() -> None:
    class Own(Leaf):
        def _serialize(self, obj: Any, *, many: bool = False) -> Any:
            return {"own": True}

    assert StrictDump(Own())({}) == {"own": True}


def test_a_schema_that_nests_itself_is_dumped_to_any_depth() -> None:
    class Tree(ma.Schema):
        day = fields.Date()
        inner = fields.Nested(lambda: Tree())

    value = {"day": DAY, "inner": {"inner": {"day": DAY}}}
    assert StrictDump(Tree())(value) == {"day": "2026-01-31", "inner": {"inner": {"day": "2026-01-31"}}}
