from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.errors import Fault
from tornado_ml.models.fault_messages import MAX_FAULTS, shortened, shown
from tornado_ml.models.validator import Validator

LONG = "x" * 100_000


def faults(schema: dict[str, Any], document: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.message) for fault in Validator(schema).faults(document)]


@pytest.mark.parametrize(
    ("schema", "document", "message"),
    [
        ({"type": "number"}, "5.1", "must be a number, not a string"),
        ({"type": "number"}, True, "must be a number, not a boolean"),
        ({"type": "integer"}, 1.5, "must be a whole number"),
        ({"type": "integer"}, "1", "must be an integer, not a string"),
        ({"type": ["integer", "null"]}, 1.5, "must be a whole number"),
        ({"type": ["null", "number"]}, [], "must be a number or null, not an array"),
        ({"type": ["boolean", "number", "string"]}, {}, "must be a boolean, a number or a string, not an object"),
        ({"type": ["boolean", "number", "string", "array", "object"]}, None, "must not be null"),
        ({"type": "string"}, None, "must be a string, not null"),
        ({"minimum": 0}, -1, "must be at least 0"),
        ({"maximum": 10.5}, 11, "must be at most 10.5"),
        ({"exclusiveMinimum": 0}, 0, "must be more than 0"),
        ({"exclusiveMaximum": 10}, 10, "must be less than 10"),
        ({"multipleOf": 0.5}, 0.7, "must be a multiple of 0.5"),
        ({"minLength": 1}, "", "must not be empty"),
        ({"minLength": 2}, "a", "must have at least 2 characters"),
        ({"maxLength": 1}, LONG, "must have at most 1 character"),
        ({"minItems": 2}, [1], "must have at least 2 items"),
        ({"maxItems": 0}, [1], "must have at most 0 items"),
        ({"uniqueItems": True}, [1, 1], "must not have the same item twice"),
        ({"contains": {"const": 1}}, [2], "does not have enough of the items that are asked for"),
        ({"minProperties": 1}, {}, "must not be empty"),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, "must have at most 1 key"),
        ({"enum": ["setosa", "virginica", 3]}, LONG, 'must be "setosa", "virginica" or 3'),
        ({"enum": ["setosa"]}, 1, 'must be "setosa"'),
        ({"const": {"a": [1]}}, 1, 'must be {"a":[1]}'),
        ({"not": {"enum": ["a", "b"]}}, "a", 'must not be "a" or "b"'),
        ({"not": {"const": "a"}}, "a", 'must not be "a"'),
        ({"not": {"type": "string"}}, "a", "is not allowed here"),
        ({"pattern": "^[a-z]+$"}, LONG + "1", "must match the pattern ^[a-z]+$"),
        ({"format": "date"}, "soon", "must be a date, like 2026-01-31"),
        ({"format": "ipv4"}, "1.2", "must be an IPv4 address"),
        ({"format": "uri-template"}, "{", "must be of the format uri-template"),
        ({"prefixItems": [{}], "unevaluatedItems": False}, [1, 2], "has items that are not expected"),
        (
            {"oneOf": [{"minimum": 1}, {"maximum": 5}]},
            3,
            "fits more than one of the forms of which one is allowed here",
        ),
        ({"anyOf": [{"minimum": 5}, {"maximum": 1}]}, 3, "fits none of the 2 forms that are allowed here"),
    ],
)
def test_a_fault_is_told_in_plain_words(schema: dict[str, Any], document: Any, message: str) -> None:
    assert faults(schema, document) == [("", message)]


def test_a_missing_key_is_at_its_own_place() -> None:
    schema = {"properties": {"a/b": {"required": ["c~d", "e"]}}, "required": ["f"]}
    assert set(faults(schema, {"a/b": {}})) == {
        ("/a~1b/c~0d", "is required"),
        ("/a~1b/e", "is required"),
        ("/f", "is required"),
    }


def test_a_key_that_another_one_needs_is_at_its_own_place() -> None:
    assert faults({"dependentRequired": {"a": ["b"]}}, {"a": 1}) == [("/b", "is required")]


@pytest.mark.parametrize("keyword", ["additionalProperties", "unevaluatedProperties"])
def test_each_unknown_key_is_at_its_own_place(keyword: str) -> None:
    schema = {"properties": {"a": {}}, keyword: False}
    assert faults(schema, {"a": 1, "colour": 2, "x/y": 3}) == [
        ("/colour", "is not expected"),
        ("/x~1y", "is not expected"),
    ]


def test_a_long_unknown_key_is_not_repeated() -> None:
    assert faults({"additionalProperties": False}, {LONG: 1}) == [("", "has a very long key that is not expected")]
    [fault] = faults({"propertyNames": {"maxLength": 3}}, {LONG: 1})
    assert fault == ("", "has a name that does not fit: it must have at most 3 characters")


