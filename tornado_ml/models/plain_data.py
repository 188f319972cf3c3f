"""What a model returns → plain JSON data: dict, list, str, int, float, bool and None, or a named reason why not.

Nothing is imported for arrays: whatever has `tolist()` (numpy, torch, pandas, jax) is asked for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from tornado_ml.errors import Fault
from tornado_ml.models.json_pointer import json_pointer

MAX_DEPTH = 200
"""How deep data may nest; orjson encodes 254 levels, and a prediction is itself inside a message."""

_CONTAINERS = (dict, list, tuple)
_SHORT = 16
_MIN_INT = -(2**63)
_MAX_INT = 2**64 - 1


class NotPlain(Exception):
    """The value has no counterpart in JSON."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.keys: list[str | int] = []
        """Where, from the innermost key outwards."""

    @property
    def fault(self) -> Fault:
        return Fault(json_pointer(reversed(self.keys)), str(self))


def plain(value: object) -> Any:
    """A copy of `value` as plain JSON data, which any JSON encoder takes.

    Arrays and tuples become lists; array scalars, enums of str or int, and other subclasses of the JSON types their
    plain value; a `Decimal` a float.

    Raises:
        NotPlain: NaN or Infinity, an integer beyond 64 bits, a lone surrogate, a key that is no string, any other type,
            more than `MAX_DEPTH` levels, or a structure that contains itself.
    """
    return _plain(value, 0)


def _plain(value: object, depth: int) -> Any:
    convert = _CONVERTERS.get(type(value))
    if convert is not None:
        return convert(value, depth)
    return _unusual(value, depth)


def _unusual(value: object, depth: int) -> Any:
    """For subclasses of the JSON types, and for what is like them."""
    if isinstance(value, str):
        return _text(str.__str__(value), depth)
    if isinstance(value, float):
        return _float(float.__float__(value), depth)
    if isinstance(value, int):
        return _int(int.__int__(value), depth)
    if isinstance(value, Mapping):
        return _object(value, depth)
    if isinstance(value, tuple | list):
        return _array(value, depth)
    if isinstance(value, Decimal):
        return _float(float(value), depth)
    to_list: Callable[[], object] | None = getattr(value, "tolist", None)
    if callable(to_list) and not isinstance(value, type):
        unpacked = to_list()
        if type(unpacked) is not type(value):
            return _plain(unpacked, depth)
    raise NotPlain(f"is of type {type(value).__name__}, which JSON does not have")


def _text(value: Any, _: int) -> str:
    text: str = value
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotPlain("holds half a surrogate pair, which is no Unicode text") from None
    return text


def _int(value: Any, _: int) -> int:
    number: int = value
    if not _MIN_INT <= number <= _MAX_INT:
        raise NotPlain("is an integer beyond 64 bits")
    return number


def _float(value: Any, _: int) -> float:
    number: float = value
    if not math.isfinite(number):
        raise NotPlain(
            "is NaN, which JSON does not have" if math.isnan(number) else "is infinite, which JSON does not have"
        )
    return number


def _as_it_is(value: Any, _: int) -> Any:
    return value


def _array(value: Any, depth: int) -> list[Any]:
    if depth >= MAX_DEPTH:
        raise NotPlain(f"nests deeper than {MAX_DEPTH} levels, or contains itself")
    result: list[Any] = []
    try:
        for item in value:
            result.append(_plain(item, depth + 1))
    except NotPlain as error:
        error.keys.append(len(result))
        raise
    return result


def _object(value: Any, depth: int) -> dict[str, Any]:
    if depth >= MAX_DEPTH:
        raise NotPlain(f"nests deeper than {MAX_DEPTH} levels, or contains itself")
    result: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise NotPlain(f"has a key of type {type(key).__name__}; keys must be strings")
        name = _text(str.__str__(key), depth)
        try:
            result[name] = _plain(item, depth + 1)
        except NotPlain as error:
            error.keys.append(name)
            raise
    return result


_CONVERTERS: dict[type, Callable[[Any, int], Any]] = {
    str: _text,
    int: _int,
    float: _float,
    bool: _as_it_is,
    type(None): _as_it_is,
    list: _array,
    tuple: _array,
    dict: _object,
}


def is_json(document: object) -> bool:
    """Whether there is no NaN, no Infinity and no byte string in a document, which may have come in any codec."""
    if isinstance(document, dict):
        items: Collection[Any] = document.values()
    elif isinstance(document, list | tuple):
        items = document
        if len(items) > _SHORT and isinstance(document[0], float) and _has_finite_sum(items):
            return True
    else:
        return math.isfinite(document) if isinstance(document, float) else not isinstance(document, bytes)
    for item in items:
        if isinstance(item, float):
            if not math.isfinite(item):
                return False
        elif isinstance(item, bytes) or (isinstance(item, _CONTAINERS) and not is_json(item)):
            return False
    return True


def _has_finite_sum(items: Collection[Any]) -> bool:
    # Quicker than to look at each; NaN and Infinity never get lost in a sum.
    try:
        return math.isfinite(sum(items))
    except (TypeError, OverflowError):
        return False
