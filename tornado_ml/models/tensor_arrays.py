"""Tensors where a model runs: what was sent becomes a numpy array, and an array what is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tornado_ml.errors import ModelRefused
from tornado_ml.models.plain_data import NotPlain, plain
from tornado_ml.models.tensor_places import Found, TensorPlaces, put_back
from tornado_ml.models.tensors import KEYWORD, TensorType, tensor_bytes

if TYPE_CHECKING:
    import numpy as np


class TensorArrays:
    """Makes arrays and documents of each other in the places that a schema has for tensors.

    Raises:
        ModelRefused: numpy is not installed.
    """

    def __init__(self, places: TensorPlaces) -> None:
        try:
            import numpy as np
        except ImportError as error:
            raise ModelRefused(f"The schema has {KEYWORD}, for which numpy has to be installed: {error}.") from error
        self._numpy = np
        self._places = places

    def loading(self, convert: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
        """What puts arrays into a document that fits; `convert` is for the rest of it."""

        def load(document: Any) -> Any:
            rest, found = self._places.taken_from(document)
            if convert is not None:
                rest = convert(rest)
            return put_back(rest, [(tensor.keys, self._array(tensor.value, tensor.type)) for tensor in found])

        return load

    def plain(self, value: Any) -> Any:
        """A prediction as plain data, but for the bytes of its tensors.

        Raises:
            NotPlain: there is something in it that is neither an array in a place for one, nor JSON.
        """
        rest, found = self._places.taken_from(value)
        return put_back(plain(rest), [(tensor.keys, self._written(tensor)) for tensor in found])

    def _written(self, tensor: Found) -> Any:
        try:
            return self._document(tensor.value, tensor.type)
        except NotPlain as error:
            error.keys += reversed(tensor.keys)
            raise

    def _array(self, value: Any, kind: TensorType) -> np.ndarray[Any, Any]:
        """Not to be written to, where it was sent as bytes: it is a view of them."""
        if isinstance(value, dict):
            return self._numpy.ndarray(value["shape"], value["dtype"], tensor_bytes(value))
        dtype, shape = kind.nested(value)
        return self._numpy.array(value, dtype).reshape(shape)

    def _document(self, value: Any, kind: TensorType) -> Any:
        """Whether it is what the schema says is for the schema's validator to judge, and so is what is no array."""
        np = self._numpy
        if value is None or isinstance(value, dict | str | bytes):
            return value
        if not hasattr(value, "__array__"):
            nested = plain(value)
            if next(kind.problems(nested), None) is not None:
                return nested
            value = self._array(nested, kind)
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise NotPlain(f"is an array of {array.dtype}; a tensor has booleans, integers or floating-point numbers")
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        return {"dtype": array.dtype.str, "shape": list(array.shape), "data": array.tobytes()}
