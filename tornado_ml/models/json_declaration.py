"""A schema declared as a JSON Schema, or by an object with a method `json_schema(id)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from tornado_ml.errors import InvalidOutput, ModelRefused
from tornado_ml.models.json_schema import DRAFT_2020_12, modernised, plain_schema
from tornado_ml.models.number_types import Conversion, number_conversion
from tornado_ml.models.plain_data import NotPlain, plain
from tornado_ml.models.tensor_arrays import TensorArrays
from tornado_ml.models.tensor_places import tensor_places, with_forms
from tornado_ml.models.validator import Validator

Direction = Literal["input", "output"]


class JSONDeclaration:
    """A JSON Schema as it is: documents are handed over as they were sent, but for the type of whole numbers.

    Args:
        draft: the draft it is in if it does not say.
        floats: an integer becomes a float where the schema says number.
    """

    def __init__(self, schema: Mapping[str, Any], *, draft: str = DRAFT_2020_12, floats: bool = False) -> None:
        self.json_schema = with_forms(modernised(plain_schema(schema), draft))
        Validator(self.json_schema)  # refuses what is no JSON Schema
        self._convert, self._plain = conversions(self.json_schema, floats=floats)

    def load(self, document: Any) -> Any:
        return document if self._convert is None else self._convert(document)

    def dump(self, value: Any) -> Any:
        return plain_prediction(value, self._plain)


def conversions(schema: dict[str, Any], *, floats: bool = False) -> tuple[Conversion | None, Conversion]:
    """What makes of a document what the model gets, if there is anything to do, and of a prediction plain data.

    Args:
        schema: JSON Schema 2020-12.
        floats: an integer becomes a float where the schema says number.
    """
    places = tensor_places(schema)
    if places is None:
        return number_conversion(schema, floats=floats), plain
    arrays = TensorArrays(places)
    return arrays.loading(number_conversion(places.rest, floats=floats)), arrays.plain


def plain_prediction(value: object, convert: Conversion = plain) -> Any:
    """A prediction as plain JSON data, but for its tensors.

    Raises:
        InvalidOutput: it cannot be said in JSON.
    """
    try:
        return convert(value)
    except NotPlain as error:
        raise InvalidOutput(details=[error.fault]) from error


def declared_by_method(schema: Any) -> JSONDeclaration:
    """The declaration of an object with `json_schema(id)`, such as a `schema.Schema` of an `ml_model_abc` model."""
    try:
        document = schema.json_schema("schema")
    except Exception as error:
        raise ModelRefused(f"json_schema() of the schema failed: {type(error).__name__}: {error}.") from error
    if not isinstance(document, dict):
        raise ModelRefused(f"json_schema() of the schema must give a dict, not {type(document).__name__}.")
    document = {key: value for key, value in document.items() if key != "$id"}  # the name that we had to give
    # What the declaration calls float is no integer to it: schema.Schema({"x": float}) refuses 5.
    return JSONDeclaration(document, floats=True)
