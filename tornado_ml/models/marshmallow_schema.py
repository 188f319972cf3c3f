"""A marshmallow schema → JSON Schema 2020-12 that is never looser.

What the result accepts, the schema's `load` accepts too. Where JSON Schema cannot say a rule, or the conversion does
not know a field, `Converted` says that marshmallow has to be asked as well; where that would not help either, the
schema is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, NoReturn

import marshmallow as ma
from marshmallow import fields, validate
from marshmallow.decorators import POST_DUMP, POST_LOAD, PRE_DUMP, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

from tornado_ml.errors import ModelRefused
from tornado_ml.models.plain_data import NotPlain, plain
from tornado_ml.models.regular_expressions import NotPortable, portable_pattern

Direction = Literal["input", "output"]
JSONSchema = dict[str, Any]
_Partial = bool | frozenset[str] | None

_MAX_CHOICES = 1000
_MAX_NESTING = 50
_EXACT = 2**53
"""Integers below it are floats too, one for one."""


@dataclass(frozen=True)
class Converted:
    """What a marshmallow schema says, as far as JSON Schema can say it."""

    json_schema: JSONSchema
    transforms: bool
    """Whether marshmallow makes of a document, or of a prediction, something else than it is."""
    has_rules: bool
    """Whether marshmallow judges by rules that `json_schema` does not have."""


def convert(schema: ma.Schema, direction: Direction) -> Converted:
    """The JSON Schema of the documents that `schema` loads, or of those it dumps.

    Raises:
        ModelRefused: the conversion would accept more than the schema; names the field, the reason and what to do.
    """
    conversion = _Conversion(direction)
    json_schema = conversion.schema(schema, schema.unknown, _partial(schema.partial), ())
    if conversion.definitions:
        json_schema["$defs"] = {name: conversion.definitions[name] for name in conversion.names.values()}
    return Converted(json_schema, conversion.transforms, conversion.has_rules)


def _partial(partial: Any) -> _Partial:
    return partial if partial is None or isinstance(partial, bool) else frozenset(partial)


@dataclass
class _Conversion:
    direction: Direction
    transforms: bool = False
    has_rules: bool = False
    definitions: dict[str, JSONSchema] = field(default_factory=dict)
    names: dict[Any, str] = field(default_factory=dict)
    kept: list[ma.Schema] = field(default_factory=list)
    """Keeps alive what `_identity` identifies by address."""

    # Schemas

    def schema(self, schema: ma.Schema, unknown: str, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        """Of one object, or of the array of them if the schema says many."""
        one = self._object(schema, unknown, partial, place)
        return {"type": "array", "items": one} if schema.many else one

    def _object(self, schema: ma.Schema, unknown: str, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        if len(place) > _MAX_NESTING:
            self._refuse(place, f"it is nested more than {_MAX_NESTING} deep", "name the nested schema class instead")
        self._note_schema(schema, unknown)
        properties: JSONSchema = {}
        required: list[str] = []
        bound = schema.load_fields if self.direction == "input" else schema.dump_fields
        for name, bound_field in bound.items():
            key = name if bound_field.data_key is None else bound_field.data_key
            here = (*place, name)
            if key in properties:
                self._refuse(here, f"another field has the data_key {key!r}", "give each field a key of its own")
            if key != name or bound_field.attribute not in (None, name) or "." in name:
                self.transforms = True
            properties[key] = self.field(bound_field, _inner_partial(partial, name), here)
            if bound_field.required and not (partial is True or (isinstance(partial, frozenset) and name in partial)):
                required.append(key)
        result: JSONSchema = {"type": "object", "properties": properties}
        meta = schema.Meta
        result |= {
            key: getattr(meta, key) for key in ("title", "description") if isinstance(getattr(meta, key, 0), str)
        }
        if required:
            result["required"] = required
        # marshmallow drops what it excludes on the way out too; documents that come in may hold anything there.
        closed = unknown == ma.RAISE or (unknown == ma.EXCLUDE and self.direction == "output")
        result["additionalProperties"] = not closed
        return result

    def _note_schema(self, schema: ma.Schema, unknown: str) -> None:
        self.kept.append(schema)
        hooks = schema._hooks
        around = (PRE_LOAD, POST_LOAD) if self.direction == "input" else (PRE_DUMP, POST_DUMP)
        if any(hooks[tag] for tag in around) or unknown == ma.EXCLUDE or schema.dict_class is not dict:
            self.transforms = True
        if hooks[VALIDATES] or hooks[VALIDATES_SCHEMA]:
            self.has_rules = True
        if any(getattr(type(schema), name) is not getattr(ma.Schema, name) for name in _OVERRIDABLE):
            self.transforms = True

    # Fields

    def field(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        """Of one value."""
        known = next((cls for cls in type(bound).__mro__ if cls in _FIELDS), None)
        if known is None or self._overrides(type(bound), known):
            known = fields.Field
            self.transforms = True
        elif type(bound) is not known:
            self.transforms = True
        result = _FIELDS[known](self, bound, partial, place)
        self._constrain(result, bound, known, bound.validators, place)
        self._annotate(result, bound)
        if (bound.pre_load or bound.post_load) and self.direction == "input":
            self.transforms = True
        self._default(result, bound, known)
        return _nullable(result) if bound.allow_none else result

    def _overrides(self, cls: type, known: type) -> bool:
        """Whether a subclass of a known field reads or writes documents in its own way."""
        names = ("deserialize", "_deserialize") if self.direction == "input" else ("serialize", "_serialize")
        return any(getattr(cls, name) is not getattr(known, name) for name in names)

    def _default(self, result: JSONSchema, bound: Any, known: type) -> None:
        default = bound.load_default if self.direction == "input" else bound.dump_default
        if default is ma.missing:
            return
        self.transforms = True
        if callable(default) or known is fields.Field:
            return
        try:
            result["default"] = plain(bound._serialize(default, None, None))
        except (NotPlain, ValueError, TypeError, AttributeError, ArithmeticError):
            return  # it is for the eye alone, and this one cannot be shown

    def _annotate(self, result: JSONSchema, bound: Any) -> None:
        narrowing: JSONSchema = {}
        for name, value in bound.metadata.items():
            key = name.replace("_", "-") if str(name).startswith("x_") else name
            if key in _ANNOTATIONS or str(key).startswith("x-"):
                result[key] = value
            elif key == "example":
                result.setdefault("examples", [value])
            elif key in _NARROWING:
                narrowing[key] = value
        if narrowing.keys() & (result.keys() | _STRUCTURAL):
            result.setdefault("allOf", []).append(narrowing)  # beside each other they could widen
        else:
            result |= narrowing

    def any_value(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        return {"type": ["boolean", "number", "string", "array", "object"]}

    def custom(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        """Of a field that nothing is known of: marshmallow alone can tell."""
        self.transforms = True
        return {}

    def string(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        return {"type": "string"}

    def email(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.has_rules = True
        return {"type": "string", "format": "email"}

    def url(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.has_rules = True
        return {"type": "string"} if bound.relative else {"type": "string", "format": "uri"}

    def integer(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        if bound.as_string:
            self.transforms = True
            return {"type": "string", "pattern": "^[-+]?[0-9]+$"}
        return {"type": "integer"}

    def number(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        if bound.as_string:
            self.transforms = True
            return {"type": "string", "pattern": r"^[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"}
        return {"type": "number"}

    def decimal(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        return self.number(bound, partial, place)

    def boolean(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        if bound.truthy and not (True in bound.truthy and False in bound.falsy):
            self._refuse(place, "its truthy and falsy values leave out true and false", "use an Enum or String field")
        return {"type": "boolean"}

    def date_time(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        match bound.format or bound.DEFAULT_FORMAT:
            case "iso" | "iso8601":
                if isinstance(bound, fields.NaiveDateTime) and (bound.timezone is None or self.direction == "output"):
                    return {"type": "string", "pattern": f"^{_DATE}T{_TIME}$"}
                return {"type": "string", "format": "date-time"}
            case "timestamp" | "timestamp_ms":
                return {"type": "number", "minimum": 0} if self.direction == "input" else {"type": "number"}
        return {"type": "string"}

    def date(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        iso = (bound.format or bound.DEFAULT_FORMAT) in ("iso", "iso8601")
        return {"type": "string", "format": "date"} if iso else {"type": "string"}

    def time(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        iso = (bound.format or bound.DEFAULT_FORMAT) in ("iso", "iso8601")
        # The format "time" asks for an offset, which times of day seldom have.
        return {"type": "string", "pattern": f"^{_TIME}{_OFFSET}$"} if iso else {"type": "string"}

    def time_delta(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        return {"type": "number", "x-unit": bound.precision}

    def _formatted(self, name: str | None) -> JSONSchema:
        self.transforms = True
        return {"type": "string"} if name is None else {"type": "string", "format": name}

    def ip(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        return {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}

    def enum(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        members: Iterable[Any] = bound.enum if bound.by_value else bound.enum.__members__
        values = [bound.field._serialize(m.value if isinstance(m, Enum) else m, None, None) for m in members]
        exact = _exact(values)
        if exact is None:
            self._refuse(place, "its values are no JSON values", "give the enum values that are strings or numbers")
        return {"enum": [value for value in exact if value is not None]}

    def constant(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        try:
            return {"const": plain(bound.constant)}
        except NotPlain:
            self._refuse(place, "its constant is no JSON value", "use one that is, or another field")

    def list_(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        return {"type": "array", "items": self.field(bound.inner, partial, (*place, "[]"))}

    def tuple_(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        if self.direction == "input":
            self.transforms = True  # a list becomes a tuple
        items = [self.field(part, partial, (*place, f"[{i}]")) for i, part in enumerate(bound.tuple_fields)]
        if not items:
            return {"type": "array", "maxItems": 0}
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}

    def dict_(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        result: JSONSchema = {"type": "object"}
        if bound.key_field is not None:
            key = self._key(bound.key_field, (*place, "{key}"))
            if key != {"type": "string"}:
                result["propertyNames"] = key
        if bound.value_field is not None:
            result["additionalProperties"] = self.field(bound.value_field, partial, (*place, "{}"))
        return result

    def _key(self, bound: Any, place: tuple[str, ...]) -> JSONSchema:
        """Of a key, which is a string whatever its field makes of it."""
        if isinstance(bound, fields.Integer):
            self.transforms = True
            return {"pattern": "^[-+]?[0-9]+$"}
        result = self.field(bound, None, place)
        if result.get("type", "string") not in ("string", ["string", "null"]) or "$ref" in result:
            self._refuse(place, f"keys of JSON objects are strings, which {type(bound).__name__} is not", "use String")
        return result

    def nested(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        schema = bound.schema
        unknown = schema.unknown if bound.unknown is None else bound.unknown
        partial = _partial(schema.partial) if partial is None else partial
        key = (_identity(schema), unknown, partial)
        name = self.names.get(key)
        if name is None:
            name = self._new_name(type(schema).__name__)
            self.names[key] = name
            self.definitions[name] = self._object(schema, unknown, partial, place)
        reference = {"$ref": f"#/$defs/{name}"}
        return {"type": "array", "items": reference} if schema.many or bound.many else reference

    def _new_name(self, class_name: str) -> str:
        stem = class_name.removesuffix("Schema") or class_name
        taken = set(self.names.values())
        candidates = (stem if number == 1 else f"{stem}{number}" for number in range(1, len(taken) + 2))
        return next(name for name in candidates if name not in taken)

    def pluck(self, bound: Any, partial: _Partial, place: tuple[str, ...]) -> JSONSchema:
        self.transforms = True
        schema = bound.schema
        self._note_schema(schema, schema.unknown if bound.unknown is None else bound.unknown)
        one = self.field(schema.fields[bound.field_name], partial, place)
        return {"type": "array", "items": one} if schema.many or bound.many else one

    # Rules

    def _constrain(
        self, result: JSONSchema, bound: Any, known: type, rules: Iterable[Any], place: tuple[str, ...]
    ) -> None:
        """Adds what the field's validators say; what JSON Schema cannot say is left to marshmallow."""
        as_sent = known in _AS_SENT and not getattr(bound, "as_string", False)
        for rule in rules:
            if type(rule) is validate.And:
                self._constrain(result, bound, known, rule.validators, place)
                continue
            # Elsewhere a rule is about what the field makes of the document.
            constraint = self._constraint(result, known, rule, place) if as_sent else None
            if constraint is None:
                self.has_rules = True
            elif constraint.keys() & result.keys():
                result.setdefault("allOf", []).append(constraint)
            else:
                result |= constraint

    def _constraint(self, result: JSONSchema, known: type, rule: Any, place: tuple[str, ...]) -> JSONSchema | None:
        """What one validator says, in JSON Schema; None if that cannot say it."""
        kind = type(rule)
        if known is fields.Raw and kind in (validate.Range, validate.Length, validate.Regexp):
            self._refuse(
                place, f"{kind.__name__} fails on some of the values a Raw field takes", "use a field of one type"
            )
        if kind is validate.Range:
            return _range(rule, known) if known in (fields.Integer, fields.Float) else None
        if kind is validate.Length:
            return _length(rule, result.get("type"))
        if kind is validate.Regexp and result.get("type") == "string":
            try:
                return {"pattern": portable_pattern(rule.regex)}
            except NotPortable as error:
                self._refuse(
                    place,
                    f"its regular expression uses {error}, which JSON Schema cannot say in the same way",
                    "write it without, or check it in a method with @validates",
                )
        if kind in (validate.OneOf, validate.Equal):
            return _one_of(rule.choices if kind is validate.OneOf else [rule.comparable])
        if kind is validate.NoneOf:
            return _none_of(rule.iterable)
        if kind in (validate.ContainsOnly, validate.ContainsNoneOf) and known is fields.List:
            each = _one_of(rule.choices) if kind is validate.ContainsOnly else _none_of(rule.iterable)
            return None if each is None else {"allOf": [{"items": each}]}
        return None

    def _refuse(self, place: tuple[str, ...], why: str, instead: str) -> NoReturn:
        raise ModelRefused(f"The field {'.'.join(place)} cannot be served: {why}; {instead}.")


