from __future__ import annotations

import datetime as dt
from typing import Any

import marshmallow as ma
import pytest
from marshmallow import fields, validate

from tornado_ml.errors import ModelRefused
from tornado_ml.models.marshmallow_schema import Converted, convert
from tornado_ml.models.validator import Validator


class Leaf(ma.Schema):
    length = fields.Float(required=True)
    colour = fields.String(dump_only=True)
    secret = fields.String(load_only=True)


class Tree(ma.Schema):
    leaf = fields.Nested(Leaf, required=True)
    left = fields.Nested(lambda: Tree(), allow_none=True)
    right = fields.Nested(lambda: Tree(), allow_none=True)


def made(declared: dict[str, Any], **options: Any) -> ma.Schema:
    return ma.Schema.from_dict(declared)(**options)


def converted(schema: ma.Schema, direction: Any = "input") -> Converted:
    found = convert(schema, direction)
    Validator(found.json_schema)
    return found


def of(field: fields.Field[Any], direction: Any = "input") -> Any:
    return converted(made({"a": field}), direction).json_schema["properties"]["a"]


def test_a_schema_becomes_an_object_with_its_fields_and_no_other_keys() -> None:
    class Iris(ma.Schema):
        class Meta:
            title = "Iris"
            description = "The lengths of a flower."

        sepal_length = fields.Float(
            required=True,
            validate=validate.Range(0, 10, min_inclusive=False),
            metadata={
                "title": "Sepal length",
                "description": "In cm.",
                "x_unit": "cm",
                "x-step": 0.1,
                "other": object(),
            },
        )
        colour = fields.String(allow_none=True, validate=validate.OneOf(["blue", "white"]))

    assert converted(Iris()) == Converted(
        {
            "title": "Iris",
            "description": "The lengths of a flower.",
            "type": "object",
            "properties": {
                "sepal_length": {
                    "type": "number",
                    "exclusiveMinimum": 0,
                    "maximum": 10,
                    "title": "Sepal length",
                    "description": "In cm.",
                    "x-unit": "cm",
                    "x-step": 0.1,
                },
                "colour": {"type": ["string", "null"], "enum": ["blue", "white", None]},
            },
            "required": ["sepal_length"],
            "additionalProperties": False,
        },
        transforms=False,
        has_rules=False,
    )


def test_many_of_a_schema_are_an_array_of_its_objects() -> None:
    schema = converted(Leaf(many=True)).json_schema
    assert schema["type"] == "array"
    assert schema["items"] == converted(Leaf()).json_schema


def test_input_and_output_differ_in_the_fields_of_one_direction() -> None:
    assert list(converted(Leaf(), "input").json_schema["properties"]) == ["length", "secret"]
    assert list(converted(Leaf(), "output").json_schema["properties"]) == ["length", "colour"]


def test_only_exclude_and_the_names_in_documents_are_respected() -> None:
    schema = made({"a": fields.Float(data_key="A"), "b": fields.Float(), "c": fields.Float()}, exclude=("c",))
    found = converted(schema)
    assert list(found.json_schema["properties"]) == ["A", "b"]
    assert found.transforms


@pytest.mark.parametrize(
    ("unknown", "direction", "others"),
    [
        (ma.RAISE, "input", False),
        (ma.RAISE, "output", False),
        (ma.INCLUDE, "input", True),
        (ma.INCLUDE, "output", True),
        (ma.EXCLUDE, "input", True),
        (ma.EXCLUDE, "output", False),
    ],
)
def test_unknown_keys_are_taken_as_the_schema_says(unknown: str, direction: Any, others: bool) -> None:
    found = converted(Leaf(unknown=unknown), direction)
    assert found.json_schema["additionalProperties"] is others
    assert found.transforms == (unknown == ma.EXCLUDE)


def test_what_may_be_partial_is_not_required() -> None:
    parts = {"a": fields.Float(required=True), "b": fields.Nested(Leaf(), required=True)}

    def required(partial: Any) -> tuple[Any, Any]:
        schema = converted(made(parts, partial=partial)).json_schema
        return schema.get("required"), schema["$defs"]["Leaf"].get("required")

    assert required(None) == (["a", "b"], ["length"])
    assert required(("a",)) == (["b"], ["length"])
    assert required(("b.length",)) == (["a", "b"], None)
    assert required(True) == (None, None)


