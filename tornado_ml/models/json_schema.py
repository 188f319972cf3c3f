"""A JSON Schema as its author wrote it → the one form everything here works on: 2020-12, plain data, self-contained.

Nothing is ever fetched: a reference must be local (`#/$defs/…`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

import jsonschema_rs

from tornado_ml.errors import ModelRefused
from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.plain_data import NotPlain, plain

DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema"

_OLDER_DRAFTS = {
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft/2019-09/schema",
}

_ONE = {
    *("additionalProperties", "additionalItems", "items", "contains", "propertyNames", "not", "if", "then", "else"),
    *("unevaluatedProperties", "unevaluatedItems", "contentSchema"),
}
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_ANNOTATIONS = (
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "$defs",
)

_T = TypeVar("_T")
_Keys = tuple[str | int, ...]


def with_patterns(compile_with: Callable[[Any], _T]) -> _T:
    """What `compile_with` makes of a schema, given the better engine for patterns that knows all of them.

    The other one knows look-around and back-references too, but it backtracks, and that of jsonschema-rs 0.60.3 finds
    `^a+b*a+$` in "a".

    Raises:
        ValueError: the schema is not valid.
    """
    try:
        return compile_with(jsonschema_rs.RegexOptions())
    except ValueError:
        return compile_with(jsonschema_rs.FancyRegexOptions())


def plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `schema` as plain JSON data.

    Raises:
        ModelRefused: it holds something that JSON does not have.
    """
    try:
        copy: dict[str, Any] = plain(schema)
    except NotPlain as error:
        raise ModelRefused(f"The JSON Schema is no plain JSON data: {error.fault.path or 'it'} {error}.") from None
    return copy


def modernised(schema: dict[str, Any], draft: str = DRAFT_2020_12) -> dict[str, Any]:
    """`schema`, which is in the draft that its `$schema` names, or else in `draft`, as 2020-12.

    Drafts 6, 7 and 2019-09 are taken.

    Raises:
        ModelRefused: it is of another draft, or uses what 2020-12 cannot say.
    """
    named = schema.get("$schema", draft)
    declared = named.rstrip("#") if isinstance(named, str) else named
    body = {key: value for key, value in schema.items() if key != "$schema"}
    if declared == DRAFT_2020_12:
        return body
    if declared not in _OLDER_DRAFTS:
        raise ModelRefused(
            f"The JSON Schema declares $schema {named!r}; it must be 2020-12, 2019-09, draft-07 or draft-06."
        )
    modern: dict[str, Any] = _modern(body, (), ref_stands_alone=declared.startswith("http:"))
    return modern


def refuse_remote(schema: object) -> None:
    """Refuses references that leave the document, and embedded documents, within which `#` means something else."""
    for keys, subschema in subschemas(schema):
        for name in ("$ref", "$dynamicRef"):
            target = subschema.get(name, "#")
            if not (isinstance(target, str) and target.startswith("#")):
                raise ModelRefused(
                    f"The JSON Schema refers to {target!r} at {json_pointer((*keys, name))}: only references"
                    " within the schema itself (#/$defs/…) are followed; nothing is ever fetched."
                )
        for name in ("$id", "$schema"):
            if keys and name in subschema:
                raise ModelRefused(
                    f"The JSON Schema has {name} at {json_pointer((*keys, name))}, but it belongs at the top alone."
                )
        if "$recursiveRef" in subschema:
            raise ModelRefused(
                f"The JSON Schema has $recursiveRef at {json_pointer(keys)}: write $ref, or $dynamicRef, instead."
            )


def subschemas(schema: object, keys: _Keys = ()) -> list[tuple[_Keys, dict[str, Any]]]:
    """Every schema object in `schema`, itself first, each with where it stands."""
    if not isinstance(schema, dict):
        return []
    found = [(keys, schema)]
    for name, value in schema.items():
        if name in _ONE:
            found += subschemas(value, (*keys, name))
        if name in _LISTS or (name == "items" and isinstance(value, list)):
            for index, item in enumerate(value if isinstance(value, list) else ()):
                found += subschemas(item, (*keys, name, index))
        if name in _MAPS and isinstance(value, dict):
            for key, item in value.items():
                found += subschemas(item, (*keys, name, key))
    return found


def local_target(root: dict[str, Any], reference: str) -> tuple[_Keys, Any]:
    """Where a local reference (`#`, `#/$defs/flower`, `#anchor`) leads, and what is there; True if there is nothing."""
    fragment = unquote(reference.removeprefix("#"))
    if fragment and not fragment.startswith("/"):
        for keys, subschema in subschemas(root):
            if fragment in (subschema.get("$anchor"), subschema.get("$dynamicAnchor")):
                return keys, subschema
        return (), True
    target: Any = root
    found: list[str | int] = []
    for token in fragment.split("/")[1:]:
        key = int(token) if isinstance(target, list) else token.replace("~1", "/").replace("~0", "~")
        found.append(key)
        target = target[key]
    return tuple(found), target


def _modern(schema: Any, keys: _Keys, *, ref_stands_alone: bool) -> Any:
    if not isinstance(schema, dict):
        return schema

    def inner(value: Any, *more: str | int) -> Any:
        return _modern(value, (*keys, *more), ref_stands_alone=ref_stands_alone)

    modern: dict[str, Any] = {}
    tuple_items = isinstance(schema.get("items"), list)
    for name, value in schema.items():
        match name:
            case "$id" if keys:
                raise ModelRefused(f"The JSON Schema has $id at {json_pointer(keys)}, but it belongs at the top alone.")
            case "$ref" if isinstance(value, str) and value.startswith("#/definitions/"):
                modern["$ref"] = "#/$defs/" + value.removeprefix("#/definitions/")
            case "$ref" if isinstance(value, str) and value not in ("#",) and not value.startswith("#/$defs/"):
                raise ModelRefused(
                    f"The JSON Schema refers to {value!r} at {json_pointer((*keys, '$ref'))}; of an older draft only"
                    " references to # and #/definitions/… are taken."
                )
            case "items" if tuple_items:
                modern["prefixItems"] = [inner(item, name, index) for index, item in enumerate(value)]
            case "additionalItems":
                if tuple_items:  # else it has no meaning
                    modern["items"] = inner(value, name)
            case "dependencies" if isinstance(value, dict):
                for key, needed in value.items():
                    if isinstance(needed, list):
                        modern.setdefault("dependentRequired", {})[key] = needed
                    else:
                        modern.setdefault("dependentSchemas", {})[key] = inner(needed, name, key)
            case "definitions" if isinstance(value, dict):
                modern.setdefault("$defs", {}).update({key: inner(item, name, key) for key, item in value.items()})
            case _ if name in _ONE:
                modern[name] = inner(value, name)
            case _ if name in _LISTS and isinstance(value, list):
                modern[name] = [inner(item, name, index) for index, item in enumerate(value)]
            case _ if name in _MAPS and isinstance(value, dict):
                modern.setdefault(name, {}).update({key: inner(item, name, key) for key, item in value.items()})
            case _:
                modern[name] = value
    if ref_stands_alone and "$ref" in modern:
        # Up to draft 7 the siblings of $ref say nothing; from 2019-09 on they would.
        modern = {key: value for key, value in modern.items() if key == "$ref" or key in _ANNOTATIONS}
    return modern
