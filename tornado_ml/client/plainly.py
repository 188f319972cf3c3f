"""What a caller wants to send → a document, or a word on why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tornado_ml.models.plain_data import MAX_DEPTH, NotPlain, plain
from tornado_ml.models.tensor_places import put_back
from tornado_ml.models.tensors import Keys


def plainly(what: str, value: Any) -> Any:
    """A copy of `value` as plain data, in which byte strings stay what they are: tensors have some.

    Raises:
        ValueError: it is none; names `what` and the place.
    """
    found: list[tuple[Keys, bytes]] = []
    rest = _without_bytes(value, (), found)
    try:
        return put_back(plain(rest), found)
    except NotPlain as error:
        where = f" at {error.fault.path}" if error.fault.path else ""
        raise ValueError(f"The {what}{where} {error.fault.message}.") from error


def _without_bytes(value: Any, keys: Keys, found: list[tuple[Keys, bytes]]) -> Any:
    if isinstance(value, bytes):
        found.append((keys, value))
        return None
    if len(keys) > MAX_DEPTH:
        return value  # too deep anyway
    if isinstance(value, Mapping):
        return {key: _without_bytes(item, (*keys, key), found) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_bytes(item, (*keys, index), found) for index, item in enumerate(value)]
    return value
