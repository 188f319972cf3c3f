"""What is a tensor, and what is wrong with what is none."""

from __future__ import annotations

import base64
import math
import tracemalloc
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tornado_ml.errors import ModelRefused
from tornado_ml.models.tensors import DTYPES, TensorType, tensor_bytes
from tornado_ml.models.validator import Validator

ANY = TensorType(None, None)
IMAGE = TensorType("|u1", (2, 3))
WEIGHTS = TensorType("<f4", (None, 2))
FLAG = TensorType("|b1", ())


def sent(dtype: Any = "|u1", shape: Any = (2, 3), data: Any = bytes(6)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data": data}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IMAGE, sent()),
        (IMAGE, sent(data="AAAAAAAA")),
        (IMAGE, [[1, 2, 3], [4, 5, 255]]),
        (IMAGE, [[1, 2, 3], [4, 5.0, 6]]),
        (WEIGHTS, sent("<f4", (0, 2), b"")),
        (WEIGHTS, sent("<f4", (0, 2), "")),
        (WEIGHTS, sent("<f4", (3, 2), np.full(6, math.nan, "<f4").tobytes())),
        (WEIGHTS, []),
        (WEIGHTS, [[1, -2.5], [3.4e38, 2**60]]),
        (FLAG, True),
        (FLAG, sent("|b1", (), b"\1")),
        (TensorType(None, ()), 5),
        (ANY, 5),
        (ANY, [[True], [False]]),
        (ANY, [[], []]),
        (ANY, [1, 2.5, 2**64 - 1]),
        (ANY, sent("<f2", (2, 1, 1, 2), bytes(8))),
    ],
)
def test_what_is_a_tensor(kind: TensorType, value: object) -> None:
    assert list(kind.problems(value)) == []


NO_BYTES = "must be base64, or a byte string where the subprotocol has them"
NO_BYTE = "must be within 0 and 255, as |u1 is"
NO_NUMBER = "must be a number"
NO_SINGLE = "must be within -3.4028234663852886e+38 and 3.4028234663852886e+38, as <f4 is"
SIX = "must be 6 bytes for this dtype and shape"


