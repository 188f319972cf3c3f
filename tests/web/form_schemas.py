"""Schemas that the form is held to, each with documents that are valid and some that are not."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tornado_ml.models.schema import declare

PLUGINS = Path(__file__).parents[2] / "plugins"


class Case(NamedTuple):
    schema: dict[str, Any]
    valid: list[Any]
    invalid: list[Any] = []


def plugin_cases() -> dict[str, Case]:
    """The schemas of the shipped plugins, with the examples of their models."""
    for folder in ("iris_model", "digits_model", "text_model", "anomaly_model"):
        sys.path.append(str(PLUGINS / folder))
    cases = {}
    for plugin, name in {
        "iris_model.iris_predict": "IrisModel",
        "digits_model.digits_predict": "ForestModel",
        "text_model.text_predict": "TextModel",
        "anomaly_model.anomaly_predict": "AnomalyModel",
    }.items():
        model = getattr(importlib.import_module(plugin), name)
        cases[name] = Case(declare(model.input_schema).json_schema, list(model.examples), [{"unknown": 1}])
        if model.session_schema is not None:
            cases[f"session of {name}"] = Case(declare(model.session_schema).json_schema, [{}])
    return cases


def an_object(properties: dict[str, Any], required: list[str] | None = None, **rest: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required or [],
        "additionalProperties": False,
        **rest,
    }


PIXEL = {"type": "integer", "minimum": 0, "maximum": 16}
ROW = {"type": "array", "items": PIXEL, "minItems": 8, "maxItems": 8}
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": an_object(
            {"value": {"type": "number"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, ["value"]
        )
    },
}
EXPRESSION = {
    "$ref": "#/$defs/expression",
    "$defs": {
        "expression": {
            "oneOf": [
                {"type": "number", "title": "A number"},
                an_object(
                    {
                        "op": {"enum": ["+", "-", "*", "/"]},
                        "left": {"$ref": "#/$defs/expression"},
                        "right": {"$ref": "#/$defs/expression"},
                    },
                    ["op", "left", "right"],
                    title="An operation",
                ),
            ]
        }
    },
}
SHAPES = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["kind"],
    "oneOf": [
        {"title": "Circle", "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}}, "required": ["r"]},
        {
            "title": "Box",
            "properties": {"kind": {"const": "box"}, "w": {"type": "number"}, "h": {"type": "number"}},
            "required": ["w", "h"],
        },
    ],
}
HARD = an_object(
    {
        "text": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^[a-zß-ÿ ]*$", "examples": ["über"]},
        "essay": {"type": "string", "description": "As long as you like."},
        "number": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "x-unit": "kg", "default": 0.5},
        "integer": {"type": "integer", "multipleOf": 3, "minimum": -9},
        "flag": {"type": "boolean"},
        "few": {"enum": ["a", "b", None]},
        "many": {"enum": list(range(40))},
        "titled": {"oneOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]},
        "only": {"const": {"deep": [1]}},
        "when": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "mail": {"type": "string", "format": "email"},
        "link": {"type": "string", "format": "uri"},
        "key": {"type": "string", "format": "uuid"},
        "nested": an_object({"deeper": an_object({"deepest": {"type": "integer"}}, ["deepest"])}, ["deeper"]),
        "list": {"type": "array", "items": an_object({"a": {"type": "number"}, "b": {"type": "string"}}, ["a"])},
        "tuple": {
            "type": "array",
            "prefixItems": [{"type": "number"}, {"type": "string"}],
            "items": False,
            "minItems": 1,
        },
        "more": {"type": "array", "prefixItems": [{"type": "number"}], "items": {"type": "boolean"}},
        "either": {"anyOf": [{"type": "number"}, {"type": "string", "minLength": 1}, {"type": "null"}]},
        "shape": {"$ref": "#/$defs/shape"},
        "tree": {"$ref": "#/$defs/node"},
        "nullable": {"type": ["string", "null"]},
        "merged": {"allOf": [{"type": "integer"}, {"minimum": 3}, {"$ref": "#/$defs/small"}]},
        "photo": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
        "sound": {"type": "string", "contentEncoding": "base64", "contentMediaType": "audio/wav"},
        "digit": {"type": "array", "items": ROW, "minItems": 8, "maxItems": 8},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "patterned": {
            "type": "object",
            "patternProperties": {"^n_": {"type": "number"}, "^s_": {"type": "string"}},
            "additionalProperties": False,
        },
        "anything": True,
        "vector": {"type": "array", "items": {"type": "number"}},
    },
    ["text"],
    **{"$defs": {"shape": SHAPES, "node": TREE["$defs"]["node"], "small": {"maximum": 9}}},
)
HARD_DOCUMENT = {
    "text": "größe",
    "essay": "",
    "number": 1e-3,
    "integer": -9,
    "flag": False,
    "few": None,
    "many": 39,
    "titled": 2,
    "only": {"deep": [1]},
    "when": "2026-01-31T12:00:00.5+01:00",
    "day": "2024-02-29",
    "mail": "a@example.org",
    "link": "https://example.org/?q=1#f",
    "key": "123e4567-e89b-12d3-a456-426614174000",
    "nested": {"deeper": {"deepest": 1}},
    "list": [{"a": 1}, {"a": 2.5, "b": ""}],
    "tuple": [1],
    "more": [1, True, False],
    "either": None,
    "shape": {"kind": "box", "w": 1, "h": 2, "name": "B"},
    "tree": {"value": 1, "children": [{"value": 2, "children": []}]},
    "nullable": None,
    "merged": 5,
    "photo": "iVBORw0KGgo=",
    "sound": "",
    "digit": [[16] * 8] * 8,
    "map": {"a": 1, "b/c~d": 2},
    "patterned": {"n_1": 1, "s_1": "x"},
    "anything": [{"a": None}],
    "vector": [1, 2.5, -3e-7],
}

CASES: dict[str, Case] = {
    "text": Case({"type": "string"}, ["", "a", "two\nlines", "\r\n", " padded ", "שלום", "😀" * 3]),
    "text of one line": Case({"type": "string", "maxLength": 5}, ["abc", "a\nb", "", "😀😀😀😀😀"], ["abcdef"]),
    "text with a pattern": Case({"type": "string", "pattern": "^a+$"}, ["aa"], ["b"]),
    "text with a pattern of another language": Case({"type": "string", "pattern": r"^\p{Greek}+$"}, ["αβ"]),
    "text that must not be empty": Case({"type": "string", "minLength": 1}, ["a"], [""]),
    "nullable text": Case({"type": ["string", "null"]}, ["", None, "null"]),
    "date": Case({"type": "string", "format": "date"}, ["2026-01-31", "0001-01-01"], ["2026-02-30", "31.1.2026", ""]),
    "time": Case(
        {"type": "string", "format": "time"}, ["12:00:00Z", "23:59:60Z", "01:02:03.5+05:30"], ["12:00", "25:00:00Z"]
    ),
    "date-time": Case(
        {"type": "string", "format": "date-time"}, ["2026-01-31T12:00:00Z"], ["2026-01-31 12:00:00Z", "2026-01-31"]
    ),
    "email": Case({"type": "string", "format": "email"}, ["a@b.org"], ["a", "@", "a@"]),
    "uri": Case({"type": "string", "format": "uri"}, ["https://a.org", "urn:x:y", "mailto:a@b"], ["a b", "//a"]),
    "uuid": Case({"type": "string", "format": "uuid"}, ["123e4567-e89b-12d3-a456-426614174000"], ["123"]),
    "an unknown format": Case({"type": "string", "format": "colour"}, ["red", ""]),
    "number": Case({"type": "number"}, [0, -1, 1.5, 1e-7, 1e21, -1e300, 2**53, 2**53 + 2], ["1", None]),
    "bounded number": Case({"type": "number", "minimum": 0, "maximum": 1}, [0, 0.5, 1], [-1, 2]),
    "open interval": Case({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, [0.5], [0, 1]),
    "integer": Case({"type": "integer"}, [0, -5, 9007199254740991], [1.5, "1", True]),
    "multiples": Case({"type": "number", "multipleOf": 0.01}, [0.07, 3, 19.99], [0.001]),
    "nullable integer": Case({"type": ["integer", "null"], "minimum": 0}, [None, 3], [-1]),
    "boolean": Case({"type": "boolean"}, [True, False], [0]),
    "optional boolean": Case(an_object({"a": {"type": "boolean"}}), [{}, {"a": True}, {"a": False}], [{"a": None}]),
    "nullable boolean": Case(an_object({"a": {"type": ["boolean", "null"]}}), [{}, {"a": None}, {"a": False}]),
    "few choices": Case({"enum": ["a", "b"]}, ["a", "b"], ["c"]),
    "choices of any type": Case(
        {"enum": [1, "1", None, True, [1], {"a": 1}]}, [1, "1", None, True, [1], {"a": 1}], [2]
    ),
    "many choices": Case({"enum": [f"choice {n}" for n in range(50)]}, ["choice 0", "choice 49"]),
    "optional choice": Case(an_object({"a": {"enum": ["x", "y"], "default": "x"}}), [{}, {"a": "y"}]),
    "nullable choice": Case({"type": ["string", "null"], "enum": ["a", "b", None]}, ["a", None]),
    "titled constants": Case({"oneOf": [{"const": 1, "title": "One"}, {"const": "2", "title": "Two"}]}, [1, "2"], [2]),
    "constant": Case({"const": "only"}, ["only"], ["other"]),
    "optional constant": Case(an_object({"a": {"const": 1}}), [{}, {"a": 1}]),
    "null alone": Case({"type": "null"}, [None], [0]),
    "nothing allowed": Case(an_object({"a": False}), [{}], [{"a": 1}]),
    "empty object": Case({"type": "object"}, [{}, {"a": [1, None]}]),
    "required and optional": Case(
        an_object({"a": {"type": "string"}, "b": {"type": "string"}}, ["a"]),
        [{"a": ""}, {"a": "x", "b": ""}],
        [{}, {"b": "x"}],
    ),
    "object in object": Case(
        an_object({"a": an_object({"b": {"type": "number"}}, ["b"])}), [{}, {"a": {"b": 1}}], [{"a": {}}]
    ),
    "absent, empty and null": Case(
        an_object({"a": {"type": ["object", "null"], "properties": {"b": {"type": "string"}}}}),
        [{}, {"a": None}, {"a": {}}, {"a": {"b": ""}}],
    ),
    "a property called __proto__": Case(
        an_object({"__proto__": {"type": "string"}, "constructor": {"type": "string"}}), [{}]
    ),
    "open object": Case(
        {"type": "object", "properties": {"a": {"type": "number"}}}, [{"a": 1}, {"a": 1, "b": [2]}], [{"a": "1"}]
    ),
    "map": Case({"type": "object", "additionalProperties": {"type": "number"}}, [{}, {"a": 1, "a/b": 2}], [{"a": "x"}]),
    "map of objects": Case(
        {"type": "object", "additionalProperties": an_object({"n": {"type": "integer"}})}, [{"x": {"n": 1}, "y": {}}]
    ),
    "optional map": Case(
        an_object({"m": {"type": "object", "additionalProperties": {"type": "string"}}}),
        [{}, {"m": {}}, {"m": {"k": ""}}],
    ),
    "properties and more": Case(
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "number"}},
        [{"a": "x", "b": 1}],
        [{"b": "x"}],
    ),
    "patterned keys": Case(
        HARD["properties"]["patterned"], [{}, {"n_a": 1}, {"s_a": "", "n_b": 2}], [{"x": 1}, {"n_a": "1"}]
    ),
    "names of keys": Case(
        {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}, "additionalProperties": {"type": "number"}},
        [{"a": 1}],
        [{"A": 1}],
    ),
    "number of keys": Case(
        {"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 1, "maxProperties": 2},
        [{"a": 1}],
        [{}],
    ),
    "keys that depend": Case(
        {
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
            "dependentRequired": {"a": ["b"]},
        },
        [{}, {"b": 1}, {"a": 1, "b": 2}],
        [{"a": 1}],
    ),
    "list of texts": Case({"type": "array", "items": {"type": "string"}}, [[], [""], ["a", "b"]], [[1]]),
    "list of objects": Case(HARD["properties"]["list"], [[], [{"a": 1}], [{"a": 1, "b": "x"}, {"a": 2}]], [[{}]]),
    "list of lists": Case(
        {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, [[], [[]], [["a"], [], ["b", "c"]]]
    ),
    "list of a length": Case(
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        [["a"], ["a", "b"]],
        [[], ["a"] * 3],
    ),
    "no two alike": Case(
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True}, [["a", "b"]], [["a", "a"]]
    ),
    "list of nullable": Case({"type": "array", "items": {"type": ["string", "null"]}}, [[None, "", "a"]]),
    "list of choices": Case({"type": "array", "items": {"enum": ["a", "b"]}}, [[], ["b", "a"]]),
    "list of booleans": Case({"type": "array", "items": {"type": "boolean"}}, [[True, False]]),
    "contains": Case(
        {"type": "array", "items": {"type": "string"}, "contains": {"const": "x"}}, [["x"], ["a", "x"]], [[], ["a"]]
    ),
    "optional list": Case(
        an_object({"a": {"type": "array", "items": {"type": "string"}}}), [{}, {"a": []}, {"a": ["x"]}]
    ),
    "vector": Case({"type": "array", "items": {"type": "number"}}, [[], [1, 2.5, -1e-9]], [["a"]]),
    "short vector": Case(
        {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}, [[1, 2, 3]], [[1]]
    ),
    "optional vector": Case(
        an_object({"a": {"type": "array", "items": {"type": "integer"}}}), [{}, {"a": []}, {"a": [1]}]
    ),
    "matrix": Case({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, [[[1, 2], [3, 4]], []]),
    "tuple": Case(
        {"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}], "items": False},
        [[], [1], [1, "a"]],
        [["a"], [1, "a", 2]],
    ),
    "tuple with more": Case(
        {"type": "array", "prefixItems": [{"type": "number"}], "items": {"type": "string"}},
        [[], [1], [1, "a", "b"]],
        [[1, 2]],
    ),
    "tuple with anything more": Case({"type": "array", "prefixItems": [{"type": "number"}]}, [[1], [1, {"a": None}]]),
    "any array": Case({"type": "array"}, [[], [1, "a", None]], [{}]),
    "alternatives of types": Case({"oneOf": [{"type": "number"}, {"type": "string"}]}, [1, "1", ""], [None, True]),
    "several types": Case({"type": ["number", "string", "null"]}, [1, "1", None], [True]),
    "nullable alternatives": Case(
        {"anyOf": [{"type": "number"}, {"type": "boolean"}, {"type": "null"}]}, [None, False, 2]
    ),
    "alternatives of objects": Case(
        SHAPES,
        [{"kind": "circle", "r": 1}, {"kind": "box", "w": 1, "h": 2, "name": "b"}],
        [{"kind": "circle"}, {"kind": "line"}],
    ),
    "alternatives of ranges": Case(
        {"anyOf": [{"type": "integer", "maximum": 0}, {"type": "integer", "minimum": 10}]}, [0, 10], [5]
    ),
    "alternatives of formats": Case(
        {"type": "string", "anyOf": [{"format": "date"}, {"format": "uuid"}]},
        ["2026-01-31", "123e4567-e89b-12d3-a456-426614174000"],
        ["x"],
    ),
    "one of the two keys": Case(
        {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "additionalProperties": False,
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        [{"a": "x"}, {"b": ""}],
        [{}, {"a": "x", "b": "y"}],
    ),
    "alternatives that overlap": Case(
        {"oneOf": [{"type": "number", "multipleOf": 2}, {"type": "number", "multipleOf": 3}]}, [2, 3], [6, 1]
    ),
    "optional alternatives": Case(
        an_object({"a": {"oneOf": [{"type": "number"}, {"type": "string"}]}}), [{}, {"a": ""}, {"a": 0}]
    ),
    "reference": Case(
        an_object({"a": {"$ref": "#/$defs/x~1y"}}, ["a"], **{"$defs": {"x/y": {"type": "integer"}}}),
        [{"a": 1}],
        [{"a": "1"}],
    ),
    "tree": Case(TREE, [{"value": 1}, {"value": 1, "children": [{"value": 2, "children": [{"value": 3}]}]}], [{}]),
    "expression": Case(
        EXPRESSION, [1, {"op": "+", "left": 1, "right": {"op": "*", "left": 2, "right": 3}}], [{"op": "+"}]
    ),
    "a schema of nothing but itself": Case({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, []),
    "all of": Case(
        {
            "allOf": [
                an_object({"a": {"type": "number"}}, ["a"]) | {"additionalProperties": True},
                {"properties": {"a": {"minimum": 1}, "b": {"type": "string"}}, "required": ["b"]},
            ]
        },
        [{"a": 1, "b": ""}],
        [{"a": 0, "b": ""}, {"a": 1}],
    ),
    "if and then": Case(
        {
            "type": "object",
            "properties": {"a": {"type": "boolean"}, "b": {"type": "number"}},
            "required": ["a"],
            "if": {"properties": {"a": {"const": True}}},
            "then": {"required": ["b"]},
        },
        [{"a": False}, {"a": True, "b": 1}],
        [{"a": True}],
    ),
    "not": Case({"type": "string", "not": {"const": "x"}}, ["", "y"], ["x"]),
    "file": Case({"type": "string", "contentEncoding": "base64"}, ["", "AAEC"], [1]),
    "image": Case({"type": "string", "contentEncoding": "base64", "contentMediaType": "image/*"}, ["iVBORw0KGgo="]),
    "audio": Case(
        an_object({"a": {"type": "string", "contentEncoding": "base64", "contentMediaType": "audio/wav"}}),
        [{}, {"a": "UklGRg=="}],
    ),
    "drawing in arrays": Case(
        HARD["properties"]["digit"], [[[0, 1, 2, 3, 4, 5, 6, 16]] * 8], [[[0] * 8] * 7, [[17] * 8] * 8]
    ),
    "drawing as a tensor": Case(
        {"x-tensor": {"dtype": "|u1", "shape": [4, 4]}},
        [{"dtype": "|u1", "shape": [4, 4], "data": "AAECAwQFBgcICQoLDA0ODw=="}, [[0, 1, 2, 3]] * 4],
        [{"dtype": "|u1", "shape": [4, 4], "data": ""}, [[]], [[0, 1, 2, 256]] * 4],
    ),
    "tensor": Case(
        {"x-tensor": {"dtype": "<f4", "shape": [None]}}, [[1, 2.5], {"dtype": "<f4", "shape": [1], "data": "AAAAAA=="}]
    ),
    "anything": Case({}, [None, 0, "", [], {"a": [None]}]),
    "anything with a bound": Case({"minimum": 3}, [3, "a", None], [2]),
    "an address elsewhere": Case(
        an_object({"a": {"type": "string", "$comment": "x"}, "b": {"title": "B"}}, ["a"]), [{"a": "x", "b": {"c": 1}}]
    ),
    "required defaults": Case(
        an_object({"a": {"type": "number", "default": 3}, "b": {"enum": ["x", "y"], "default": "y"}}, ["a", "b"]),
        [{"a": 3, "b": "y"}, {"a": 0, "b": "x"}],
    ),
    "the hard one": Case(HARD, [HARD_DOCUMENT, {"text": "a"}], [{}, HARD_DOCUMENT | {"merged": 10}]),
}