def test_a_bad_name_is_told_at_its_key() -> None:
    schema = {"items": {"propertyNames": {"pattern": "^a"}}}
    assert faults(schema, [{"b/": 1}]) == [("/0/b~1", "has a name that does not fit: it must match the pattern ^a")]


def test_an_item_too_many_is_at_its_own_place() -> None:
    assert faults({"prefixItems": [{}], "items": False}, [1, 2, 3]) == [
        ("/1", "is not expected"),
        ("/2", "is not expected"),
    ]


def test_faults_stand_where_they_are_through_references() -> None:
    schema = {"$ref": "#/$defs/list", "$defs": {"list": {"items": {"$ref": "#/$defs/n"}}, "n": {"type": "integer"}}}
    assert faults(schema, [1, "a"]) == [("/1", "must be an integer, not a string")]


CIRCLE = {"type": "object", "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}}
SQUARE = {"type": "object", "properties": {"kind": {"const": "square"}, "side": {"type": "number"}}}


@pytest.mark.parametrize(
    ("alternatives", "document", "expected"),
    [
        ([{"type": "number"}, {"type": "null"}], "a", [("/a", "must be a number or null, not a string")]),
        ([{"type": "number", "minimum": 3}, {"type": "null"}], 1, [("/a", "must be at least 3")]),
        ([CIRCLE, {"type": "null"}], {"radius": "a"}, [("/a/radius", "must be a number, not a string")]),
        ([CIRCLE, SQUARE], {"kind": "square", "side": "a"}, [("/a/side", "must be a number, not a string")]),
        ([CIRCLE, SQUARE], {"kind": "line"}, [("/a", "fits none of the 2 forms that are allowed here")]),
        ([CIRCLE, SQUARE], 3, [("/a", "must be an object, not a number")]),
        (
            [{"anyOf": [CIRCLE, {"type": "null"}]}, {"type": "string"}],
            {"radius": []},
            [("/a/radius", "must be a number, not an array")],
        ),
        (
            [{"properties": {"day": {"format": "date"}}}, {"type": "null"}],
            {"day": "x"},
            [("/a/day", "must be a date, like 2026-01-31")],
        ),
        (
            [{"properties": {"k": {"enum": ["a", "b"]}, "n": {"minimum": 1}}}, {"properties": {"k": {"enum": ["c"]}}}],
            {"k": "a", "n": 0},
            [("/a/n", "must be at least 1")],
        ),
        ([{"format": "ipv4"}, {"format": "ipv6"}], "x", [("/a", "must be an IPv4 address or an IPv6 address")]),
    ],
)
@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_of_alternatives_the_one_that_was_meant_is_explained(
    keyword: str, alternatives: list[Any], document: Any, expected: list[tuple[str, str]]
) -> None:
    assert faults({"properties": {"a": {keyword: alternatives}}}, {"a": document}) == expected


def test_the_same_fault_is_told_once() -> None:
    assert faults({"allOf": [{"type": "string"}, {"type": "string"}]}, 1) == [("", "must be a string, not a number")]


def test_no_more_than_a_hundred_faults_are_listed() -> None:
    assert len(faults({"items": {"type": "string"}}, list(range(10_000)))) == MAX_FAULTS
    assert len(faults({"additionalProperties": False}, {str(n): 1 for n in range(10_000)})) == MAX_FAULTS


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ({"enum": [f"choice {n}" for n in range(1000)]}, LONG),
        ({"enum": [LONG]}, 1),
        ({"const": LONG}, 1),
        ({"pattern": "a" * 1000}, LONG),
        ({"type": "number"}, LONG),
        ({"maxLength": 3}, LONG),
        ({"not": {"enum": [LONG]}}, LONG),
        ({"format": "date"}, LONG),
        ({"uniqueItems": True}, [LONG, LONG]),
        ({"anyOf": [{"const": LONG}, {"enum": [LONG]}]}, LONG + "x"),
    ],
)
def test_a_message_is_short_whatever_was_sent_or_declared(schema: dict[str, Any], document: Any) -> None:
    assert all(len(message) < 300 for _, message in faults(schema, document))
    assert faults(schema, document)


def test_of_many_choices_the_first_are_listed_with_their_number() -> None:
    [(_, message)] = faults({"enum": list(range(1000))}, -1)
    assert message.startswith("must be 0, 1, 2, ")
    assert message.endswith(" … (1000 in all)")


def test_values_are_shown_as_json_and_cut_where_they_get_long() -> None:
    assert shown({"a": None}) == '{"a":null}'
    assert shown(2**70) == "1180591620717411303424"
    assert len(shown(LONG)) == 200
    assert shortened("short") == "short"


def test_a_fault_is_a_fault() -> None:
    assert Validator({"type": "string"}).faults([]) == [Fault("", "must be a string, not an array")]
