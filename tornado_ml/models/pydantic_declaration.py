"""A schema declared as a pydantic model class, of version 1 or 2, which is recognised by its methods, not imported."""

from __future__ import annotations

import json
from collections.abc import Container
from typing import Any

from tornado_ml.errors import Fault, InvalidInput, ModelRefused
from tornado_ml.models.fault_messages import MAX_FAULTS, shortened
from tornado_ml.models.json_declaration import Direction, plain_prediction
from tornado_ml.models.json_pointer import json_pointer
from tornado_ml.models.json_schema import DRAFT_2020_12, modernised, plain_schema
from tornado_ml.models.number_types import number_conversion
from tornado_ml.models.tensor_places import tensor_places
from tornado_ml.models.tensors import KEYWORD
from tornado_ml.models.validator import Validator

_DRAFT_07 = "http://json-schema.org/draft-07/schema#"
_V2 = ("model_json_schema", "model_validate_json", "model_dump")
_V1 = ("schema", "parse_obj", "json")


def is_pydantic(schema: object) -> bool:
    return isinstance(schema, type) and (_has(schema, _V2) or _has(schema, _V1))


def _has(schema: object, methods: tuple[str, ...]) -> bool:
    return all(callable(getattr(schema, name, None)) for name in methods)


class PydanticDeclaration:
    """The compiled validator judges first and strictly; pydantic then loads, coerces and judges by its own rules."""

    def __init__(self, model: Any, direction: Direction) -> None:
        self._model = model
        self._is_v2 = _has(model, _V2)
        try:
            if self._is_v2:
                mode = "validation" if direction == "input" else "serialization"
                declared, draft = model.model_json_schema(by_alias=True, mode=mode), DRAFT_2020_12
            else:
                declared, draft = model.schema(by_alias=True), _DRAFT_07
        except Exception as error:
            raise ModelRefused(f"pydantic makes no JSON Schema of {model.__name__}: {error}") from error
        self.json_schema = modernised(plain_schema(declared), draft)
        Validator(self.json_schema)  # refuses what is no JSON Schema
        if tensor_places(self.json_schema) is not None:
            raise ModelRefused(
                f"A pydantic model has no arrays: declare {KEYWORD} in a JSON Schema or with marshmallow."
            )
        self._convert = number_conversion(self.json_schema)

    def load(self, document: Any) -> Any:
        """A pydantic object."""
        if self._convert is not None:
            document = self._convert(document)
        try:
            if self._is_v2:
                # As JSON, so that a strict model takes "2026-01-31" for a date.
                return self._model.model_validate_json(json.dumps(document))
            return self._model.parse_obj(document)
        except ValueError as error:  # pydantic's ValidationError is one, and has errors()
            if not hasattr(error, "errors"):
                raise
            raise InvalidInput(details=[_fault(found, document) for found in error.errors()[:MAX_FAULTS]]) from error

    def dump(self, value: Any) -> Any:
        """Of a pydantic object, or of data like it."""
        if _has(value, _V2):
            return plain_prediction(value.model_dump(mode="json", by_alias=True))
        if _has(value, _V1):
            return plain_prediction(json.loads(value.json(by_alias=True)))
        return plain_prediction(value)


def _fault(found: dict[str, Any], document: Any) -> Fault:
    keys: list[str | int] = []
    for key in found["loc"]:
        # Beside keys of the document, pydantic names the alternative of a union and the like.
        if key in _keys_of(document):
            document = document[key]
            keys.append(key)
    return Fault(json_pointer(keys), shortened(found["msg"]))


def _keys_of(document: Any) -> Container[str | int]:
    if isinstance(document, dict):
        return document.keys()
    return range(len(document)) if isinstance(document, list) else ()
