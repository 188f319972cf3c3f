from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tornado_ml.errors import Fault, ModelRefused
from tornado_ml.models.validator import Validator

NUMBER_OR_NULL = {"type": ["number", "null"]}
TREE = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "document", "fits"),
    [
        ({"type": "integer"}, 1, True),
        ({"type": "integer"}, 1.0, True),
        ({"type": "integer"}, 1.5, False),
        ({"type": "integer"}, True, False),
        ({"type": "number"}, True, False),
        ({"type": "number"}, "5.1", False),
        ({"type": "integer", "maximum": 2**64 - 1}, 2**70, False),
        ({"format": "date"}, "2026-02-30", False),
        ({"format": "date"}, "2026-02-28", True),
        ({"format": "email"}, "nobody", False),
        ({"pattern": "^[0-9]+$"}, "1\n", False),
        (TREE, {"left": {"right": {}}}, True),
        (TREE, {"left": {"right": {"colour": 1}}}, False),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"const": 1}}}, 1, True),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "const": 1}, 2, False),
    ],
)
def test_a_document_is_judged_by_2020_12(schema: dict[str, Any], document: object, fits: bool) -> None:
    validator = Validator(schema)
    assert validator.fits(document) is fits
    assert (validator.faults(document) == []) is fits


@pytest.mark.parametrize(
    "schema",
    [
        {},
        NUMBER_OR_NULL,
        {"items": NUMBER_OR_NULL},
        {"additionalProperties": NUMBER_OR_NULL},
        {"items": {"$ref": "#"}, "type": ["array", "number", "object"]},
        {"anyOf": [{"type": "number"}, {"type": ["array", "null", "object"]}]},
        {"enum": [None, 1]},
        {"type": "object"},
        {"type": "array", "prefixItems": [{"type": "number"}]},
    ],
)
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_fit_nothing_though_the_compiled_schema_takes_them_for_null(
    schema: dict[str, Any], number: float
) -> None:
    validator = Validator(schema)
    for document in (number, [number], [1.0, [2.0, number]], ["a", number], {"a": number}, {"a": [1, number, -number]}):
        assert not validator.fits(document)
        assert len(validator.faults(document)) == 1


def test_a_fault_says_where_the_nan_is() -> None:
    assert Validator({}).faults({"a": [0, math.nan]}) == [Fault("/a/1", "is NaN, which JSON does not have")]


@pytest.mark.parametrize("document", [{1, 2}, b"a", {1: 2}, object(), np.float64(1.5), "\ud800", {"a": np.int64(1)}])
def test_what_is_no_json_data_fits_nothing_that_looks_at_it(document: object) -> None:
    validator = Validator({"type": ["object", "number", "string"], "additionalProperties": {"type": "number"}})
    assert not validator.fits(document)
    assert len(validator.faults(document)) == 1


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "nope"}, 'not valid at /type: "nope"'),
        ({"properties": {"a/b": {"minimum": "3"}}}, "not valid at /properties/a~1b/minimum"),
        ({"items": [{}]}, "not valid at /items"),
        ({"pattern": "("}, "not valid at /pattern"),
        ({"$ref": "#/$defs/a"}, "'/\\$defs/a' does not exist"),
        ({"$ref": "#nowhere"}, "nowhere"),
        ({"$ref": "https://models.example/a"}, "nothing is ever fetched"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "draft-07"),
        ({"const": math.nan}, "NaN"),
        ({"default": b""}, "bytes"),
    ],
)
def test_what_is_no_2020_12_schema_is_refused_with_the_place(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        Validator(schema)


def test_a_schema_that_changes_later_changes_nothing() -> None:
    schema: dict[str, Any] = {"properties": {"a": {"type": "string"}}}
    validator = Validator(schema)
    schema["properties"]["a"]["type"] = "number"
    assert validator.fits({"a": "text"})


@pytest.mark.parametrize("document", [{"a": 1.5}, {"a": "x"}, {}, []])
def test_plain_data_is_judged_in_the_same_way_without_a_look_for_nan(document: object) -> None:
    validator = Validator({"type": "object", "properties": {"a": {"type": "number"}}})
    assert validator.fits_plain(document) is validator.fits(document)