@pytest.mark.parametrize(
    ("kind", "value", "problems"),
    [
        (IMAGE, None, [((), "must be a tensor: an object with dtype, shape and data, or nested arrays")]),
        (IMAGE, 5, [((), "must be a tensor: an object with dtype, shape and data, or nested arrays")]),
        (IMAGE, b"", [((), "must be a tensor: an object with dtype, shape and data, or nested arrays")]),
        (ANY, "5", [((), "must be a tensor: an object with dtype, shape and data, or nested arrays")]),
        (IMAGE, {}, [(("dtype",), "is required"), (("shape",), "is required"), (("data",), "is required")]),
        (IMAGE, {**sent(), "order": "C"}, [((), "has keys beside dtype, shape and data")]),
        (IMAGE, sent(dtype="<f4"), [(("dtype",), 'must be "|u1"')]),
        (IMAGE, sent(dtype=["|u1"]), [(("dtype",), 'must be "|u1"')]),
        (ANY, sent(dtype="|O"), [(("dtype",), f"must be one of {', '.join(DTYPES)}")]),
        (ANY, sent(dtype=">f4"), [(("dtype",), f"must be one of {', '.join(DTYPES)}")]),
        (ANY, sent(dtype=["|u1"]), [(("dtype",), f"must be one of {', '.join(DTYPES)}")]),
        (IMAGE, {**sent(), "shape": 6}, [(("shape",), "must be an array of whole numbers")]),
        (IMAGE, sent(shape=[6]), [(("shape",), "must have 2 dimensions")]),
        (ANY, sent(shape=[1] * 33), [(("shape",), "must have at most 32 dimensions")]),
        (IMAGE, sent(shape=[3, 2]), [(("shape", 0), "must be 2"), (("shape", 1), "must be 3")]),
        (ANY, sent(shape=[-2, -3]), [(("shape", i), "must be a whole number from 0 on") for i in (0, 1)]),
        (ANY, sent(shape=[True, 6.0]), [(("shape", i), "must be a whole number from 0 on") for i in (0, 1)]),
        (ANY, sent(shape=[2**40, 2**40]), [(("shape",), "is larger than an array can be")]),
        (ANY, sent(shape=[0, 2**63], data=b""), [(("shape",), "is larger than an array can be")]),
        (ANY, sent(shape=[2**62], data=b""), [(("data",), f"must be {2**62} bytes for this dtype and shape, not 0")]),
        (IMAGE, sent(data=bytes(5)), [(("data",), f"{SIX}, not 5")]),
        (IMAGE, sent(data="AAAA"), [(("data",), f"{SIX}: 8 characters of base64")]),
        (IMAGE, sent(data="AAAAAA=="), [(("data",), f"{SIX}, not 4")]),
        (IMAGE, sent(data="AAA\nAAAA"), [(("data",), NO_BYTES)]),
        (IMAGE, sent(data="AAAAAAA_"), [(("data",), NO_BYTES)]),
        (IMAGE, sent(data="AAAAAAAé"), [(("data",), NO_BYTES)]),
        (IMAGE, sent(data=[0] * 6), [(("data",), NO_BYTES)]),
        (FLAG, sent("|b1", (), b"\2"), [(("data",), "must be of bytes 0 and 1, for its elements are booleans")]),
        (IMAGE, [[1, 2, 3]], [((), "must have 2 items, not 1")]),
        (IMAGE, [[1, 2], [1, 2, 3, 4]], [((0,), "must have 3 items, not 2"), ((1,), "must have 3 items, not 4")]),
        (IMAGE, [[1, 2, 3], 4], [((1,), "must be an array")]),
        (IMAGE, [4, [1, 2, 3]], [((0,), "must be an array")]),
        (IMAGE, [[1, 2, [3]], [4, 5, 6]], [((0, 2), NO_NUMBER)]),
        (IMAGE, [[1, True, "3"], [4, 5, None]], [((0, 1), NO_NUMBER), ((0, 2), NO_NUMBER), ((1, 2), NO_NUMBER)]),
        (
            IMAGE,
            [[1, 300, 3], [-1, 5.5, 6]],
            [((0, 1), NO_BYTE), ((1, 0), NO_BYTE), ((1, 1), "must be a whole number")],
        ),
        (WEIGHTS, [[1, 1e39]], [((0, 1), NO_SINGLE)]),
        (WEIGHTS, [[1, 2], [1]], [((1,), "must have 2 items, not 1")]),
        (FLAG, 1, [((), "must be a boolean")]),
        (FLAG, sent("|u1", (), b"\1"), [(("dtype",), 'must be "|b1"')]),
        (ANY, [[1], [True]], [((1, 0), NO_NUMBER)]),
        (ANY, [[1], [1, 2]], [((1,), "must have 1 items, not 2")]),
        (TensorType("|u1", (None, None, 2**62)), [[], []], [((), "is larger than an array can be")]),
    ],
)
def test_what_is_none_and_why(kind: TensorType, value: object, problems: object) -> None:
    assert list(kind.problems(value)) == problems


def test_nothing_is_made_of_a_tensor_before_its_size_is_known() -> None:
    text = "A" * 4_000_000
    tracemalloc.start()
    try:
        assert [keys for keys, _ in IMAGE.problems(sent(data=text))] == [("data",)]
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


DIMENSIONS = st.integers(0, 4) | st.sampled_from([-1, True, 1.0, None, 2**31, 2**62, 2**63, 2**64])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-300, 300) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["dtype", "shape", "data"]), inner),
    max_leaves=12,
)
NUMBERS = (
    st.integers(-(2**63), 2**64 - 1)
    | st.integers(-2, 2)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)


def rows(width: int) -> st.SearchStrategy[Any]:
    row = st.lists(NUMBERS, min_size=width, max_size=width)
    return row | st.lists(row, max_size=3)


NESTED = NUMBERS | st.integers(0, 3).flatmap(rows)


