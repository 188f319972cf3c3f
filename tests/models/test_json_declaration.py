from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import schema as schema_package

from tornado_ml.errors import Fault, InvalidOutput, ModelRefused
from tornado_ml.models.json_declaration import JSONDeclaration, declared_by_method, plain_prediction
from tornado_ml.models.validator import Validator

OBJECT = {"type": "object", "properties": {"a": {"type": "number"}, "n": {"type": "integer"}}}


def test_a_document_is_handed_over_as_it_was_sent_but_for_whole_floats() -> None:
    declaration = JSONDeclaration(OBJECT)
    assert declaration.json_schema == OBJECT
    document = {"a": 1, "n": 2}
    assert declaration.load(document) is document
    assert repr(declaration.load({"a": 1.0, "n": 2.0})) == "{'a': 1.0, 'n': 2}"


def test_the_declared_schema_and_the_authors_dict_do_not_share_anything() -> None:
    authors: dict[str, Any] = {"properties": {"a": {"type": "string"}}}
    declaration = JSONDeclaration(authors)
    authors["properties"]["a"]["type"] = "number"
    assert declaration.json_schema == {"properties": {"a": {"type": "string"}}}


def test_an_older_draft_is_brought_up_to_date() -> None:
    declaration = JSONDeclaration(
        {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "integer"}]}
    )
    assert declaration.json_schema == {"prefixItems": [{"type": "integer"}]}
    assert repr(declaration.load([1.0, 2.0])) == "[1, 2.0]"


@pytest.mark.parametrize("bad", [{"type": "nope"}, {"$ref": "https://models.example/a"}, {"x": {1, 2}}])
def test_what_is_no_schema_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ModelRefused):
        JSONDeclaration(bad)


def test_a_prediction_becomes_plain_data() -> None:
    assert JSONDeclaration(OBJECT).dump({"a": np.float64(0.5), "n": np.arange(2)}) == {"a": 0.5, "n": [0, 1]}
    assert plain_prediction((1, 2)) == [1, 2]


def test_a_prediction_that_json_cannot_say_is_named_with_its_place() -> None:
    with pytest.raises(InvalidOutput) as caught:
        JSONDeclaration({}).dump({"a": [b""]})
    assert caught.value.details == (Fault("/a/0", "is of type bytes, which JSON does not have"),)


IRIS = schema_package.Schema(
    {
        "sepal_length": float,
        "count": int,
        schema_package.Optional("colour"): schema_package.Or("blue", "white"),
        schema_package.Optional("scores"): [schema_package.Or(float, None)],
        schema_package.Optional("size"): schema_package.Or(int, float),
    }
)


def test_a_schema_of_the_schema_package_is_served() -> None:
    declaration = declared_by_method(IRIS)
    validator = Validator(declaration.json_schema)
    assert set(declaration.json_schema) == {"type", "properties", "required", "additionalProperties"}
    assert validator.fits({"sepal_length": 5, "count": 3})
    assert not validator.fits({"sepal_length": 5, "count": 3.5})
    assert not validator.fits({"sepal_length": 5, "count": 3, "other": 1})


@pytest.mark.parametrize(
    "document",
    [
        {"sepal_length": 5, "count": 3.0},
        {"sepal_length": 5.5, "count": 3, "colour": "blue", "scores": [1, 1.5, None], "size": 3},
        {"sepal_length": 0, "count": 0, "size": 3.0},
    ],
)
def test_it_gets_floats_where_it_says_float_and_ints_where_it_says_int(document: dict[str, Any]) -> None:
    declaration = declared_by_method(IRIS)
    assert Validator(declaration.json_schema).fits(document)
    assert IRIS.validate(declaration.load(document)) == document


def test_a_schema_with_named_parts_is_served() -> None:
    point = schema_package.Schema({"x": float}, name="point", as_reference=True)
    declaration = declared_by_method(schema_package.Schema({"from": point, "to": point}))
    assert declaration.json_schema["properties"]["to"] == {"$ref": "#/$defs/point"}
    assert declaration.load({"from": {"x": 1}, "to": {"x": 2}}) == {"from": {"x": 1.0}, "to": {"x": 2.0}}
    assert Validator(declaration.json_schema).fits({"from": {"x": 1.0}, "to": {"x": 2.0}})


class Giving:
    def __init__(self, document: Any) -> None:
        self.document = document

    def json_schema(self, schema_id: str) -> Any:
        if isinstance(self.document, Exception):
            raise self.document
        return self.document


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "must give a dict, not NoneType"),
        (KeyError("x"), "KeyError: 'x'"),
        ({"type": "nope"}, "nope"),
    ],
)
def test_an_object_that_gives_no_schema_is_refused(document: Any, reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        declared_by_method(Giving(document))


def test_the_schema_that_the_object_keeps_is_left_as_it_is() -> None:
    document = {"$id": "schema", "type": "object"}
    assert declared_by_method(Giving(document)).json_schema == {"type": "object"}
    assert document == {"$id": "schema", "type": "object"}
