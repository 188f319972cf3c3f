"""Where two predictions differ."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.tensors import Keys

_TENSOR = {"dtype", "shape", "data"}
_FORMATS = {
    **{"|b1": "?", "|i1": "b", "|u1": "B", "<f2": "e", "<f4": "f", "<f8": "d"},
    **{"<i2": "h", "<i4": "i", "<i8": "q", "<u2": "H", "<u4": "I", "<u8": "Q"},
}


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()
"""Stands where the other one has something."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two documents differ; `path` is a JSON Pointer, `""` the whole."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any, tolerance: float = 0.0, keys: Keys = ()) -> Iterator[Difference]:
    """Each place where two documents differ.

    Args:
        before: a document.
        after: another.
        tolerance: how far numbers may be apart, absolutely or relative to the larger one.
        keys: where they stand.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        if _is_tensor(before) and _is_tensor(after):
            yield from _in_tensors(before, after, tolerance, keys)
            return
        for key in before | after:
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), tolerance, (*keys, key))
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield Difference(json_pointer(keys), f"{len(before)} items", f"{len(after)} items")
        for index, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from differences(one, other, tolerance, (*keys, index))
    elif not _are_alike(before, after, tolerance):
        yield Difference(json_pointer(keys), before, after)


def _are_alike(before: Any, after: Any, tolerance: float) -> bool:
    if _is_number(before) and _is_number(after):
        both_nan = math.isnan(before) and math.isnan(after)
        return both_nan or before == after or math.isclose(before, after, rel_tol=tolerance, abs_tol=tolerance)
    return type(before) is type(after) and bool(before == after)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_tensor(document: dict[str, Any]) -> bool:
    return document.keys() == _TENSOR and isinstance(document["data"], bytes) and document["dtype"] in _FORMATS


def _in_tensors(before: dict[str, Any], after: dict[str, Any], tolerance: float, keys: Keys) -> Iterator[Difference]:
    """The first element that differs stands for all of them."""
    for key in ("dtype", "shape"):
        if before[key] != after[key]:
            yield Difference(json_pointer((*keys, key)), before[key], after[key])
            return
    if before["data"] == after["data"]:
        return
    elements = struct.Struct(f"<{_FORMATS[before['dtype']]}")
    pairs = zip(elements.iter_unpack(before["data"]), elements.iter_unpack(after["data"]), strict=True)
    for number, ((one,), (other,)) in enumerate(pairs):
        if not _are_alike(one, other, tolerance):
            path = json_pointer((*keys, "data"))
            yield Difference(path, f"element {number}: {one}", f"element {number}: {other}")
            return
