"""Numbers as their schema names them: `5.0` becomes 5 where a schema says integer.

To JSON Schema 5.0 is an integer, to Python code it is none (`range(5.0)`), and JavaScript clients cannot say which of
the two they mean. A schema without integers costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import jsonschema_rs

from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.json_schema import local_target, subschemas, with_patterns

Conversion = Callable[[Any], Any]
_Keys = tuple[str | int, ...]


def number_conversion(schema: dict[str, Any], *, floats: bool = False) -> Conversion | None:
    """What makes of a document that fits `schema` one with the numbers as the schema names them; None if nothing would.

    The document is never changed; the result shares with it what is the same. Of `anyOf` and `oneOf` the first
    alternative that the document fits counts; `unevaluatedProperties`, `unevaluatedItems` and `contains` count not.

    Args:
        schema: a valid JSON Schema 2020-12 whose references are local.
        floats: also turn integers into floats where the schema says number.
    """
    plan = _Plan(schema, floats)
    if not any(plan.at_type(subschema) for _, subschema in subschemas(schema)):
        return None
    return plan.compiled(schema, ())


class _Plan:
    def __init__(self, root: dict[str, Any], floats: bool) -> None:
        self._root = root
        self._floats = floats
        self._targets: dict[str, Conversion | None] = {}

    def at_type(self, schema: dict[str, Any]) -> Conversion | None:
        """What the schema's own `type` asks for."""
        types = schema.get("type", ())
        types = (types,) if isinstance(types, str) else types
        if "number" in types:
            return _float if self._floats else None
        return _whole if "integer" in types else None

    def compiled(self, schema: Any, keys: _Keys, here: frozenset[str] = frozenset()) -> Conversion | None:
        """The conversion for the subschema at `keys`; `here` are the references that led to it for the same value."""
        if not isinstance(schema, dict):
            return None
        steps = [
            self.at_type(schema),
            self._reference(schema, here),
            self._object(schema, keys),
            self._array(schema, keys),
            *(self.compiled(part, (*keys, "allOf", i), here) for i, part in enumerate(schema.get("allOf", ()))),
            self._alternatives(schema, keys, "anyOf", here),
            self._alternatives(schema, keys, "oneOf", here),
            self._condition(schema, keys, here),
        ]
        return _in_turn([step for step in steps if step is not None])

    def _reference(self, schema: dict[str, Any], here: frozenset[str]) -> Conversion | None:
        reference = schema.get("$ref", schema.get("$dynamicRef"))
        if reference is None or reference in here:
            return None
        if reference not in self._targets:
            self._targets[reference] = None  # stands in while the target, which may refer to itself, is compiled
            keys, target = local_target(self._root, reference)
            self._targets[reference] = self.compiled(target, keys, here | {reference})
        targets = self._targets

        def follow(value: Any) -> Any:
            convert = targets[reference]
            return value if convert is None else convert(value)

        return follow

    def _object(self, schema: dict[str, Any], keys: _Keys) -> Conversion | None:
        properties = schema.get("properties", {})
        named = {name: self.compiled(part, (*keys, "properties", name)) for name, part in properties.items()}
        patterns = [
            (_finder(pattern), self.compiled(part, (*keys, "patternProperties", pattern)))
            for pattern, part in schema.get("patternProperties", {}).items()
        ]
        others = self.compiled(schema.get("additionalProperties"), (*keys, "additionalProperties"))
        if others is None and not any(convert for _, convert in patterns):
            wanted = [(name, convert) for name, convert in named.items() if convert is not None]
            return _properties(wanted) if wanted else None

        def for_key(key: str) -> Conversion | None:
            applying = [named[key]] if key in named else []
            applying += [convert for is_found, convert in patterns if is_found(key)]
            return _in_turn([convert for convert in applying or [others] if convert is not None])

        return _every_property(for_key)

    def _array(self, schema: dict[str, Any], keys: _Keys) -> Conversion | None:
        first = [self.compiled(p, (*keys, "prefixItems", i)) for i, p in enumerate(schema.get("prefixItems", ()))]
        rest = self.compiled(schema.get("items"), (*keys, "items"))
        return _items(first, rest) if rest or any(first) else None

    def _alternatives(self, schema: dict[str, Any], keys: _Keys, name: str, here: frozenset[str]) -> Conversion | None:
        parts = [self.compiled(part, (*keys, name, index), here) for index, part in enumerate(schema.get(name, ()))]
        if not any(parts):
            return None
        branches = [(self._validator((*keys, name, index)), part) for index, part in enumerate(parts)]

        def convert(value: Any) -> Any:
            for validator, part in branches:
                if validator.is_valid(value):
                    return value if part is None else part(value)
            return value

        return convert

    def _condition(self, schema: dict[str, Any], keys: _Keys, here: frozenset[str]) -> Conversion | None:
        if "if" not in schema:
            return None
        then = self.compiled(schema.get("then"), (*keys, "then"), here)
        otherwise = self.compiled(schema.get("else"), (*keys, "else"), here)
        if then is None and otherwise is None:
            return None
        condition = self._validator((*keys, "if"))

        def convert(value: Any) -> Any:
            part = then if condition.is_valid(value) else otherwise
            return value if part is None else part(value)

        return convert

    @cached_property
    def _validators(self) -> jsonschema_rs.ValidatorMap:
        return with_patterns(
            lambda engine: jsonschema_rs.validator_map_for(
                self._root, validate_formats=True, offline=True, pattern_options=engine
            )
        )

    def _validator(self, keys: _Keys) -> jsonschema_rs.Validator:
        return self._validators["#" + json_pointer(keys)]


def _finder(pattern: str) -> Callable[[str], bool]:
    return with_patterns(
        lambda engine: jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=engine)
    ).is_valid


def _whole(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value


def _float(value: Any) -> Any:
    return float(value) if type(value) is int else value


def _in_turn(steps: list[Conversion]) -> Conversion | None:
    if len(steps) < 2:
        return steps[0] if steps else None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return convert


def _properties(wanted: list[tuple[str, Conversion]]) -> Conversion:
    def convert(value: Any) -> Any:
        if type(value) is not dict:
            return value
        result = value
        for name, part in wanted:
            if name in value:
                new = part(value[name])
                if new is not value[name]:
                    if result is value:
                        result = value.copy()
                    result[name] = new
        return result

    return convert


def _every_property(for_key: Callable[[str], Conversion | None]) -> Conversion:
    def convert(value: Any) -> Any:
        if type(value) is not dict:
            return value
        return {key: item if (part := for_key(key)) is None else part(item) for key, item in value.items()}

    return convert


def _items(first: list[Conversion | None], rest: Conversion | None) -> Conversion:
    def convert(value: Any) -> Any:
        if type(value) is not list:
            return value
        parts = first[: len(value)] + [rest] * (len(value) - len(first))
        return [item if part is None else part(item) for item, part in zip(value, parts, strict=True)]

    return convert
