from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from tornado_ml.errors import ModelRefused
from tornado_ml.models.json_schema import (
    local_target,
    modernised,
    plain_schema,
    refuse_remote,
    subschemas,
    with_patterns,
)

DRAFT_07 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("old", "modern"),
    [
        ({"type": "integer"}, {"type": "integer"}),
        ({"items": {"type": "string"}, "additionalItems": False}, {"items": {"type": "string"}}),
        ({"items": [{"type": "string"}]}, {"prefixItems": [{"type": "string"}]}),
        ({"items": [True], "additionalItems": False}, {"prefixItems": [True], "items": False}),
        (
            {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}},
            {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}},
        ),
        (
            {"definitions": {"a": {"items": [True]}}, "properties": {"a": {"$ref": "#/definitions/a"}}},
            {"$defs": {"a": {"prefixItems": [True]}}, "properties": {"a": {"$ref": "#/$defs/a"}}},
        ),
        (
            {"anyOf": [{"not": {"items": [True]}}], "patternProperties": {"^a": {"items": [True]}}},
            {"anyOf": [{"not": {"prefixItems": [True]}}], "patternProperties": {"^a": {"prefixItems": [True]}}},
        ),
        # Up to draft 7 what stands beside $ref says nothing.
        (
            {"properties": {"a": {"$ref": "#", "title": "A", "minimum": 3}}},
            {"properties": {"a": {"$ref": "#", "title": "A"}}},
        ),
        ({"$ref": "#/definitions/a", "definitions": {"a": {}}}, {"$ref": "#/$defs/a", "$defs": {"a": {}}}),
        ({"enum": [{"items": [1]}], "default": {"$ref": "x"}}, {"enum": [{"items": [1]}], "default": {"$ref": "x"}}),
    ],
)
def test_draft_07_becomes_2020_12(old: dict[str, Any], modern: dict[str, Any]) -> None:
    assert modernised({"$schema": DRAFT_07, **old}) == modern
    assert modernised(old, DRAFT_07) == modern
    jsonschema_rs.Draft202012Validator(modern)


def test_beside_a_reference_of_2019_09_more_may_be_said() -> None:
    schema = {"properties": {"a": {"$ref": "#", "minimum": 3}}}
    assert modernised({"$schema": "https://json-schema.org/draft/2019-09/schema", **schema}) == schema


@pytest.mark.parametrize("tag", ["https://json-schema.org/draft/2020-12/schema", None])
def test_2020_12_stays_as_it_is_but_for_its_tag(tag: str | None) -> None:
    schema = {"prefixItems": [{"definitions": {}}], "$id": "https://models.example/iris"}
    assert modernised({**schema, **({"$schema": tag} if tag else {})}) == schema


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "draft-04"),
        ({"$schema": "https://models.example/own"}, "own"),
        ({"$schema": 7}, "7"),
        ({"$schema": DRAFT_07, "properties": {"a": {"$id": "#a"}}}, r"\$id at /properties/a"),
        ({"$schema": DRAFT_07, "properties": {"a": {"$ref": "#a"}}}, "'#a' at /properties/a/\\$ref"),
        ({"$schema": DRAFT_07, "properties": {"a": {"$ref": "#/properties/b"}}}, "'#/properties/b'"),
    ],
)
def test_what_2020_12_cannot_say_is_refused_with_its_place(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        modernised(schema)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "https://models.example/iris"}, "'https://models.example/iris' at /\\$ref"),
        ({"properties": {"a/b": {"$ref": "other.json#/a"}}}, "other.json#/a' at /properties/a~1b/\\$ref"),
        ({"items": {"anyOf": [{"$dynamicRef": "file:///etc/passwd"}]}}, "at /items/anyOf/0/\\$dynamicRef"),
        ({"$defs": {"a": {"$id": "a"}}}, r"\$id at /\$defs/a/\$id"),
        ({"$defs": {"a": {"$schema": DRAFT_07}}}, r"\$schema at /\$defs/a/\$schema"),
        ({"not": {"$recursiveRef": "#"}}, r"\$recursiveRef at /not"),
        ({"$ref": 3}, "3 at"),
    ],
)
def test_what_leads_out_of_the_document_is_refused_with_its_place(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        refuse_remote(schema)


def test_what_only_looks_like_a_reference_is_none() -> None:
    refuse_remote({"properties": {"$ref": {"type": "string"}}, "const": {"$ref": "https://models.example"}})


def test_a_schema_that_is_no_json_is_refused_with_the_place() -> None:
    with pytest.raises(ModelRefused, match="/properties/a/minimum is NaN"):
        plain_schema({"properties": {"a": {"minimum": float("nan")}}})


def test_every_subschema_is_found_with_its_place() -> None:
    schema: dict[str, Any] = {
        "properties": {"a": {"items": {}}},
        "prefixItems": [True, {}],
        "if": {"not": {}},
        "enum": [{"not": {}}],
    }
    places = [place for place, _ in subschemas(schema)]
    assert places == [(), ("properties", "a"), ("properties", "a", "items"), ("prefixItems", 1), ("if",), ("if", "not")]


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("#", ()),
        ("#/$defs/a~1b", ("$defs", "a/b")),
        ("#/$defs/gr%C3%BCn", ("$defs", "grün")),
        ("#/prefixItems/1", ("prefixItems", 1)),
        ("#here", ("$defs", "anchored")),
    ],
)
def test_a_local_reference_is_followed(reference: str, place: tuple[str | int, ...]) -> None:
    definitions = {"a/b": {"title": "1"}, "grün": {"title": "2"}, "anchored": {"$anchor": "here"}}
    schema: dict[str, Any] = {"$defs": definitions, "prefixItems": [True, {"title": "3"}]}
    found, target = local_target(schema, reference)
    expected: Any = schema
    for key in place:
        expected = expected[key]
    assert (found, target) == (place, expected)


def test_an_anchor_that_is_nowhere_leads_to_a_schema_that_says_nothing() -> None:
    assert local_target({}, "#nowhere") == ((), True)


def test_patterns_run_on_the_engine_that_does_not_backtrack_wherever_it_knows_them() -> None:
    def compiled(pattern: str) -> jsonschema_rs.Validator:
        return with_patterns(
            lambda engine: jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=engine)
        )

    assert not compiled("^a+b*a+$").is_valid("a")
    assert compiled("^(?=a)").is_valid("a")
