"""marshmallow's validators → JSON Schema keywords that say the same, or less."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from marshmallow import fields, validate

from tornado_ml.models.plain_data import plain
from tornado_ml.models.regular_expressions import NotPortable, portable_pattern

JSONSchema = dict[str, Any]

_MAX_CHOICES = 1000
_EXACT = 2**53
"""Integers nearer to 0 are floats too, one for one."""

_LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}


class RuleRefused(ValueError):
    """Neither JSON Schema nor marshmallow can be asked about this rule."""

    def __init__(self, why: str, instead: str) -> None:
        super().__init__(why)
        self.why = why
        self.instead = instead


def constraint(rule: Any, kind: type, json_type: object) -> JSONSchema | None:
    """What the validator `rule` says of a document.

    Args:
        rule: it judges the value as it stands in the document.
        kind: the type of field that it belongs to.
        json_type: the `type` of that field's JSON Schema.

    Returns:
        None if JSON Schema cannot say it, so that marshmallow has to be asked.

    Raises:
        RuleRefused: it is better said in another way.
    """
    match type(rule):
        case validate.Range | validate.Length | validate.Regexp if kind is fields.Raw:
            raise RuleRefused(
                f"{type(rule).__name__} fails on some of the values that a Raw field takes", "use a field of one type"
            )
        case validate.Range if kind in (fields.Integer, fields.Float):
            return _range(rule, kind)
        case validate.Length if isinstance(json_type, str) and json_type in _LENGTHS:
            return _length(rule, _LENGTHS[json_type])
        case validate.Regexp if json_type == "string":
            return _pattern(rule)
        case validate.Equal:
            return _one_of([rule.comparable])
        case validate.OneOf:
            return _one_of(rule.choices)
        case validate.NoneOf:
            return _none_of(rule.iterable)
        case validate.ContainsOnly if kind is fields.List:
            return _each(_one_of(rule.choices))
        case validate.ContainsNoneOf if kind is fields.List:
            return _each(_none_of(rule.iterable))
    return None


def simple_values(values: Iterable[Any]) -> list[Any] | None:
    """Each value once, as plain data; None if one is not simple, or a number that int and float may not agree on."""
    unique: dict[tuple[bool, Any], Any] = {}
    for value in values:
        if value is not None and not isinstance(value, str | int | float):
            return None
        if isinstance(value, int | float) and not abs(value) < _EXACT:
            return None
        unique.setdefault((isinstance(value, bool), value), plain(value))
    return list(unique.values())


def _range(rule: validate.Range, kind: type) -> JSONSchema | None:
    result: JSONSchema = {}
    for bound, name in (
        (rule.min, "minimum" if rule.min_inclusive else "exclusiveMinimum"),
        (rule.max, "maximum" if rule.max_inclusive else "exclusiveMaximum"),
    ):
        if bound is None:
            continue
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            return None
        if kind is fields.Float and abs(bound) >= _EXACT:
            return None  # marshmallow compares the nearest float, JSON Schema the number itself
        result[name] = bound
    return result


def _length(rule: validate.Length, suffix: str) -> JSONSchema | None:
    least, most = (rule.min, rule.max) if rule.equal is None else (rule.equal, rule.equal)
    limits = {f"min{suffix}": least, f"max{suffix}": most}
    if any(limit is not None and (type(limit) is not int or limit < 0) for limit in limits.values()):
        return None
    return {name: limit for name, limit in limits.items() if limit is not None}


def _pattern(rule: Any) -> JSONSchema:
    try:
        return {"pattern": portable_pattern(rule.regex)}
    except NotPortable as error:
        raise RuleRefused(
            f"its regular expression uses {error}, which JSON Schema cannot say in the same way",
            "write it without, or check it in a method with @validates",
        ) from error


def _one_of(choices: Any) -> JSONSchema | None:
    listed = _listed(choices)
    return None if listed is None else {"enum": listed}


def _none_of(values: Any) -> JSONSchema | None:
    listed = _listed(values)
    if listed is None:
        return None
    # To Python True is 1 and False is 0; to JSON Schema they are not.
    numbers = [value for value in listed if isinstance(value, int | float) and value in (0, 1)]
    twins = [int(value) if isinstance(value, bool) else bool(value) for value in numbers]
    return {"not": {"enum": simple_values([*listed, *twins])}}


def _each(item: JSONSchema | None) -> JSONSchema | None:
    # Not beside the `items` of the field itself.
    return None if item is None else {"allOf": [{"items": item}]}


def _listed(values: Any) -> list[Any] | None:
    """The values in a container that tells by equality what is in it (a str, say, does not), if they are simple."""
    if not isinstance(values, list | tuple | range | set | frozenset | dict) or len(values) > _MAX_CHOICES:
        return None
    return simple_values(sorted(values, key=repr) if isinstance(values, set | frozenset) else values)