_Converter = Callable[[_Conversion, Any, _Partial, tuple[str, ...]], JSONSchema]

_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_OFFSET = r"(?:Z|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])?"


def _formatted(name: str | None) -> _Converter:
    return lambda conversion, *_: conversion._formatted(name)


_FIELDS: dict[type, _Converter] = {
    fields.Field: _Conversion.custom,
    fields.Raw: _Conversion.any_value,
    fields.String: _Conversion.string,
    fields.Email: _Conversion.email,
    fields.Url: _Conversion.url,
    fields.Integer: _Conversion.integer,
    fields.Float: _Conversion.number,
    fields.Decimal: _Conversion.decimal,
    fields.Boolean: _Conversion.boolean,
    fields.DateTime: _Conversion.date_time,
    fields.NaiveDateTime: _Conversion.date_time,
    fields.AwareDateTime: _Conversion.date_time,
    fields.Date: _Conversion.date,
    fields.Time: _Conversion.time,
    fields.TimeDelta: _Conversion.time_delta,
    fields.UUID: _formatted("uuid"),
    fields.IP: _Conversion.ip,
    fields.IPv4: _formatted("ipv4"),
    fields.IPv6: _formatted("ipv6"),
    fields.IPInterface: _formatted(None),
    fields.IPv4Interface: _formatted(None),
    fields.IPv6Interface: _formatted(None),
    fields.Enum: _Conversion.enum,
    fields.Constant: _Conversion.constant,
    fields.List: _Conversion.list_,
    fields.Tuple: _Conversion.tuple_,
    fields.Dict: _Conversion.dict_,
    fields.Nested: _Conversion.nested,
    fields.Pluck: _Conversion.pluck,
}

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

