"""NaN and Infinity, which JSON does not have, and which the compiled validator takes for null.

So they have to be looked for in a document, but only where its schema would let null pass.
"""

from __future__ import annotations

from collections.abc import Collection
from math import isfinite
from typing import Any

from tornado_ml.models.json_schema import local_target

_MAX_STEPS = 1000
_CONTAINERS = (dict, list, tuple)
_SHORT = 16


def keeps_null_out(schema: dict[str, Any]) -> bool:
    """Whether it is certain that no document that fits `schema` holds null anywhere.

    It is not where the search would take long.
    """
    return _Search(schema).closed(schema)


class _Search:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._steps_left = _MAX_STEPS

    def closed(self, schema: Any, above: frozenset[str] = frozenset(), here: frozenset[str] = frozenset()) -> bool:
        """Whether it is certain that null is nowhere in a value that fits `schema`.

        `above` and `here` are the references being followed, in the objects and arrays around this value, and for the
        value itself. Null would stand at some finite depth: so a schema that refers to itself for what is inside it
        keeps null out if everything else in it does.
        """
        self._steps_left -= 1
        if not isinstance(schema, dict) or self._steps_left < 0:
            return schema is False
        if any(name in schema and not _holds_null(schema[name]) for name in ("enum", "const")):
            return True
        reference = schema.get("$ref")
        if reference is not None and reference not in here:
            target = local_target(self._root, reference)[1]
            if reference in above or self.closed(target, above, here | {reference}):
                return True

        def closed_here(part: Any) -> bool:
            return self.closed(part, above, here)

        if any(map(closed_here, schema.get("allOf", ()))):
            return True
        if any(name in schema and all(map(closed_here, schema[name])) for name in ("anyOf", "oneOf")):
            return True
        types = schema.get("type", "null")
        types = [types] if isinstance(types, str) else types
        if "null" in types:
            return False
        inner: list[Any] = []
        if "object" in types:
            inner += [schema.get("additionalProperties", True), *schema.get("properties", {}).values()]
            inner += schema.get("patternProperties", {}).values()
        if "array" in types:
            inner += [schema.get("items", True), *schema.get("prefixItems", ())]
        return all(self.closed(part, above | here) for part in inner)


def _holds_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_null, value.values()))
    return any(map(_holds_null, value)) if isinstance(value, list) else value is None


def is_finite(document: object) -> bool:
    """Whether there is no NaN and no Infinity in the document."""
    if isinstance(document, dict):
        items: Collection[Any] = document.values()
    elif isinstance(document, list | tuple):
        items = document
        if len(items) > _SHORT and isinstance(document[0], float) and _has_finite_sum(items):
            return True
    else:
        return not isinstance(document, float) or isfinite(document)
    for item in items:
        if isinstance(item, float):
            if not isfinite(item):
                return False
        elif isinstance(item, _CONTAINERS) and not is_finite(item):
            return False
    return True


def _has_finite_sum(items: Collection[Any]) -> bool:
    # Quicker than to look at each; NaN and Infinity never get lost in a sum.
    try:
        return isfinite(sum(items))
    except (TypeError, OverflowError):
        return False
