from __future__ import annotations

from typing import Any

import marshmallow as ma
import pytest
from marshmallow import fields, validate

from tornado_ml.models.fault_messages import MAX_FAULTS
from tornado_ml.models.marshmallow_faults import faults_in


class Leaf(ma.Schema):
    length = fields.Float(validate=validate.Range(min=0), data_key="leaf length")
    value = fields.Float()


class Tree(ma.Schema):
    leaf = fields.Nested(Leaf)
    leaves = fields.Nested(Leaf, many=True)
    listed = fields.List(fields.Nested(Leaf))
    pair = fields.Tuple((fields.Float(), fields.Dict(values=fields.Float())))
    by_name = fields.Dict(keys=fields.String(validate=validate.Length(max=1)), values=fields.Nested(Leaf))
    plucked = fields.Pluck(Leaf, "value", many=True)
    one = fields.Pluck(Leaf, "length")

    @ma.validates_schema
    def check(self, data: Any, **_: Any) -> None:
        if "leaf" in data and data["leaf"].get("length") == 0:
            raise ma.ValidationError("A leaf has a length.")
        if "leaf" in data and data["leaf"].get("length") == 1:
            raise ma.ValidationError({"leaf": {"leaf length": ["Must not be 1."]}, "elsewhere": "Bad."})


def found(document: Any, schema: ma.Schema | None = None) -> set[tuple[str, str]]:
    schema = schema or Tree()
    with pytest.raises(ma.ValidationError) as caught:
        schema.load(document)
    return {(fault.path, fault.message) for fault in faults_in(caught.value.messages, schema)}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"leaf": {"leaf length": "x"}}, {("/leaf/leaf length", "Not a valid number.")}),
        ({"leaf": 3}, {("/leaf", "Invalid input type.")}),
        ({"leaves": [{}, {"value": "x"}]}, {("/leaves/1/value", "Not a valid number.")}),
        ({"listed": [{"value": "x"}]}, {("/listed/0/value", "Not a valid number.")}),
        (
            {"pair": ["x", {"value": "y"}]},
            {("/pair/0", "Not a valid number."), ("/pair/1/value", "Not a valid number.")},
        ),
        (
            {"by_name": {"ab": {"value": "x"}, "c": {"value": "x"}}},
            {
                ("/by_name/ab", "Longer than maximum length 1."),
                ("/by_name/ab/value", "Not a valid number."),
                ("/by_name/c/value", "Not a valid number."),
            },
        ),
        ({"plucked": [1, "x"]}, {("/plucked/1", "Not a valid number.")}),
        ({"one": -1}, {("/one", "Must be greater than or equal to 0.")}),
        ({"a/b": 1}, {("/a~1b", "Unknown field.")}),
        ({"leaf": {"leaf length": 0}}, {("", "A leaf has a length.")}),
        ({"leaf": {"leaf length": 1}}, {("/leaf/leaf length", "Must not be 1."), ("/elsewhere", "Bad.")}),
    ],
)
def test_each_message_is_at_its_place(document: Any, expected: set[tuple[str, str]]) -> None:
    assert found(document) == expected


def test_of_many_documents_each_has_its_index() -> None:
    assert found([{}, {"leaf": {"value": "x"}}], Tree(many=True)) == {("/1/leaf/value", "Not a valid number.")}
    assert found({}, Tree(many=True)) == {("", "Invalid input type.")}


def test_messages_of_any_form_are_told() -> None:
    messages = {"a": [{"b": ["one", ["two"]]}, 3], "_schema": {"c": "four"}, 0: "five"}
    assert [(fault.path, fault.message) for fault in faults_in(messages, Tree())] == [
        ("/a/b", "one"),
        ("/a/b", "two"),
        ("/a", "3"),
        ("/c", "four"),
        ("/0", "five"),
    ]


def test_messages_are_short_and_few() -> None:
    faults = faults_in({str(n): ["x" * 10_000] for n in range(10_000)}, Tree())
    assert len(faults) == MAX_FAULTS
    assert max(len(fault.message) for fault in faults) == 200
