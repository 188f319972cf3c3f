"""What each kind of marshmallow field takes in, or writes out, as JSON Schema; its validators come on top."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn, Protocol

import marshmallow as ma
from marshmallow import fields

from tornado_ml.models.json_declaration import Direction
from tornado_ml.models.marshmallow_rules import JSONSchema, simple_values
from tornado_ml.models.plain_data import NotPlain, plain
from tornado_ml.models.tensor_field import Tensor

ANYTHING_BUT_NULL = ["boolean", "number", "string", "array", "object"]

_INTEGER_TEXT = "^[-+]?[0-9]+$"
_NUMBER_TEXT = r"^[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$"
_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_OFFSET = r"(?:Z|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])?"


class Surroundings(Protocol):
    """What a field's conversion may ask, and has to tell."""

    @property
    def direction(self) -> Direction: ...

    def transforms(self) -> None:
        """Tell that marshmallow makes something else of the value in the document."""

    def leaves_rules(self) -> None:
        """Tell that marshmallow judges the value by a rule that the JSON Schema does not say."""

    def refuse(self, why: str, instead: str) -> NoReturn:
        """Refuse the schema for this field."""

    def within(self, bound: fields.Field[Any], step: str) -> JSONSchema:
        """Convert a field inside this one."""

    def referenced(self, schema: ma.Schema, unknown: str) -> JSONSchema:
        """Convert a schema inside this field to a definition, and give the reference to it."""


Converter = Callable[[Any, Surroundings], JSONSchema]


def converter_of(bound: fields.Field[Any], direction: Direction) -> tuple[type, Converter]:
    """How to convert a field, and the type of field that it is as far as documents go.

    A subclass that reads or writes documents in its own way is to marshmallow alone what it is; any other is, to
    documents, what it inherits from.
    """
    methods = ("deserialize", "_deserialize") if direction == "input" else ("serialize", "_serialize")
    for kind in type(bound).__mro__:
        if kind in _CONVERTERS:
            if all(getattr(type(bound), method) is getattr(kind, method) for method in methods):
                return kind, _CONVERTERS[kind]
            break
    return fields.Field, _custom


def _custom(_: Any, around: Surroundings) -> JSONSchema:
    around.transforms()
    return {}


def _raw(_: Any, __: Surroundings) -> JSONSchema:
    return {"type": ANYTHING_BUT_NULL}


def _tensor(bound: Tensor, _: Surroundings) -> JSONSchema:
    return dict(bound.json_schema)


def _string(_: Any, __: Surroundings) -> JSONSchema:
    return {"type": "string"}


def _email(_: Any, around: Surroundings) -> JSONSchema:
    around.leaves_rules()
    return {"type": "string", "format": "email"}


def _url(bound: fields.Url, around: Surroundings) -> JSONSchema:
    around.leaves_rules()
    return {"type": "string"} if bound.relative else {"type": "string", "format": "uri"}


def _written(*, iso_format: str | None) -> Converter:
    """Of fields that write their value as text."""

    def convert(_: Any, around: Surroundings) -> JSONSchema:
        around.transforms()
        return {"type": "string"} if iso_format is None else {"type": "string", "format": iso_format}

    return convert


def _integer(bound: fields.Integer, around: Surroundings) -> JSONSchema:
    if bound.as_string:
        around.transforms()
        return {"type": "string", "pattern": _INTEGER_TEXT}
    return {"type": "integer"}


def _number(bound: Any, around: Surroundings) -> JSONSchema:
    if bound.as_string:
        around.transforms()
        return {"type": "string", "pattern": _NUMBER_TEXT}
    return {"type": "number"}


def _decimal(bound: fields.Decimal, around: Surroundings) -> JSONSchema:
    around.transforms()
    return _number(bound, around)


def _boolean(bound: fields.Boolean, around: Surroundings) -> JSONSchema:
    if bound.truthy and not (True in bound.truthy and False in bound.falsy):
        around.refuse("its truthy and falsy values leave out true or false", "use a String field with OneOf")
    return {"type": "boolean"}


def _date_time(bound: fields.DateTime, around: Surroundings) -> JSONSchema:
    around.transforms()
    format_ = bound.format or bound.DEFAULT_FORMAT
    if format_ in ("timestamp", "timestamp_ms"):
        return {"type": "number", "minimum": 0} if around.direction == "input" else {"type": "number"}
    if format_ not in ("iso", "iso8601"):
        return {"type": "string"}
    if isinstance(bound, fields.NaiveDateTime) and (bound.timezone is None or around.direction == "output"):
        return {"type": "string", "pattern": f"^{_DATE}T{_TIME}$"}  # the format "date-time" asks for an offset
    return {"type": "string", "format": "date-time"}


