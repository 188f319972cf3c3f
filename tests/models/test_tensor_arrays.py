"""What a model gets for a tensor, and what becomes of the arrays it returns."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tornado_ml.errors import Fault, InvalidOutput, ModelRefused
from tornado_ml.models.schema import declare
from tornado_ml.models.tensors import DTYPES
from tornado_ml.models.validator import Validator

FREE = {"x-tensor": {"dtype": None, "shape": None}}
PAIR = {"x-tensor": {"dtype": "<f4", "shape": [2]}}
NAMED = {"type": "object", "properties": {"image": PAIR, "size": {"type": "integer"}}, "required": ["image"]}


def document(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": array.tobytes()}


ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)


@given(ARRAYS)
def test_an_array_is_the_same_when_it_has_been_sent_and_returned(array: np.ndarray[Any, Any]) -> None:
    declaration = declare(FREE)
    written = declaration.dump(array)
    assert written == document(array)
    assert Validator(FREE).faults(written) == []
    read = declaration.load(written)
    assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_the_rest_of_a_document_is_handed_over_as_ever() -> None:
    sent = {"image": [1, 2.5], "size": 3.0}
    loaded = declare(NAMED).load(sent)
    assert loaded["image"].dtype == "<f4"
    assert loaded["image"].tolist() == [1, 2.5]
    assert repr(loaded["size"]) == "3"
    assert sent == {"image": [1, 2.5], "size": 3.0}


def test_bytes_become_an_array_without_being_copied() -> None:
    data = bytes(8)
    image = declare(PAIR).load({"dtype": "<f4", "shape": [2], "data": data})
    assert not image.flags.writeable
    assert np.frombuffer(data, "u1").ctypes.data == image.ctypes.data


@pytest.mark.parametrize(
    "returned",
    [
        np.array([1, 2], "<f4"),
        np.array([1, 2], ">f4"),
        np.array([1, 0, 2, 0], "<f4")[::2],
        [1, 2.0],
        (1, np.float64(2)),
        {"dtype": "<f4", "shape": [2], "data": b"\0\0\x80?\0\0\0@"},
    ],
)
def test_whatever_is_like_the_array_is_sent_as_it(returned: Any) -> None:
    output = declare({"type": "array", "items": PAIR}, direction="output")
    assert output.dump([returned]) == [document(np.array([1, 2], "<f4"))]
    assert output.dump((returned,)) == [document(np.array([1, 2], "<f4"))]


def test_an_array_for_an_array_of_tensors_is_taken_apart() -> None:
    output = declare({"type": "array", "items": PAIR}, direction="output")
    assert output.dump(np.zeros((3, 2), "<f4")) == [document(np.zeros(2, "<f4"))] * 3


@pytest.mark.parametrize(
    ("returned", "path", "message"),
    [
        (np.array([1, 2], "<f8"), "/image/dtype", 'must be "<f4"'),
        (np.array([[1, 2]], "<f4"), "/image/shape", "must have 1 dimensions"),
        (np.array([1, 2, 3], "<f4"), "/image/shape/0", "must be 2"),
        (None, "/image", "must be a tensor: an object with dtype, shape and data, or nested arrays"),
        (b"12345678", "/image", "must be a tensor: an object with dtype, shape and data, or nested arrays"),
        ([1, "2"], "/image/1", "must be a number"),
        ([1, 1e300], "/image/1", "must be within -3.4028234663852886e+38 and 3.4028234663852886e+38, as <f4 is"),
    ],
)
def test_an_array_that_was_not_promised_does_not_fit(returned: Any, path: str, message: str) -> None:
    written = declare(NAMED, direction="output").dump({"image": returned})
    assert Validator(NAMED).faults(written) == [Fault(path, message)]


@pytest.mark.parametrize(
    ("returned", "fault"),
    [
        (np.array([object()]), "is an array of object; a tensor has booleans, integers or floating-point numbers"),
        (np.array([1j]), "is an array of complex128; a tensor has booleans, integers or floating-point numbers"),
        (np.array(["a"]), "is an array of <U1; a tensor has booleans, integers or floating-point numbers"),
        (object(), "is of type object, which JSON does not have"),
    ],
)
def test_what_is_no_array_cannot_be_sent(returned: Any, fault: str) -> None:
    with pytest.raises(InvalidOutput) as error:
        declare(NAMED, direction="output").dump({"image": returned})
    assert error.value.details == (Fault("/image", fault),)


def test_what_stands_beside_a_tensor_has_to_be_json() -> None:
    with pytest.raises(InvalidOutput) as error:
        declare(NAMED, direction="output").dump({"image": np.zeros(2, "<f4"), "size": b"3"})
    assert error.value.details == (Fault("/size", "is of type bytes, which JSON does not have"),)


def test_a_tensor_without_numpy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ModelRefused, match="for which numpy has to be installed"):
        declare(PAIR)


def test_a_pydantic_schema_with_a_tensor_is_refused() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Input(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        image: list[float] = pydantic.Field(json_schema_extra={"x-tensor": {"dtype": "<f4"}})

    with pytest.raises(ModelRefused, match="declare x-tensor in a JSON Schema or with marshmallow"):
        declare(Input)
