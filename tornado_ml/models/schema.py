"""What a model declares as its schema, in whichever way → one JSON Schema document, and `load` and `dump` around it.

A schema is declared once, by the author: as a marshmallow schema, a JSON Schema, an object with `json_schema(id)`, or
a pydantic model. From that declaration comes the JSON Schema that clients see, and the `Validator` compiled from it
judges documents. `Declaration.load` then makes of a document what the model gets, and `Declaration.dump` of a
prediction what the client gets.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol

from tornado_ml.errors import ModelRefused
from tornado_ml.models.json_declaration import Direction, JSONDeclaration, declared_by_method
from tornado_ml.models.pydantic_declaration import PydanticDeclaration, is_pydantic
from tornado_ml.models.validator import Validator

__all__ = ["Declaration", "Direction", "Validator", "declare"]


class Declaration(Protocol):
    """One declared schema, whatever it was declared with."""

    json_schema: dict[str, Any]
    """JSON Schema 2020-12, self-contained, plain JSON data."""

    def load(self, document: Any) -> Any:
        """What `predict()` gets, from a document that fits `json_schema`.

        Raises:
            InvalidInput: a rule that JSON Schema cannot say is broken.
        """

    def dump(self, value: Any) -> Any:
        """A prediction as plain JSON data; whether it fits `json_schema` is for the caller to check.

        Raises:
            InvalidOutput: it cannot be said in JSON.
        """


def declare(schema: Any, *, direction: Direction = "input") -> Declaration:
    """The declaration that `schema` is.

    Args:
        schema: a marshmallow schema (class or instance), a JSON Schema as a dict, an object with `json_schema(id)`, or
            a pydantic model class.
        direction: the input and the output schema of one marshmallow or pydantic class may differ.

    Raises:
        ModelRefused: it is none of these, or cannot be served without accepting more than its author meant.
    """
    # To import marshmallow is a third of a worker's start. Who has a schema of it has done so.
    if "marshmallow" in sys.modules:
        from tornado_ml.models.marshmallow_declaration import MarshmallowDeclaration, is_marshmallow

        if is_marshmallow(schema):
            return MarshmallowDeclaration(schema, direction)
    if isinstance(schema, Mapping):
        return JSONDeclaration(schema)
    if is_pydantic(schema):
        return PydanticDeclaration(schema, direction)
    if callable(getattr(schema, "json_schema", None)):
        return declared_by_method(schema)
    raise ModelRefused(
        "A schema must be a marshmallow schema, a JSON Schema (a dict), an object with json_schema(id) or a pydantic"
        f" model class, not {type(schema).__name__}."
    )