def test_a_nested_schema_that_says_partial_itself_is_overruled_only_if_something_is_said_around_it() -> None:
    parts = {"b": fields.Nested(Leaf(partial=True))}
    assert "required" not in converted(made(parts)).json_schema["$defs"]["Leaf"]
    assert "required" in converted(made(parts, partial=False)).json_schema["$defs"]["Leaf"]


def test_a_schema_that_nests_itself_is_defined_once() -> None:
    schema = converted(Tree()).json_schema
    assert list(schema["$defs"]) == ["Leaf", "Tree"]
    validator = Validator(schema)
    tree = {"leaf": {"length": 1.5}, "left": None}
    assert validator.fits({**tree, "right": {**tree, "left": tree}})
    assert not validator.fits({**tree, "right": {**tree, "left": {"leaf": None}}})


def test_one_schema_class_is_defined_once_for_each_use_that_differs() -> None:
    schema = made(
        {
            "a": fields.Nested(Tree),
            "same": fields.List(fields.Nested(Tree())),
            "only": fields.Nested(Tree, only=("leaf",)),
            "open": fields.Nested(Tree, unknown=ma.INCLUDE),
            "partial": fields.Nested(Tree(partial=True)),
            "deeper": fields.Nested(Tree, only=("leaf.length",)),
        }
    )
    found = converted(schema).json_schema
    references = {
        name: part.get("$ref", part.get("items", {}).get("$ref")) for name, part in found["properties"].items()
    }
    assert references.pop("a") == references.pop("same") == "#/$defs/Tree"
    assert len(set(references.values())) == 4
    assert all(reference.removeprefix("#/$defs/") in found["$defs"] for reference in references.values())


def test_two_schema_classes_of_one_name_get_two_definitions() -> None:
    one = ma.Schema.from_dict({"a": fields.Float()}, name="Thing/Schema")
    other = ma.Schema.from_dict({"a": fields.String()}, name="Thing/Schema")
    found = converted(made({"one": fields.Nested(one), "other": fields.Nested(other)})).json_schema
    assert found["properties"] == {"one": {"$ref": "#/$defs/Thing_"}, "other": {"$ref": "#/$defs/Thing__2"}}


def test_two_schemas_of_one_class_that_differ_in_their_fields_are_told_apart() -> None:
    class Changing(ma.Schema):
        def __init__(self, field: fields.Field[Any]) -> None:
            super().__init__()
            self.declared_fields["a"] = field
            self._init_fields()

    schema = made({"x": fields.Nested(Changing(fields.Float())), "y": fields.Nested(Changing(fields.String()))})
    definitions = converted(schema).json_schema["$defs"]
    assert definitions["Changing"]["properties"] == {"a": {"type": "number"}}
    assert definitions["Changing_2"]["properties"] == {"a": {"type": "string"}}


def test_a_constraint_beside_one_of_its_kind_keeps_both() -> None:
    field = fields.Float(validate=[validate.Range(min=0), validate.And(validate.Range(min=3), validate.Range(max=5))])
    assert of(field) == {"type": "number", "minimum": 0, "maximum": 5, "allOf": [{"minimum": 3}]}


def test_null_passes_a_nullable_field_whatever_its_rules() -> None:
    rules = [validate.OneOf(["a", "b"]), validate.OneOf(["b"]), validate.NoneOf(["c"]), validate.Regexp("b")]
    for count in range(len(rules) + 1):
        field = fields.String(allow_none=True, validate=rules[:count], metadata={"title": "A"})
        schema = made({"a": field})
        found = converted(schema).json_schema
        assert Validator(found).fits({"a": None})
        assert Validator(found).fits({"a": "b"})
        assert not Validator(found).fits({"a": 1})
        assert found["properties"]["a"]["title"] == "A"


