"""marshmallow's `dump`, without its coercions.

marshmallow's own turns the number 5 into "5" for a String field and drops keys that the schema does not have, so that
a prediction which is not what the schema says would look as if it were. Here simple values pass as they are, to be
judged by the JSON Schema; only fields that write a value in another form (dates, enums, custom fields) do so; and a key
that the schema does not know is an error unless it excludes or includes such keys.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable, Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, utils

from tornado_ml.models.marshmallow_schema import schema_identity
from tornado_ml.models.plain_data import NotPlain

_AS_THEY_ARE = {
    fields.Field,
    fields.Raw,
    fields.String,
    fields.Email,
    fields.Url,
    fields.Integer,
    fields.Float,
    fields.Boolean,
    fields.Constant,
}


class StrictDump:
    """Call it with a prediction to get it as the schema writes it.

    Raises:
        NotPlain: a value cannot be written as its field writes values, or a key is unknown.
    """

    def __init__(self, schema: ma.Schema) -> None:
        self._schema = schema
        self._strict: dict[tuple[int, str], ma.Schema] = {}

    def __call__(self, value: Any) -> Any:
        return self._dump(self._schema, value, many=self._schema.many, unknown=self._schema.unknown)

    def _dump(self, schema: ma.Schema, value: Any, *, many: bool, unknown: str) -> Any:
        strict = self._strict.get((id(schema), unknown))
        if strict is None:
            strict = self._strict[id(schema), unknown] = copy.copy(schema)
            if type(schema)._serialize is ma.Schema._serialize:
                # Only the inner step is replaced, so the hooks around it run as they always do.
                strict._serialize = functools.partial(self._objects, schema, unknown)  # type: ignore[method-assign]
        return strict.dump(value, many=many)

    def _objects(self, schema: ma.Schema, unknown: str, value: Any, *, many: bool) -> Any:
        if not many or value is None:
            return self._object(schema, unknown, value)
        if not utils.is_collection(value):
            return value  # no array, as the JSON Schema will say
        return [_at(index, self._object, schema, unknown, item) for index, item in enumerate(value)]

    def _object(self, schema: ma.Schema, unknown: str, value: Any) -> Any:
        if value is None or isinstance(value, str | int | float | list) or type(value) is tuple:
            return value  # no object, as the JSON Schema will say
        result: dict[str, Any] = {}
        for name, field in schema.dump_fields.items():
            written = _at(name, self._field_of, field, name, value, schema)
            if written is not ma.missing:
                result[name if field.data_key is None else field.data_key] = written
        if isinstance(value, Mapping):
            known = {(field.attribute or name).split(".")[0] for name, field in schema.declared_fields.items()}
            for key in value.keys() - known:
                if unknown == ma.INCLUDE:
                    result[key] = value[key]
                elif unknown == ma.RAISE:
                    _at(key, _unexpected)
        elif not result and schema.dump_fields:
            raise NotPlain(f"is of type {type(value).__name__}, which has none of the attributes of the schema")
        return result

    def _field_of(self, field: Any, name: str, value: Any, schema: ma.Schema) -> Any:
        if not field._CHECK_ATTRIBUTE and type(field) is not fields.Constant:
            return self._field(field, None, name, value)
        found = field.get_value(value, name, accessor=schema.get_attribute)
        if found is ma.missing:
            found = field.dump_default() if callable(field.dump_default) else field.dump_default
        return found if found is ma.missing else self._field(field, found, name, value)

    def _field(self, field: Any, value: Any, name: str, owner: Any) -> Any:
        kind = type(field)
        if value is None and field._CHECK_ATTRIBUTE:
            return None
        if kind in _AS_THEY_ARE and not getattr(field, "as_string", False):
            return value
        if kind is fields.Nested:
            return self._nested(field, value)
        if kind is fields.List:
            return self._items([field.inner] * len(value), value, name, owner) if _is_array(value) else value
        if kind is fields.Tuple:
            fits = _is_array(value) and len(value) == len(field.tuple_fields)
            return self._items(field.tuple_fields, value, name, owner) if fits else value
        if kind is fields.Dict:
            return self._entries(field, value) if isinstance(value, Mapping) else value
        if kind is fields.Pluck:
            return self._plucked(field, value)
        if isinstance(field, fields.Number):
            _check_number(field, value)
        try:
            return field._serialize(value, name, owner)
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
            raise NotPlain(
                f"is of type {type(value).__name__}, which a field of type {kind.__name__} cannot write"
            ) from error

    def _nested(self, field: fields.Nested, value: Any) -> Any:
        schema = field.schema
        unknown = schema.unknown if field.unknown is None else field.unknown
        return self._dump(schema, value, many=schema.many or bool(field.many), unknown=unknown)

    def _plucked(self, field: fields.Pluck, value: Any) -> Any:
        written = self._nested(field, value)
        key = field._field_data_key
        try:
            return [item[key] for item in written] if field.many else written[key]
        except (LookupError, TypeError) as error:
            raise NotPlain(f"has no {field.field_name}, which is what is written of it") from error

    def _items(self, parts: Iterable[Any], value: Any, name: str, owner: Any) -> list[Any]:
        pairs = enumerate(zip(parts, value, strict=True))
        return [_at(index, self._field, part, item, name, owner) for index, (part, item) in pairs]

    def _entries(self, field: Any, value: Mapping[Any, Any]) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key, item in value.items():
            name = key if field.key_field is None else self._field(field.key_field, key, str(key), None)
            result[name] = (
                item if field.value_field is None else _at(name, self._field, field.value_field, item, name, value)
            )
        return result


def _is_array(value: object) -> bool:
    return utils.is_collection(value) and hasattr(value, "__len__")


def _check_number(field: Any, value: Any) -> None:
    """Refuses what marshmallow would make a number of, or round."""
    if isinstance(value, str | bool) or not hasattr(value, "__float__"):
        raise NotPlain(f"must be a number, not of type {type(value).__name__}")
    if isinstance(field, fields.Integer) and not float(value).is_integer():
        raise NotPlain("must be a whole number")


def _unexpected() -> None:
    raise NotPlain("is not expected")


def _at(key: str | int, function: Any, *arguments: Any) -> Any:
    """The result of `function`; what it finds wrong is under `key`."""
    try:
        return function(*arguments)
    except NotPlain as error:
        error.keys.append(key)
        raise


def loading_what_it_dumps(schema: ma.Schema) -> ma.Schema:
    """A copy of `schema`, and of the schemas nested in it, whose `load` takes the keys that their `dump` writes."""
    copies: dict[Any, ma.Schema] = {}

    def schema_copy(original: ma.Schema) -> ma.Schema:
        identity = schema_identity(original)
        if identity not in copies:
            clone = copies[identity] = copy.copy(original)
            clone.load_fields = {name: field_copy(field) for name, field in original.dump_fields.items()}
        return copies[identity]

    def field_copy(original: Any) -> Any:
        clone = copy.copy(original)
        if isinstance(original, fields.Nested):
            clone._schema = schema_copy(original.schema)
        elif isinstance(original, fields.List):
            clone.inner = field_copy(original.inner)
        elif isinstance(original, fields.Tuple):
            clone.tuple_fields = [field_copy(part) for part in original.tuple_fields]
        elif isinstance(original, fields.Dict) and original.value_field is not None:
            clone.value_field = field_copy(original.value_field)
        return clone

    return schema_copy(schema)
