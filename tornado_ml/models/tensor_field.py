"""A tensor in a marshmallow schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import fields

from tornado_ml.models.tensors import KEYWORD, TensorType


class Tensor(fields.Raw):
    """A numpy array in the model, whichever way it was sent. Validators are given the array.

    Args:
        dtype: such as `"<f4"`; None if any will do.
        shape: the dimensions, None for one that is free; None if any shape will do.
        options: as of every field.

    Raises:
        ModelRefused: there is no such dtype, or no such shape.
    """

    def __init__(self, dtype: str | None = None, shape: Sequence[int | None] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.json_schema: dict[str, Any] = {KEYWORD: {"dtype": dtype, "shape": None if shape is None else list(shape)}}
        TensorType.declared(self.json_schema[KEYWORD])
