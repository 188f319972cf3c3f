"""What `x-tensor` in a schema asks for, and whether a document has it. Nothing is imported for arrays here.

A tensor is sent as `{"dtype": "<f4", "shape": [8, 8], "data": …}`, the elements in C order as bytes, or as base64 text
where there are no bytes; or as nested arrays of numbers. NaN and Infinity are allowed within bytes.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import ModelRefused
from tornado_ml.models.fault_messages import shown

KEYWORD = "x-tensor"

MAX_RANK = 32
"""As many dimensions as every version of numpy has."""

MAX_BYTES = 2**63 - 1
"""What the dimensions but those of 0 may come to; numpy makes no array beyond."""

Keys = tuple[str | int, ...]
Problem = tuple[Keys, str]
"""Where in a tensor something is wrong, and what."""

_FORM = ("dtype", "shape", "data")


@dataclass(frozen=True, slots=True)
class _Elements:
    """The elements of one dtype: how many bytes each has, and what numbers it holds."""

    size: int
    is_whole: bool
    least: float
    most: float


def _whole(bits: int, *, signed: bool) -> _Elements:
    least = -(2 ** (bits - 1)) if signed else 0
    return _Elements(bits // 8, True, least, least + 2**bits - 1)


def _real(bytes_: int, most: float) -> _Elements:
    return _Elements(bytes_, False, -most, most)


BOOLEANS = "|b1"
REALS = "<f8"

# The largest finite numbers are those of IEEE 754, table 3.5.
_ELEMENTS = {
    BOOLEANS: _Elements(1, True, 0, 1),
    "|i1": _whole(8, signed=True),
    "<i2": _whole(16, signed=True),
    "<i4": _whole(32, signed=True),
    "<i8": _whole(64, signed=True),
    "|u1": _whole(8, signed=False),
    "<u2": _whole(16, signed=False),
    "<u4": _whole(32, signed=False),
    "<u8": _whole(64, signed=False),
    "<f2": _real(2, 65504.0),
    "<f4": _real(4, (2 - 2.0**-23) * 2.0**127),
    REALS: _real(8, (2 - 2.0**-52) * 2.0**1023),
}
DTYPES = tuple(_ELEMENTS)
"""As numpy writes them: byte order, kind, bytes an element."""


@dataclass(frozen=True, slots=True)
class TensorType:
    """Which tensors a place takes.

    Attributes:
        dtype: one of `DTYPES`; None if any of them.
        shape: the dimensions, None for one that is free; None if any shape.
    """

    dtype: str | None
    shape: tuple[int | None, ...] | None

    @classmethod
    def declared(cls, value: object) -> TensorType:
        """What stands behind `x-tensor`. Raises ModelRefused if that cannot be understood."""
        if not isinstance(value, dict) or not value.keys() <= {"dtype", "shape"}:
            raise ModelRefused(f"{KEYWORD} must be an object with dtype and shape, and is {shown(value)}.")
        dtype, shape = value.get("dtype"), value.get("shape")
        if dtype is not None and dtype not in DTYPES:
            raise ModelRefused(
                f"{KEYWORD} has the dtype {shown(dtype)}; it must be one of {', '.join(DTYPES)}, or null."
            )
        if shape is not None and not (
            isinstance(shape, list) and len(shape) <= MAX_RANK and all(n is None or is_dimension(n) for n in shape)
        ):
            raise ModelRefused(
                f"{KEYWORD} has the shape {shown(shape)}; it must be an array of at most {MAX_RANK} whole numbers, null"
                " for one that is free, or null."
            )
        return cls(dtype, None if shape is None else tuple(shape))

    def form(self) -> dict[str, Any]:
        """What a document at this place looks like, for who does not know `x-tensor`; it is looser than `problems`."""
        dimensions: dict[str, Any] = {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": MAX_RANK}
        nested = ["array"]
        if self.shape is not None:
            dimensions |= {"minItems": len(self.shape), "maxItems": len(self.shape)}
            if self.shape:
                dimensions["prefixItems"] = [{} if n is None else {"const": n} for n in self.shape]
        if not self.shape:
            nested += ["number", "boolean"] if self.dtype is None else [self._kind()]
        return {
            "type": ["object", *nested],
            "properties": {
                "dtype": {"enum": list(DTYPES)} if self.dtype is None else {"const": self.dtype},
                "shape": dimensions,
                "data": {"type": "string", "contentEncoding": "base64"},
            },
            "required": list(_FORM),
            "additionalProperties": False,
        }

    def _kind(self) -> str:
        return "boolean" if self.dtype == BOOLEANS else "number"

    def problems(self, value: object) -> Iterator[Problem]:
        """What is wrong with a tensor as it was sent; nothing, if an array can be made of it."""
        if isinstance(value, dict):
            yield from self._wrong_in_document(value)
        elif isinstance(value, list) or (not self.shape and isinstance(value, int | float)):
            yield from self._wrong_in_nested(value)
        else:
            yield (), "must be a tensor: an object with dtype, shape and data, or nested arrays"

    def nested(self, value: Any) -> tuple[str, tuple[int, ...]]:
        """The dtype and shape of nested arrays; where they are free, what the first of each tell."""
        found: list[int] = []
        rank = MAX_RANK if self.shape is None else len(self.shape)
        while isinstance(value, list) and len(found) < rank:
            found.append(len(value))
            value = value[0] if value else None
        dtype = self.dtype or (BOOLEANS if isinstance(value, bool) else REALS)
        if self.shape is None:
            return dtype, tuple(found)
        found += [0] * (rank - len(found))  # what is in an array without items makes no difference
        return dtype, tuple(n if wanted is None else wanted for n, wanted in zip(found, self.shape, strict=True))

    def _wrong_in_document(self, document: dict[str, Any]) -> Iterator[Problem]:
        wrong: list[Problem] = [((key,), "is required") for key in _FORM if key not in document]
        if document.keys() - set(_FORM):
            wrong.append(((), "has keys beside dtype, shape and data"))
        if "dtype" in document:
            wrong += self._wrong_dtype(document["dtype"])
        if "shape" in document:
            wrong += self._wrong_shape(document["shape"])
        if not wrong:
            wrong += _wrong_data(document["data"], document["dtype"], document["shape"])
        yield from wrong

    def _wrong_dtype(self, dtype: object) -> Iterator[Problem]:
        if self.dtype is not None and dtype != self.dtype:
            yield ("dtype",), f'must be "{self.dtype}"'
        elif not isinstance(dtype, str) or dtype not in DTYPES:
            yield ("dtype",), f"must be one of {', '.join(DTYPES)}"

    def _wrong_shape(self, shape: object) -> Iterator[Problem]:
        if not isinstance(shape, list):
            yield ("shape",), "must be an array of whole numbers"
            return
        rank = None if self.shape is None else len(self.shape)
        if len(shape) > MAX_RANK if rank is None else len(shape) != rank:
            yield ("shape",), f"must have {f'at most {MAX_RANK}' if rank is None else rank} dimensions"
            return
        for place, (dimension, wanted) in enumerate(zip(shape, self.shape or [None] * len(shape), strict=True)):
            if not is_dimension(dimension):
                yield ("shape", place), "must be a whole number from 0 on"
            elif wanted is not None and dimension != wanted:
                yield ("shape", place), f"must be {wanted}"

    def _wrong_in_nested(self, value: Any) -> Iterator[Problem]:
        dtype, shape = self.nested(value)
        if _padded_bytes(shape, dtype) > MAX_BYTES:
            yield (), "is larger than an array can be"
        else:
            yield from _wrong_items(value, shape, dtype, ())


def is_dimension(value: object) -> bool:
    return type(value) is int and value >= 0


def tensor_bytes(document: dict[str, Any]) -> bytes:
    """The elements of a tensor document, raw. Raises ValueError if its base64 is none."""
    data = document["data"]
    return data if isinstance(data, bytes) else binascii.a2b_base64(data, strict_mode=True)


def _padded_bytes(shape: Sequence[int], dtype: str) -> int:
    """How large an array would be that had one element where this one has none."""
    size = _ELEMENTS[dtype].size
    for dimension in shape:
        size *= dimension or 1
    return size


def _wrong_data(data: object, dtype: str, shape: list[int]) -> Iterator[Problem]:
    """What is wrong with the elements; their number is looked at before anything is made of them."""
    padded = _padded_bytes(shape, dtype)
    if padded > MAX_BYTES:
        yield ("shape",), "is larger than an array can be"
        return
    size = 0 if 0 in shape else padded
    if isinstance(data, str):
        characters = (size + 2) // 3 * 4
        if len(data) != characters:
            yield ("data",), f"must be {size} bytes for this dtype and shape: {characters} characters of base64"
            return
        try:
            data = binascii.a2b_base64(data, strict_mode=True)
        except ValueError:
            data = None
    if not isinstance(data, bytes):
        yield ("data",), "must be base64, or a byte string where the subprotocol has them"
    elif len(data) != size:
        yield ("data",), f"must be {size} bytes for this dtype and shape, not {len(data)}"
    elif dtype == BOOLEANS and data.translate(None, b"\0\1"):
        yield ("data",), "must be of bytes 0 and 1, for its elements are booleans"


def _wrong_items(value: object, shape: Sequence[int], dtype: str, keys: Keys) -> Iterator[Problem]:
    """What is wrong in nested arrays that should have `shape`."""
    if not shape:
        problem = _wrong_element(value, dtype)
        if problem is not None:
            yield keys, problem
        return
    if not isinstance(value, list):
        yield keys, "must be an array"
        return
    if len(value) != shape[0]:
        yield keys, f"must have {shape[0]} items, not {len(value)}"
        return
    if len(shape) == 1 and _is_row(value, dtype):
        return
    for place, item in enumerate(value):
        yield from _wrong_items(item, shape[1:], dtype, (*keys, place))


def _is_row(row: list[Any], dtype: str) -> bool:
    """Whether all are elements of `dtype`; a quick look that may miss it."""
    kinds = set(map(type, row))
    if dtype == BOOLEANS:
        return kinds <= {bool}
    elements = _ELEMENTS[dtype]
    allowed = {int} if elements.is_whole else {int, float}
    return kinds <= allowed and bool(not row or (elements.least <= min(row) and max(row) <= elements.most))


def _wrong_element(value: object, dtype: str) -> str | None:
    if dtype == BOOLEANS:
        return None if isinstance(value, bool) else "must be a boolean"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    elements = _ELEMENTS[dtype]
    if elements.is_whole and isinstance(value, float) and not value.is_integer():
        return "must be a whole number"
    if not elements.least <= value <= elements.most:
        return f"must be within {elements.least} and {elements.most}, as {dtype} is"
    return None