def test_metadata_may_say_more_in_the_words_of_json_schema_but_never_less() -> None:
    assert of(fields.Float(metadata={"minimum": 1})) == {"type": "number", "minimum": 1}
    assert of(fields.Float(validate=validate.Range(min=0), metadata={"minimum": -1})) == {
        "type": "number",
        "minimum": 0,
        "allOf": [{"minimum": -1}],
    }
    assert of(fields.Float(metadata={"type": "string"})) == {"type": "number", "allOf": [{"type": "string"}]}
    assert of(fields.List(fields.Float(), metadata={"prefixItems": [True]})) == {
        "type": "array",
        "items": {"type": "number"},
        "allOf": [{"prefixItems": [True]}],
    }
    assert of(fields.Raw(metadata={"type": "object", "properties": {"a": {}}})) == {
        "type": "object",
        "properties": {"a": {}},
    }
    assert of(fields.Raw(metadata={"type": ["null", "string"]})) == {
        "type": ["boolean", "number", "string", "array", "object"],
        "allOf": [{"type": ["null", "string"]}],
    }
    assert of(fields.String(metadata={"example": "a"})) == {"type": "string", "examples": ["a"]}


def test_defaults_are_shown_where_json_can_say_them() -> None:
    assert of(fields.Float(load_default=1.5)) == {"type": "number", "default": 1.5}
    assert of(fields.Float(load_default=1.5), "output") == {"type": "number"}
    assert of(fields.Float(dump_default=1.5), "output") == {"type": "number", "default": 1.5}
    assert of(fields.Float(load_default=None)) == {"type": ["number", "null"], "default": None}
    assert of(fields.Date(load_default=dt.date(2026, 1, 31)))["default"] == "2026-01-31"
    assert "default" not in of(fields.Date(load_default="soon"))
    assert "default" not in of(fields.Float(load_default=float))
    assert "default" not in of(fields.Raw(load_default=object()))


class Hooks(ma.Schema):
    a = fields.Float()


class PostLoad(Hooks):
    @ma.post_load
    def after(self, data: Any, **_: Any) -> Any:
        return data


class PreDump(Hooks):
    @ma.pre_dump
    def before(self, data: Any, **_: Any) -> Any:
        return data


class Validates(Hooks):
    @ma.validates("a")
    def check(self, value: Any, data_key: str) -> None:
        pass


class ValidatesSchema(Hooks):
    @ma.validates_schema
    def check(self, data: Any, **_: Any) -> None:
        pass


class HandlesErrors(Hooks):
    def handle_error(self, error: Any, data: Any, *, many: bool, **kwargs: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("schema", "direction", "transforms", "has_rules"),
    [
        (Hooks(), "input", False, False),
        (PostLoad(), "input", True, False),
        (PostLoad(), "output", False, False),
        (PreDump(), "input", False, False),
        (PreDump(), "output", True, False),
        (Validates(), "input", False, True),
        (ValidatesSchema(), "output", False, True),
        (HandlesErrors(), "input", True, False),
        (made({"a": fields.Float(validate=bool)}), "input", False, True),
        (made({"a": fields.Float(load_default=1)}), "input", True, False),
        (made({"a": fields.Float(load_default=1)}), "output", False, False),
        (made({"a": fields.Float(dump_default=1)}), "output", True, False),
        (made({"a": fields.Float(attribute="b")}), "input", True, False),
        (made({"a.b": fields.Float()}), "input", True, False),
        (made({"a": fields.Float(pre_load=float)}), "input", True, False),
        (made({"a": fields.Float(post_load=float)}), "input", True, False),
        (made({"a": fields.Float(post_load=float)}), "output", False, False),
        (made({"a": fields.Date(validate=validate.Range(min=dt.date(2026, 1, 1)))}), "input", True, True),
        (made({"a": fields.List(fields.Nested(Validates))}), "input", False, True),
        (made({"a": fields.Dict(values=fields.Nested(PostLoad))}), "input", True, False),
    ],
)
def test_it_is_noted_what_only_marshmallow_can_do(
    schema: ma.Schema, direction: Any, transforms: bool, has_rules: bool
) -> None:
    found = converted(schema, direction)
    assert (found.transforms, found.has_rules) == (transforms, has_rules)


def test_two_fields_of_one_key_are_refused() -> None:
    with pytest.raises(ModelRefused, match="field b cannot be served: another field has the key 'a' too"):
        convert(made({"a": fields.Float(load_only=True), "b": fields.Float(data_key="a")}), "input")


def test_a_schema_made_anew_for_each_level_is_refused_instead_of_followed_for_ever() -> None:
    def endless() -> type[ma.Schema]:
        return ma.Schema.from_dict({"a": fields.Nested(endless)})

    with pytest.raises(ModelRefused, match="nested more than 50 deep"):
        convert(endless()(), "input")
