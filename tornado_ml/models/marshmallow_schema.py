"""A marshmallow schema → JSON Schema 2020-12 that is never looser.

What the result accepts, the schema's `load` accepts too. Where JSON Schema cannot say a rule, or the conversion does
not know a field, `Converted` says that marshmallow has to be asked as well; where that would not help either, the
schema is refused.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import marshmallow as ma
from marshmallow import fields, validate
from marshmallow.decorators import POST_DUMP, POST_LOAD, PRE_DUMP, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

from tornado_ml.errors import ModelRefused
from tornado_ml.models.json_declaration import Direction
from tornado_ml.models.marshmallow_fields import ANYTHING_BUT_NULL, converter_of
from tornado_ml.models.marshmallow_rules import JSONSchema, RuleRefused, constraint
from tornado_ml.models.plain_data import NotPlain, plain
from tornado_ml.models.tensors import KEYWORD

_MAX_NESTING = 50

_AS_SENT = {
    fields.Raw,
    fields.String,
    fields.Email,
    fields.Url,
    fields.Integer,
    fields.Float,
    fields.Boolean,
    fields.List,
    fields.Tuple,
    fields.Dict,
    fields.Nested,
}
"""Fields whose validators see the value as it stands in the document."""

_OVERRIDABLE = ("load", "_do_load", "_deserialize", "dump", "_serialize", "handle_error", "get_attribute")

_ANNOTATIONS = {"title", "description", "examples", "deprecated", "readOnly", "writeOnly", "$comment"}
_STRUCTURAL = {
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "properties", "additionalProperties"),
    *("patternProperties", "propertyNames", "items", "prefixItems", "contains", "minContains", "maxContains"),
}
_NARROWING = _STRUCTURAL | {
    *("type", "enum", "const", "format", "pattern", "minLength", "maxLength", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
}
"""What the metadata of a field may add to its JSON Schema."""

_Partial = bool | frozenset[str] | None
_Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """What a marshmallow schema says, as far as JSON Schema can say it."""

    json_schema: JSONSchema
    transforms: bool
    """Whether marshmallow makes something else of a document, or of a prediction."""
    has_rules: bool
    """Whether marshmallow judges by rules that `json_schema` does not say."""


def convert(schema: ma.Schema, direction: Direction) -> Converted:
    """The JSON Schema of the documents that `schema` loads, or of those it dumps.

    Raises:
        ModelRefused: the conversion would accept more than the schema; names the field, the reason and what to do.
    """
    conversion = _Conversion(direction)
    one = conversion.of_object(schema, schema.unknown, _partial(schema.partial), ())
    json_schema = {"type": "array", "items": one} if schema.many else one
    if conversion.definitions:
        json_schema["$defs"] = dict(conversion.definitions)
    return Converted(json_schema, conversion.transforms, conversion.has_rules)


@dataclass
class _Conversion:
    """One conversion under way."""

    direction: Direction
    transforms: bool = False
    has_rules: bool = False
    definitions: dict[str, JSONSchema] = field(default_factory=dict)
    names: dict[Any, str] = field(default_factory=dict)
    """The name of each definition, by what tells the schemas apart."""
    kept: list[ma.Schema] = field(default_factory=list)
    """Keeps alive what `schema_identity` identifies by address."""

    def of_object(self, schema: ma.Schema, unknown: str, partial: _Partial, place: _Place) -> JSONSchema:
        """Of one object."""
        if len(place) > _MAX_NESTING:
            refuse(place, f"it is nested more than {_MAX_NESTING} deep", "nest a schema class, which is defined once")
        self._note(schema, unknown)
        properties: JSONSchema = {}
        required: list[str] = []
        bound_fields = schema.load_fields if self.direction == "input" else schema.dump_fields
        for name, bound in bound_fields.items():
            key = name if bound.data_key is None else bound.data_key
            if key in properties:
                refuse((*place, name), f"another field has the key {key!r} too", "give each a data_key of its own")
            if key != name or bound.attribute not in (None, name) or "." in name:
                self.transforms = True
            properties[key] = self.of_field(bound, _inner_partial(partial, name), (*place, name))
            if bound.required and not (partial is True or (isinstance(partial, frozenset) and name in partial)):
                required.append(key)
        said = {name: getattr(schema.Meta, name, None) for name in ("title", "description")}
        result: JSONSchema = {name: text for name, text in said.items() if isinstance(text, str)}
        result |= {"type": "object", "properties": properties}
        if required:
            result["required"] = required
        # What is excluded may come in, and be anything; marshmallow lets none of it out.
        closed = unknown == ma.RAISE or (unknown == ma.EXCLUDE and self.direction == "output")
        result["additionalProperties"] = not closed
        return result

    def _note(self, schema: ma.Schema, unknown: str) -> None:
        self.kept.append(schema)
        around = (PRE_LOAD, POST_LOAD) if self.direction == "input" else (PRE_DUMP, POST_DUMP)
        if any(schema._hooks[tag] for tag in around) or unknown == ma.EXCLUDE or schema.dict_class is not dict:
            self.transforms = True
        if any(getattr(type(schema), name) is not getattr(ma.Schema, name) for name in _OVERRIDABLE):
            self.transforms = True
        if schema._hooks[VALIDATES] or schema._hooks[VALIDATES_SCHEMA]:
            self.has_rules = True

    def of_field(self, bound: Any, partial: _Partial, place: _Place) -> JSONSchema:
        """Of one value."""
        kind, converter = converter_of(bound, self.direction)
        around = [*bound.pre_load, *bound.post_load] if self.direction == "input" else []
        if around or type(bound) is not kind:
            self.transforms = True
        result = converter(bound, _Surroundings(self, partial, place))
        # Elsewhere validators judge what the field makes of the document.
        as_sent = kind in _AS_SENT and not getattr(bound, "as_string", False)
        for rule in _flat(bound.validators):
            self._add(result, self._said(rule, kind, result, place) if as_sent else None)
        self._annotate(result, bound)
        self._add_default(result, bound, kind)
        return _nullable(result) if bound.allow_none else result

    def _said(self, rule: Any, kind: type, result: JSONSchema, place: _Place) -> JSONSchema | None:
        try:
            return constraint(rule, kind, result.get("type"))
        except RuleRefused as refusal:
            refuse(place, refusal.why, refusal.instead)

    def _add(self, result: JSONSchema, said: JSONSchema | None) -> None:
        if said is None:
            self.has_rules = True
        elif said.keys() & result.keys():
            result.setdefault("allOf", []).append(said)
        else:
            result |= said

    def _annotate(self, result: JSONSchema, bound: Any) -> None:
        """Carries over what the field's metadata say in JSON Schema's words: never to accept more."""
        narrowing: JSONSchema = {}
        for name, value in bound.metadata.items():
            key = name.replace("_", "-") if str(name).startswith("x_") else name
            if key in _ANNOTATIONS or str(key).startswith("x-"):
                result[key] = value
            elif key == "example":
                result.setdefault("examples", [value])
            elif key in _NARROWING:
                narrowing[key] = value
        if result.get("type") == ANYTHING_BUT_NULL and "null" not in narrowing.get("type", "null"):
            del result["type"]
        if narrowing.keys() & result.keys() or (narrowing.keys() & _STRUCTURAL and result.keys() & _STRUCTURAL):
            result.setdefault("allOf", []).append(narrowing)
        else:
            result |= narrowing

    def _add_default(self, result: JSONSchema, bound: Any, kind: type) -> None:
        default = bound.load_default if self.direction == "input" else bound.dump_default
        if default is ma.missing:
            return
        self.transforms = True
        if callable(default) or kind in (fields.Field, fields.Constant):
            return
        try:
            result["default"] = plain(bound._serialize(default, None, None))
        except (NotPlain, ValueError, TypeError, AttributeError, ArithmeticError):
            return  # it is for the eye alone, and this one cannot be shown

    def name_for(self, schema: ma.Schema, unknown: str, partial: _Partial, place: _Place) -> str:
        """The name of the definition of a nested schema."""
        key = (schema_identity(schema), unknown, partial)
        name = self.names.get(key)
        if name is None:
            stem = re.sub(r"\W", "_", type(schema).__name__, flags=re.ASCII)
            stem = stem.removesuffix("Schema") or stem
            candidates = itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(2)))
            name = self.names[key] = next(name for name in candidates if name not in self.definitions)
            self.definitions[name] = {}  # keeps its place while what it refers to is defined
            self.definitions[name] = self.of_object(schema, unknown, partial, place)
        return name


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """Of one field; see `marshmallow_fields.Surroundings`."""

    conversion: _Conversion
    partial: _Partial
    place: _Place

    @property
    def direction(self) -> Direction:
        return self.conversion.direction

    def transforms(self) -> None:
        self.conversion.transforms = True

    def leaves_rules(self) -> None:
        self.conversion.has_rules = True

    def refuse(self, why: str, instead: str) -> NoReturn:
        refuse(self.place, why, instead)

    def within(self, bound: fields.Field[Any], step: str) -> JSONSchema:
        return self.conversion.of_field(bound, self.partial, (*self.place, step))

    def referenced(self, schema: ma.Schema, unknown: str) -> JSONSchema:
        partial = _partial(schema.partial) if self.partial is None else self.partial
        return {"$ref": f"#/$defs/{self.conversion.name_for(schema, unknown, partial, self.place)}"}


def refuse(place: _Place, why: str, instead: str) -> NoReturn:
    """Refuse a schema for one of its fields."""
    name = ".".join(place).replace(".[", "[").replace(".{", "{").rstrip(".")
    raise ModelRefused(f"The field {name} cannot be served: {why}; {instead}.")


def schema_identity(schema: ma.Schema) -> Any:
    """The same for two instances of a schema class exactly if they have the same fields."""
    return type(schema), tuple((name, _field_identity(bound)) for name, bound in schema.fields.items())


def _field_identity(bound: Any) -> Any:
    # Copies of one declared field share the list of its validators, and the dict of its metadata.
    declared = (type(bound), id(bound.validators), id(bound.metadata))
    settings = (bound.required, bound.allow_none, bound.data_key, bound.load_only, bound.dump_only)
    picked = [getattr(bound, name, None) for name in ("only", "exclude")]
    parts = [getattr(bound, name, None) for name in ("inner", "key_field", "value_field")]
    parts += getattr(bound, "tuple_fields", ())
    return (
        declared,
        settings,
        tuple(None if names is None else frozenset(names) for names in picked),
        tuple(None if part is None else _field_identity(part) for part in parts),
    )


def _partial(partial: Any) -> _Partial:
    return partial if partial is None or isinstance(partial, bool) else frozenset(partial)


def _inner_partial(partial: _Partial, name: str) -> _Partial:
    """What `partial` means within the field `name`."""
    if not isinstance(partial, frozenset):
        return partial
    return frozenset(inner.removeprefix(f"{name}.") for inner in partial if inner.startswith(f"{name}."))


def _flat(rules: Iterable[Any]) -> Iterable[Any]:
    for rule in rules:
        if type(rule) is validate.And:
            yield from _flat(rule.validators)
        else:
            yield rule


def _is_annotation(key: str) -> bool:
    return key in _ANNOTATIONS or key == "default" or key.startswith("x-")


def _nullable(schema: JSONSchema) -> JSONSchema:
    if schema.keys() & {"$ref", "const", "allOf", "anyOf", "oneOf", "if", KEYWORD}:
        judged = {key: value for key, value in schema.items() if key == KEYWORD or not _is_annotation(key)}
        shown = {key: value for key, value in schema.items() if key not in judged}
        return {"anyOf": [judged, {"type": "null"}], **shown}
    result = dict(schema)
    types = schema.get("type")
    if types == ANYTHING_BUT_NULL:
        del result["type"]
    elif types is not None:
        result["type"] = [*([types] if isinstance(types, str) else types), "null"]
    if "enum" in schema and None not in schema["enum"]:
        result["enum"] = [*schema["enum"], None]
    return result