def _date(bound: fields.Date, around: Surroundings) -> JSONSchema:
    around.transforms()
    iso = (bound.format or bound.DEFAULT_FORMAT) in ("iso", "iso8601")
    return {"type": "string", "format": "date"} if iso else {"type": "string"}


def _time(bound: fields.Time, around: Surroundings) -> JSONSchema:
    around.transforms()
    iso = (bound.format or bound.DEFAULT_FORMAT) in ("iso", "iso8601")
    # The format "time" asks for an offset, which a time of day seldom has.
    return {"type": "string", "pattern": f"^{_TIME}{_OFFSET}$"} if iso else {"type": "string"}


def _time_delta(bound: fields.TimeDelta, around: Surroundings) -> JSONSchema:
    around.transforms()
    return {"type": "number", "x-unit": bound.precision}


def _ip(_: Any, around: Surroundings) -> JSONSchema:
    around.transforms()
    return {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}


def _enum(bound: fields.Enum[Any], around: Surroundings) -> JSONSchema:
    around.transforms()
    members: Iterable[Any] = [member.value for member in bound.enum] if bound.by_value else bound.enum.__members__
    written = [bound.field._serialize(member, None, None) for member in members]
    values = simple_values(value for value in written if value is not None)
    if values is None:
        around.refuse("its values are no strings or numbers", "give the members such values, or use their names")
    return {"enum": values}


def _constant(bound: fields.Constant[Any], around: Surroundings) -> JSONSchema:
    around.transforms()
    try:
        return {"const": plain(bound.constant)}
    except NotPlain as error:
        around.refuse(f"its constant {error}", "use a constant that JSON has")


def _list(bound: fields.List[Any], around: Surroundings) -> JSONSchema:
    return {"type": "array", "items": around.within(bound.inner, "[]")}


def _tuple(bound: fields.Tuple, around: Surroundings) -> JSONSchema:
    if around.direction == "input":
        around.transforms()  # a list becomes a tuple
    items = [around.within(part, f"[{index}]") for index, part in enumerate(bound.tuple_fields)]
    if not items:
        return {"type": "array", "maxItems": 0}
    return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}


def _dict(bound: fields.Dict, around: Surroundings) -> JSONSchema:
    result: JSONSchema = {"type": "object"}
    if bound.key_field is not None:
        names = _key(bound.key_field, around)
        if names != {"type": "string"}:
            result["propertyNames"] = names
    if bound.value_field is not None:
        result["additionalProperties"] = around.within(bound.value_field, "{}")
    return result


def _key(bound: Any, around: Surroundings) -> JSONSchema:
    """Of a key, which is a string whatever its field makes of it."""
    if type(bound) is fields.Integer:
        around.transforms()
        return {"pattern": _INTEGER_TEXT}
    result = around.within(bound, "{key}")
    if result.get("type", "string") not in ("string", ["string", "null"]) or "$ref" in result:
        around.refuse(f"the keys of a JSON object are strings, and {type(bound).__name__} is none", "use String keys")
    return result


def _nested(bound: fields.Nested, around: Surroundings) -> JSONSchema:
    schema = bound.schema
    reference = around.referenced(schema, schema.unknown if bound.unknown is None else bound.unknown)
    return {"type": "array", "items": reference} if schema.many or bound.many else reference


def _pluck(bound: fields.Pluck, around: Surroundings) -> JSONSchema:
    around.transforms()
    schema = bound.schema
    one = around.within(schema.fields[bound.field_name], "")
    return {"type": "array", "items": one} if schema.many or bound.many else one


_CONVERTERS: dict[type, Converter] = {
    fields.Raw: _raw,
    Tensor: _tensor,
    fields.String: _string,
    fields.Email: _email,
    fields.Url: _url,
    fields.Integer: _integer,
    fields.Float: _number,
    fields.Decimal: _decimal,
    fields.Boolean: _boolean,
    fields.DateTime: _date_time,
    fields.NaiveDateTime: _date_time,
    fields.AwareDateTime: _date_time,
    fields.Date: _date,
    fields.Time: _time,
    fields.TimeDelta: _time_delta,
    fields.UUID: _written(iso_format="uuid"),
    fields.IP: _ip,
    fields.IPv4: _written(iso_format="ipv4"),
    fields.IPv6: _written(iso_format="ipv6"),
    fields.IPInterface: _written(iso_format=None),
    fields.IPv4Interface: _written(iso_format=None),
    fields.IPv6Interface: _written(iso_format=None),
    fields.Enum: _enum,
    fields.Constant: _constant,
    fields.List: _list,
    fields.Tuple: _tuple,
    fields.Dict: _dict,
    fields.Nested: _nested,
    fields.Pluck: _pluck,
}
