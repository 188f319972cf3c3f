"""What the author of a model writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any


class MLModel(ABC):
    """A model that can be served.

    A subclass names itself in class attributes, loads its parameters in `__init__` (which takes no arguments), and
    predicts. `input_schema` and `output_schema` may each be a marshmallow schema (class or instance), a JSON Schema
    2020-12 as a dict, or any object with a method `json_schema(schema_id)` that returns one.
    """

    qualified_name: str
    """The name clients use: letters, digits, `_`, `.` and `-`, up to 128 of them, the first a letter, a digit or `_`."""
    display_name: str
    description: str
    major_version: int
    """Counts up when the schemas change so that old clients no longer fit."""
    minor_version: int
    input_schema: Any
    output_schema: Any
    examples: Sequence[Any] = ()
    """Inputs that fit `input_schema`, to try the model with."""

    @abstractmethod
    def predict(self, data: Any) -> Any:
        """The prediction for one input.

        Args:
            data: fits `input_schema`; what `load` returns where that is a marshmallow schema that deserialises.

        Returns:
            What fits `output_schema`.

        Raises:
            MLModelSchemaValidationException: the input is refused for a reason the schema cannot say. The client is
                answered `INVALID_INPUT` with the exception's text.
            Exception: anything else is answered `INTERNAL`; its text goes to the log only.
        """