_ANNOTATIONS = {
    "title",
    "description",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "contentMediaType",
}
_NARROWING = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems"),
    *("minProperties", "maxProperties", "type", "enum", "const"),
}
_STRUCTURAL = {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "items", "prefixItems", "properties"}
_STRUCTURAL |= {"additionalProperties", "patternProperties", "propertyNames", "contains", "minContains", "maxContains"}
_NARROWING |= _STRUCTURAL


def _inner_partial(partial: _Partial, name: str) -> _Partial:
    """What `partial` means within the field `name`."""
    if not isinstance(partial, frozenset):
        return partial
    return frozenset(inner.removeprefix(f"{name}.") for inner in partial if inner.startswith(f"{name}."))


def _nullable(schema: JSONSchema) -> JSONSchema:
    if schema.keys() & {"$ref", "const", "allOf", "anyOf", "oneOf", "if"}:
        outside = {key: value for key, value in schema.items() if key in _ANNOTATIONS | {"default"} or key[:2] == "x-"}
        inside = {key: value for key, value in schema.items() if key not in outside}
        return {"anyOf": [inside, {"type": "null"}], **outside}
    if "type" in schema:
        types = schema["type"]
        schema["type"] = [*([types] if isinstance(types, str) else types), "null"]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], *([] if None in schema["enum"] else [None])]
    return schema