@st.composite
def tensor_documents(draw: st.DrawFn) -> dict[str, Any]:
    shape: Any = draw(st.lists(DIMENSIONS, max_size=4))
    dtype = draw(st.sampled_from([*DTYPES, ">f4", "|O", "<U1", "f4", "", None]))
    data: Any = draw(st.binary(max_size=64))
    if draw(st.booleans()):
        with suppress(TypeError, ValueError):
            data = bytes(math.prod(shape) * np.dtype(dtype).itemsize % 100_000)
    return {"dtype": dtype, "shape": shape, "data": data}


TYPES = st.builds(
    TensorType,
    st.none() | st.sampled_from(DTYPES),
    st.none() | st.lists(st.none() | st.integers(0, 3), max_size=3).map(tuple),
)


@given(TYPES, JSON | tensor_documents() | NESTED)
def test_whatever_is_sent_is_judged(kind: TensorType, value: object) -> None:
    for keys, message in kind.problems(value):
        assert message
        for key in keys:
            assert isinstance(key, str | int)


@given(tensor_documents())
@example(sent("<f4", (0, 2**61), b""))
@example(sent("<f4", (0, 2**60), b""))
@example(sent("|u1", (2**62, 2, 0), b""))
def test_a_document_is_accepted_exactly_if_numpy_makes_an_array_of_it(document: dict[str, Any]) -> None:
    is_accepted = not list(ANY.problems(document))
    shape, data, dtype = document["shape"], document["data"], document["dtype"]
    try:
        if dtype not in DTYPES or any(type(n) is not int or n < 0 for n in shape):
            raise ValueError  # numpy is more lenient here
        array = np.ndarray(shape, dtype, data)
        is_made = array.nbytes == len(data) and (dtype != "|b1" or set(data) <= {0, 1})
    except (ValueError, TypeError):
        is_made = False
    assert is_accepted is is_made


@given(TYPES, NESTED)
def test_of_nested_arrays_that_are_accepted_numpy_makes_the_array_that_was_sent(kind: TensorType, value: Any) -> None:
    if list(kind.problems(value)):
        return
    dtype, shape = kind.nested(value)
    with np.errstate(all="raise"):
        array = np.array(value, dtype).reshape(shape)
    assert array.dtype == kind.dtype or kind.dtype is None
    assert kind.shape is None or all(n in (None, m) for n, m in zip(kind.shape, array.shape, strict=True))
    assert np.all(np.isfinite(array))
    if array.dtype.kind in "iu":
        assert array.tolist() == value or array.size == 0


@given(st.binary(max_size=9))
def test_base64_and_bytes_are_the_same_tensor(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    for sent_data in (data, text):
        document = sent("|u1", (len(data),), sent_data)
        assert list(ANY.problems(document)) == []
        assert tensor_bytes(document) == data


@given(TYPES, JSON | NESTED | tensor_documents())
def test_the_form_that_is_published_is_never_narrower(kind: TensorType, value: Any) -> None:
    if isinstance(value, dict) and isinstance(value.get("data"), bytes):
        value = {**value, "data": base64.b64encode(value["data"]).decode()}
    if not list(kind.problems(value)):
        assert Validator(kind.form()).faults(value) == []


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({}, ANY),
        ({"dtype": None, "shape": None}, ANY),
        ({"dtype": "<f4", "shape": [None, 2]}, WEIGHTS),
        ({"dtype": "|b1", "shape": []}, FLAG),
    ],
)
def test_a_schema_leaves_free_what_it_does_not_say(declared: object, expected: TensorType) -> None:
    assert TensorType.declared(declared) == expected


@pytest.mark.parametrize(
    "declared",
    [
        None,
        True,
        {"dtype": "float32"},
        {"dtype": ">f4"},
        {"dtype": ["<f4"]},
        {"dtype": "<f4", "shape": 8},
        {"dtype": "<f4", "shape": [-1]},
        {"dtype": "<f4", "shape": [8.0]},
        {"dtype": "<f4", "shape": [True]},
        {"dtype": "<f4", "shape": [1] * 33},
        {"dtype": "<f4", "dims": [8]},
    ],
)
def test_an_x_tensor_that_cannot_be_understood_is_refused(declared: object) -> None:
    with pytest.raises(ModelRefused, match="x-tensor"):
        TensorType.declared(declared)
