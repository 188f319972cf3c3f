from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_ml.models.number_types import number_conversion
from tornado_ml.models.validator import Validator

WHOLE: dict[str, Any] = {"type": "integer"}
TREE = {"properties": {"n": WHOLE, "left": {"$ref": "#"}, "right": {"$ref": "#/properties/left"}}}


def converted(schema: dict[str, Any], document: Any, **options: bool) -> Any:
    assert Validator(schema).fits(document)
    convert = number_conversion(schema, **options)
    assert convert is not None
    return convert(document)


def exactly(value: Any) -> Any:
    """The value such that 1 and 1.0 differ."""
    if isinstance(value, dict):
        return {key: exactly(item) for key, item in value.items()}
    return [exactly(item) for item in value] if isinstance(value, list) else (type(value), value)


@pytest.mark.parametrize(
    ("schema", "document", "expected"),
    [
        (WHOLE, 5.0, 5),
        (WHOLE, -0.0, 0),
        (WHOLE, 1e300, int(1e300)),
        ({"type": ["integer", "null"]}, 5.0, 5),
        ({"type": ["integer", "null"]}, None, None),
        (
            {"properties": {"a": WHOLE, "b": {"type": "number"}}},
            {"a": 1.0, "b": 1.0, "c": 1.0},
            {"a": 1, "b": 1.0, "c": 1.0},
        ),
        ({"properties": {"a": WHOLE}}, {"b": 1.0}, {"b": 1.0}),
        ({"properties": {"a": WHOLE}}, [1.0], [1.0]),
        ({"additionalProperties": WHOLE, "properties": {"a": {}}}, {"a": 1.0, "b": 1.0}, {"a": 1.0, "b": 1}),
        ({"additionalProperties": WHOLE}, 1.0, 1.0),
        (
            {"patternProperties": {"^n": WHOLE, "^f": {}}, "additionalProperties": WHOLE},
            {"n": 1.0, "f": 1.0, "x": 1.0},
            {"n": 1, "f": 1.0, "x": 1},
        ),
        ({"items": WHOLE}, [1.0, 2], [1, 2]),
        ({"items": WHOLE}, {"a": 1.0}, {"a": 1.0}),
        ({"prefixItems": [WHOLE, {}], "items": WHOLE}, [1.0, 1.0, 1.0], [1, 1.0, 1]),
        ({"prefixItems": [{}, WHOLE]}, [1.0], [1.0]),
        ({"$ref": "#/$defs/n", "$defs": {"n": WHOLE}}, 1.0, 1),
        ({"items": {"$ref": "#n"}, "$defs": {"n": {"$anchor": "n", "anyOf": [WHOLE]}}}, [1.0], [1]),
        (TREE, {"left": {"right": {"n": 1.0}, "n": 2.0}}, {"left": {"right": {"n": 1}, "n": 2}}),
        (
            {"allOf": [{"properties": {"a": WHOLE}}, {"properties": {"b": WHOLE}}]},
            {"a": 1.0, "b": 1.0},
            {"a": 1, "b": 1},
        ),
        ({"anyOf": [{"type": "null"}, WHOLE]}, 1.0, 1),
        ({"anyOf": [{"type": "number"}, WHOLE]}, 1.0, 1.0),
        ({"anyOf": [WHOLE, {"type": "number"}]}, 1.5, 1.5),
        ({"anyOf": [{"items": WHOLE}, True]}, ["a", 1.0], ["a", 1.0]),
        (
            {
                "oneOf": [
                    {"properties": {"kind": {"const": "count"}, "n": WHOLE}, "required": ["kind"]},
                    {"properties": {"kind": {"const": "size"}, "n": {"type": "number"}}, "required": ["kind"]},
                ]
            },
            {"kind": "count", "n": 1.0},
            {"kind": "count", "n": 1},
        ),
        ({"if": {"minimum": 3}, "then": WHOLE}, 4.0, 4),
        ({"if": {"minimum": 3}, "then": WHOLE}, 1.0, 1.0),
        ({"if": {"minimum": 3}, "else": WHOLE}, 1.0, 1),
        ({"items": {"if": {"minLength": 3}, "then": {}}, "prefixItems": [WHOLE]}, [1.0], [1]),
    ],
)
def test_a_whole_float_becomes_an_int_where_the_schema_says_integer(
    schema: dict[str, Any], document: Any, expected: Any
) -> None:
    assert exactly(converted(schema, document)) == exactly(expected)


@pytest.mark.parametrize(
    ("schema", "document", "expected"),
    [
        ({"type": "number"}, 5, 5.0),
        ({"type": ["number", "null"]}, None, None),
        ({"type": "array", "items": {"type": "number"}}, [1, 1.5], [1.0, 1.5]),
        (
            {"properties": {"a": {"type": "number"}, "b": WHOLE, "c": {}}},
            {"a": 1, "b": 1.0, "c": 1},
            {"a": 1.0, "b": 1, "c": 1},
        ),
        ({"anyOf": [{"type": "boolean"}, {"type": "number"}]}, True, True),
    ],
)
def test_if_asked_an_int_becomes_a_float_where_the_schema_says_number(
    schema: dict[str, Any], document: Any, expected: Any
) -> None:
    assert exactly(converted(schema, document, floats=True)) == exactly(expected)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "number"},
        {"properties": {"a": {"type": ["integer", "number"]}}},
        {"const": {"type": "integer"}, "enum": [{"type": "integer"}]},
        {"items": {"$ref": "#"}, "$defs": {"a": {"type": "string"}}},
    ],
)
def test_a_schema_without_integers_costs_nothing(schema: dict[str, Any]) -> None:
    assert number_conversion(schema) is None


def test_a_schema_that_refers_to_itself_for_the_same_value_is_no_endless_loop() -> None:
    schema = {"$ref": "#", "anyOf": [{"$ref": "#"}, {"allOf": [{"$ref": "#/anyOf/1"}]}], "type": "integer"}
    convert = number_conversion(schema)
    assert convert is not None
    assert type(convert(1.0)) is int


def test_the_document_is_never_changed() -> None:
    schema = {"properties": {"a": {"items": {"additionalProperties": WHOLE}}}}
    document = {"a": [{"b": 1.0}], "c": [1]}
    result = converted(schema, document)
    assert exactly(result) == exactly({"a": [{"b": 1}], "c": [1]})
    assert exactly(document) == exactly({"a": [{"b": 1.0}], "c": [1]})
    assert result["c"] is document["c"]


def test_a_document_in_which_nothing_changes_is_handed_over_itself() -> None:
    document = {"a": 1, "b": 2.0}
    assert converted({"properties": {"a": WHOLE}}, document) is document


SCHEMAS = st.recursive(
    st.sampled_from([WHOLE, {"type": "number"}, {"type": "string"}, {"type": ["integer", "null"]}, {}]),
    lambda inner: st.one_of(
        st.builds(lambda a, b: {"properties": {"a": a}, "additionalProperties": b}, inner, inner),
        st.builds(lambda a, b: {"prefixItems": [a], "items": b}, inner, inner),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda parts: {"allOf": parts}, st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=4,
)
DOCUMENTS = st.recursive(
    st.sampled_from([1, 1.0, 2.5, "a", None, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, DOCUMENTS)
def test_what_fits_still_fits_and_is_equal(schema: dict[str, Any], document: Any) -> None:
    validator, convert = Validator(schema), number_conversion(schema)
    if convert is not None and validator.fits(document):
        assert validator.fits(convert(document))
        assert convert(document) == document