def _range(rule: validate.Range, known: type) -> JSONSchema | None:
    result: JSONSchema = {}
    for bound, name in (
        (rule.min, "minimum" if rule.min_inclusive else "exclusiveMinimum"),
        (rule.max, "maximum" if rule.max_inclusive else "exclusiveMaximum"),
    ):
        if bound is None:
            continue
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            return None
        if known is fields.Float and abs(bound) >= _EXACT:
            return None  # marshmallow compares the nearest float, JSON Schema the number itself
        result[name] = plain(bound)
    return result


def _length(rule: validate.Length, of: Any) -> JSONSchema | None:
    suffix = {"string": "Length", "array": "Items", "object": "Properties"}.get(of) if isinstance(of, str) else None
    least, most = (rule.min, rule.max) if rule.equal is None else (rule.equal, rule.equal)
    if suffix is None or any(limit is not None and (type(limit) is not int or limit < 0) for limit in (least, most)):
        return None
    limits = {f"min{suffix}": least, f"max{suffix}": most}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _one_of(choices: Any) -> JSONSchema | None:
    listed = _listed(choices)
    return None if listed is None else {"enum": listed}


def _none_of(values: Any) -> JSONSchema | None:
    listed = _listed(values)
    if listed is None:
        return None
    # To Python True is 1 and False is 0; to JSON Schema they are not.
    twins = [
        int(v) if isinstance(v, bool) else bool(v) for v in listed if isinstance(v, bool | int | float) and v in (0, 1)
    ]
    return {"not": {"enum": _exact([*listed, *twins])}}


