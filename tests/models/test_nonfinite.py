from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_ml.models.nonfinite import is_finite, keeps_null_out
from tornado_ml.models.validator import Validator

CLOSED = [
    {"type": "number"},
    {"enum": [1, "a"]},
    {"const": {"a": 1}},
    {"type": "object", "properties": {"a": {"type": "number"}}, "additionalProperties": False},
    {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": ["number", "boolean"]}},
    {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]},
    {"allOf": [{"title": "Length"}, {"type": "number"}]},
    {"type": "number", "not": {}},
    {"type": "array", "items": {"$ref": "#"}},
    {"$ref": "#/$defs/a", "$defs": {"a": {"type": "number"}}},
]
OPEN = [
    {},
    {"type": "null"},
    {"type": "object", "properties": {"a": {"type": "number"}}},
    {"type": "object", "additionalProperties": False, "properties": {"a": {}}},
    {"type": "object", "additionalProperties": {"type": "number"}, "patternProperties": {"^x": True}},
    {"type": "array", "prefixItems": [{}], "items": False},
    {"oneOf": [{"type": "number"}, {"type": "null"}]},
    {"enum": [{"a": [None]}]},
    {"const": None},
    {"allOf": [{"minimum": 3}]},
    {"$dynamicRef": "#"},
    {"$ref": "#"},
    {"anyOf": [{"$ref": "#"}, {"type": "number"}]},
    {"type": ["object", "array"], "additionalProperties": {"allOf": [{"$ref": "#"}]}, "items": {"$ref": "#/items"}},
]


@pytest.mark.parametrize("schema", CLOSED)
def test_a_schema_that_lets_no_null_pass_is_known(schema: dict[str, Any]) -> None:
    assert keeps_null_out(schema)


@pytest.mark.parametrize("schema", OPEN)
def test_a_schema_that_may_let_null_pass_is_known(schema: dict[str, Any]) -> None:
    assert not keeps_null_out(schema)


@pytest.mark.parametrize("schema", [*CLOSED, *OPEN])
@settings(max_examples=15, deadline=None)
@given(number=st.sampled_from([math.nan, math.inf]), data=st.data())
def test_fits_agrees_with_faults_wherever_a_nan_is(schema: dict[str, Any], number: float, data: st.DataObject) -> None:
    values = st.recursive(
        st.sampled_from([number, 1, "a", None]), lambda v: st.lists(v) | st.dictionaries(st.just("a"), v)
    )
    document = data.draw(values)
    validator = Validator(schema)
    assert validator.fits(document) == (not validator.faults(document))


def test_definitions_that_all_refer_to_each_other_take_no_long_search() -> None:
    names = [str(number) for number in range(30)]
    parts = {name: {"$ref": f"#/$defs/{name}"} for name in names}
    closed = {"type": "object", "properties": parts, "additionalProperties": False}
    validator = Validator({"$ref": "#/$defs/0", "$defs": dict.fromkeys(names, closed)})
    assert validator.fits({"1": {"2": {}}})
    assert not validator.fits({"1": {"2": math.nan}})


@pytest.mark.parametrize(
    ("document", "finite"),
    [
        (1.5, True),
        ("a", True),
        (None, True),
        ([], True),
        ({"a": [1, 2.5, {"b": (1.0,)}]}, True),
        ([1.0] * 100, True),
        ([1e308] * 100, True),  # their sum is infinite, but none of them
        ([1.0, "a", None] * 100, True),
        ([1.0, *[10**400] * 100], True),
        (math.nan, False),
        ({"a": {"b": [math.inf]}}, False),
        ((1.0, -math.inf), False),
        ([1.0] * 100 + [math.nan], False),
        ([math.inf, -math.inf] * 100, False),
        ([1.0, "a", math.nan] * 100, False),
        ([[1.0] * 100, [math.nan] * 100], False),
    ],
)
def test_nan_and_infinity_are_found_wherever_they_are(document: Any, finite: bool) -> None:
    assert is_finite(document) is finite
