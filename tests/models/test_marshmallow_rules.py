from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import fields, validate

from tornado_ml.models.marshmallow_rules import RuleRefused, constraint, simple_values


@pytest.mark.parametrize(
    ("kind", "json_type", "rule", "expected"),
    [
        (fields.Float, "number", validate.Range(0, 10), {"minimum": 0, "maximum": 10}),
        (fields.Float, "number", validate.Range(min=0.5, min_inclusive=False), {"exclusiveMinimum": 0.5}),
        (fields.Integer, "integer", validate.Range(max=3, max_inclusive=False), {"exclusiveMaximum": 3}),
        (fields.Integer, "integer", validate.Range(max=2**60), {"maximum": 2**60}),
        (fields.Float, "number", validate.Range(), {}),
        (fields.String, "string", validate.Length(1, 3), {"minLength": 1, "maxLength": 3}),
        (fields.String, "string", validate.Length(equal=2), {"minLength": 2, "maxLength": 2}),
        (fields.List, "array", validate.Length(min=1), {"minItems": 1}),
        (fields.Dict, "object", validate.Length(max=3), {"maxProperties": 3}),
        (fields.String, "string", validate.Regexp(r"\d+"), {"pattern": "^[0-9]+"}),
        (fields.String, "string", validate.Regexp("ab", re.IGNORECASE), {"pattern": "^[Aa][Bb]"}),
        (fields.String, "string", validate.OneOf(["a", "b", "a"]), {"enum": ["a", "b"]}),
        (fields.String, "string", validate.OneOf({"b", "a"}), {"enum": ["a", "b"]}),
        (fields.String, "string", validate.OneOf({"a": 1}), {"enum": ["a"]}),
        (fields.Integer, "integer", validate.OneOf(range(3)), {"enum": [0, 1, 2]}),
        (fields.Integer, "integer", validate.OneOf([1, True, 1.0]), {"enum": [1, True]}),
        (fields.String, "string", validate.Equal("a"), {"enum": ["a"]}),
        (fields.String, "string", validate.NoneOf(["a"]), {"not": {"enum": ["a"]}}),
        (fields.Boolean, "boolean", validate.NoneOf([1]), {"not": {"enum": [1, True]}}),
        (fields.Raw, None, validate.NoneOf([False, 2]), {"not": {"enum": [False, 2, 0]}}),
        (fields.List, "array", validate.ContainsOnly(["a"]), {"allOf": [{"items": {"enum": ["a"]}}]}),
        (fields.List, "array", validate.ContainsNoneOf(["a"]), {"allOf": [{"items": {"not": {"enum": ["a"]}}}]}),
    ],
)
def test_a_rule_that_json_schema_can_say(kind: type, json_type: str, rule: Any, expected: dict[str, Any]) -> None:
    assert constraint(rule, kind, json_type) == expected


@pytest.mark.parametrize(
    ("kind", "json_type", "rule"),
    [
        (fields.String, "string", str.isupper),
        (fields.String, "string", validate.Predicate("isupper")),
        (fields.String, "string", validate.Email()),
        (fields.String, "string", validate.OneOf("abc")),  # takes "ab" too
        (fields.String, "string", validate.OneOf([f"{n}" for n in range(1001)])),
        (fields.String, "string", validate.OneOf([["a"]])),
        (fields.String, "string", validate.Range("a", "b")),
        (fields.Float, "number", validate.Range(min=math.nan)),
        (fields.Float, "number", validate.Range(max=math.inf)),
        (fields.Float, "number", validate.Range(min=Decimal(1))),
        (fields.Float, "number", validate.Range(min=True)),
        (fields.Float, "number", validate.Range(min=2**53)),  # marshmallow makes 2**53 + 1 the same float
        (fields.Float, "number", validate.OneOf([2**53])),
        (fields.Float, "number", validate.NoneOf([math.nan])),
        (fields.String, "string", validate.Length(max=-1)),
        (fields.String, "string", validate.Length(min=0.5)),  # type: ignore[arg-type]
        (fields.Integer, "integer", validate.Length(1)),
        (fields.String, "string", validate.ContainsOnly("abc")),
        (fields.Nested, None, validate.Length(1)),
    ],
)
def test_a_rule_that_marshmallow_has_to_be_asked_about(kind: type, json_type: str | None, rule: Any) -> None:
    assert constraint(rule, kind, json_type) is None


class AtMostTen(validate.Range):
    """A validator of the author's own may judge in any way."""

    def __call__(self, value: Any) -> Any:
        return value


def test_a_validator_that_inherits_from_a_known_one_is_not_taken_for_it() -> None:
    assert constraint(AtMostTen(max=10), fields.Float, "number") is None


@pytest.mark.parametrize("rule", [validate.Range(0, 1), validate.Length(1), validate.Regexp("a")])
def test_a_rule_about_one_type_is_refused_for_a_field_of_any(rule: Any) -> None:
    with pytest.raises(RuleRefused, match="Raw") as caught:
        constraint(rule, fields.Raw, ["string", "number"])
    assert caught.value.instead == "use a field of one type"


def test_an_expression_that_engines_see_differently_is_refused() -> None:
    with pytest.raises(RuleRefused, match="word boundary") as caught:
        constraint(validate.Regexp(r"\ba"), fields.String, "string")
    assert "@validates" in caught.value.instead


def test_simple_values_are_told_apart_as_json_does() -> None:
    assert simple_values([1, True, 1.0, "1", None, 0, False]) == [1, True, "1", None, 0, False]
    assert simple_values([1, b"a"]) is None
    assert simple_values([math.nan]) is None