def _listed(values: Any) -> list[Any] | None:
    """The values in a container that tells by equality what it has in it, if they are JSON's simple ones."""
    if not isinstance(values, list | tuple | range | set | frozenset | dict) or len(values) > _MAX_CHOICES:
        return None
    return _exact(sorted(values, key=repr) if isinstance(values, set | frozenset) else values)


def _exact(values: Iterable[Any]) -> list[Any] | None:
    """Each value once, as plain data; None if one is not simple, or a number that int and float may not agree on."""
    unique: dict[tuple[bool, Any], Any] = {}
    for value in values:
        if value is not None and not isinstance(value, str | int | float):
            return None
        if isinstance(value, int | float) and not abs(value) < _EXACT:
            return None
        unique.setdefault((isinstance(value, bool), value), plain(value))
    return list(unique.values())


def _identity(schema: ma.Schema) -> Any:
    """What two instances of one schema class have in common exactly if they have the same fields."""
    return type(schema), tuple((name, _field_identity(bound)) for name, bound in schema.fields.items())


def _field_identity(bound: Any) -> Any:
    # Copies of one declared field share the list of its validators, and the dict of its metadata.
    own = (type(bound), id(bound.validators), id(bound.metadata), bound.required, bound.allow_none, bound.data_key)
    narrowed = tuple(
        value if value is None else frozenset(value)
        for value in (getattr(bound, "only", None), getattr(bound, "exclude", None))
    )
    parts = [getattr(bound, name, None) for name in ("inner", "key_field", "value_field")]
    parts += getattr(bound, "tuple_fields", ())
    return (*own, bound.load_only, bound.dump_only, narrowed, *(part and _field_identity(part) for part in parts))
