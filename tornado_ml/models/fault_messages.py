"""What the validator finds wrong → faults in words that the person who sent the document understands.

A message never repeats the document: what was sent may be long, or private.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import jsonschema_rs
import orjson

from tornado_ml.errors import Fault
from tornado_ml.models.json_pointer import json_pointer

MAX_FAULTS = 100
"""More faults than this are not listed."""

_MAX_CHARACTERS = 200
"""How much of an author's enum, constant or pattern a message repeats."""

_MAX_NAME_CHARACTERS = 200
"""An unknown key that is longer is not repeated in a path."""

_TYPES = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}

_FORMATS = {
    "date": "a date, like 2026-01-31",
    "date-time": "a date and time with an offset, like 2026-01-31T12:00:00Z",
    "time": "a time with an offset, like 12:00:00Z",
    "duration": "a duration, like PT1H30M",
    "email": "an email address",
    "idn-email": "an email address",
    "hostname": "a host name",
    "idn-hostname": "a host name",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "uri": "an absolute URL",
    "iri": "an absolute URL",
    "uuid": "a UUID",
    "regex": "a regular expression",
}

Error = jsonschema_rs.ValidationError


def faults_of(errors: Iterable[Error]) -> list[Fault]:
    """At most `MAX_FAULTS` faults, each once."""
    found = dict.fromkeys(islice(_faults(errors, ()), 4 * MAX_FAULTS))
    return list(islice(found, MAX_FAULTS))


def shown(value: object) -> str:
    """A value from a schema as JSON, cut where it gets long."""
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):
        text = str(value)
    return shortened(text)


def shortened(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"


def _faults(errors: Iterable[Error], prefix: tuple[str | int, ...]) -> Iterator[Fault]:
    for error in errors:
        place = (*prefix, *error.instance_path)
        explain = _EXPLAINERS.get(type(error.kind))
        if explain is not None:
            yield from explain(error, place)
        else:
            yield Fault(json_pointer(place), f"does not fit the schema ({error.kind.name})")


_Place = tuple[str | int, ...]
_Explainer = Callable[[Error, _Place], Iterable[Fault]]


def _says(message: Callable[[Any, Any], str]) -> _Explainer:
    """For a kind that is explained by one sentence about its place."""

    def explain(error: Error, place: _Place) -> Iterable[Fault]:
        yield Fault(json_pointer(place), message(error.kind, error.instance))

    return explain


def _type(kind: Any, instance: object) -> str:
    return _must_be(kind.types, instance)


def _must_be(types: Iterable[str], instance: object) -> str:
    names = [name for name in _TYPES if name in set(types)]
    if "integer" in names and type(instance) is float:
        return "must be a whole number"
    if len(names) == len(_TYPES) - 2 and instance is None:  # all but null, and integer, which is a number too
        return "must not be null"
    # null last: "a number or null" reads better than "null or a number".
    wanted = [_TYPES[name] for name in names if name != "null"] + ["null"] * ("null" in names)
    return f"must be {_either(wanted)}, not {_TYPES[_type_of(instance)]}"


def _type_of(instance: object) -> str:
    if instance is None:
        return "null"
    if isinstance(instance, bool):
        return "boolean"
    if isinstance(instance, int | float):
        return "number"
    if isinstance(instance, str):
        return "string"
    return "object" if isinstance(instance, dict) else "array"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _count(limit: int, thing: str) -> str:
    return f"{limit} {thing if limit == 1 else thing + 's'}"


def _at_least(limit: int, thing: str) -> str:
    return "must not be empty" if limit == 1 else f"must have at least {_count(limit, thing)}"


def _one_of(options: Iterable[Any]) -> str:
    texts = [shown(option) for option in options]
    listed: list[str] = []
    for text in texts:
        if sum(map(len, listed)) + len(text) > _MAX_CHARACTERS and listed:
            return f"{', '.join(listed)} … ({len(texts)} in all)"
        listed.append(text)
    return _either(listed) if listed else "nothing"


def _format_name(name: str) -> str:
    return _FORMATS.get(name, f"of the format {name}")


def _not(kind: Any, _: object) -> str:
    schema = kind.schema
    if isinstance(schema, dict) and schema.keys() == {"enum"}:
        return f"must not be {_one_of(schema['enum'])}"
    if isinstance(schema, dict) and schema.keys() == {"const"}:
        return f"must not be {shown(schema['const'])}"
    return "is not allowed here"


def _required(error: Error, place: _Place) -> Iterable[Fault]:
    yield Fault(json_pointer((*place, error.kind.property)), "is required")  # type: ignore[attr-defined]


def _unexpected(error: Error, place: _Place) -> Iterable[Fault]:
    for key in error.kind.unexpected:  # type: ignore[attr-defined]
        if len(key) > _MAX_NAME_CHARACTERS:
            yield Fault(json_pointer(place), "has a very long key that is not expected")
        else:
            yield Fault(json_pointer((*place, key)), "is not expected")


def _name(error: Error, place: _Place) -> Iterable[Fault]:
    inner: Error = error.kind.error  # type: ignore[attr-defined]
    key = str(inner.instance)
    where = place if len(key) > _MAX_NAME_CHARACTERS else (*place, key)
    for fault in _faults([inner], ()):
        yield Fault(json_pointer(where), f"has a name that does not fit: it {fault.message}")


def _alternatives(error: Error, place: _Place) -> Iterable[Fault]:
    """Explains the one alternative that was meant, where that can be told; else says what kinds there are."""
    branches: list[list[Error]] = error.kind.context  # type: ignore[attr-defined]
    depth = len(error.instance_path)

    def kinds(branch: list[Error], name: str, below: int = 0) -> list[Any]:
        """The errors of one kind about this value, or about what is so far below it."""
        return [e.kind for e in branch if e.kind.name == name and len(e.instance_path) == depth + below]

    wrong_types = {name for branch in branches for kind in kinds(branch, "type") for name in kind.types}
    meant = [branch for branch in branches if not kinds(branch, "type")]
    if not meant and wrong_types:
        yield Fault(json_pointer(place), _must_be(wrong_types, error.instance))
        return
    if len(meant) > 1:
        # A key that tells the alternatives apart (`"kind": "circle"`) rules out those with another value.
        told = [branch for branch in meant if not kinds(branch, "const", below=1) + kinds(branch, "enum", below=1)]
        meant = told or meant
    formats = [kind.format for branch in meant if len(branch) == 1 for kind in kinds(branch, "format")]
    if len(meant) == 1:
        yield from _faults(meant[0], place[: len(place) - depth])
    elif len(formats) == len(meant):
        yield Fault(json_pointer(place), f"must be {_either([_format_name(name) for name in formats])}")
    else:
        yield Fault(json_pointer(place), f"fits none of the {len(branches)} forms that are allowed here")


_K = jsonschema_rs.ValidationErrorKind
_EXPLAINERS: dict[type[Any], _Explainer] = {
    _K.Type: _says(_type),
    _K.Required: _required,
    _K.AdditionalProperties: _unexpected,
    _K.UnevaluatedProperties: _unexpected,
    _K.PropertyNames: _name,
    _K.AnyOf: _alternatives,
    _K.OneOfNotValid: _alternatives,
    _K.OneOfMultipleValid: _says(lambda _, __: "fits more than one of the forms of which one is allowed here"),
    _K.Minimum: _says(lambda kind, _: f"must be at least {kind.limit}"),
    _K.Maximum: _says(lambda kind, _: f"must be at most {kind.limit}"),
    _K.ExclusiveMinimum: _says(lambda kind, _: f"must be more than {kind.limit}"),
    _K.ExclusiveMaximum: _says(lambda kind, _: f"must be less than {kind.limit}"),
    _K.MultipleOf: _says(lambda kind, _: f"must be a multiple of {kind.multiple_of}"),
    _K.MinLength: _says(lambda kind, _: _at_least(kind.limit, "character")),
    _K.MaxLength: _says(lambda kind, _: f"must have at most {_count(kind.limit, 'character')}"),
    _K.MinItems: _says(lambda kind, _: _at_least(kind.limit, "item")),
    _K.MaxItems: _says(lambda kind, _: f"must have at most {_count(kind.limit, 'item')}"),
    _K.MinProperties: _says(lambda kind, _: _at_least(kind.limit, "key")),
    _K.MaxProperties: _says(lambda kind, _: f"must have at most {_count(kind.limit, 'key')}"),
    _K.UniqueItems: _says(lambda _, __: "must not have the same item twice"),
    _K.Contains: _says(lambda _, __: "does not have enough of the items that are asked for"),
    _K.Enum: _says(lambda kind, _: f"must be {_one_of(kind.options)}"),
    _K.Constant: _says(lambda kind, _: f"must be {shown(kind.expected_value)}"),
    _K.Pattern: _says(lambda kind, _: f"must match the pattern {shortened(kind.pattern)}"),
    _K.Format: _says(lambda kind, _: f"must be {_format_name(kind.format)}"),
    _K.Not: _says(_not),
    _K.FalseSchema: _says(lambda _, __: "is not expected"),
    _K.UnevaluatedItems: _says(lambda _, __: "has items that are not expected"),
}
