"""A model that has been constructed, where it runs: what it says of itself, and one prediction, document to document.

Whatever runs a model (a thread today) holds one of these; what leaves it is plain data and named errors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import Fault, InvalidInput, InvalidOutput
from tornado_ml.models.adapters import adapt, is_schema_fault
from tornado_ml.models.schema import Validator


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What a constructed model says of itself, as plain data."""

    qualified_name: str
    display_name: str
    description: str
    major_version: int
    minor_version: int
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    examples: tuple[Any, ...]
    class_path: str
    """Tells whether two plugins brought the same class."""

    @property
    def identity(self) -> tuple[str, tuple[int, int]]:
        return self.qualified_name, (self.major_version, self.minor_version)


def class_path(kind: type) -> str:
    """Names a class by the file that defines it, for a file may be imported under two names; else by its module."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return f"{file or kind.__module__}:{kind.__qualname__}"


class LoadedModel:
    """Constructs a model and makes its predictions.

    Raises:
        ModelRefused: `factory` does not make a model that can be served.
        Exception: whatever the model's constructor raises.
    """

    def __init__(self, factory: Callable[[], object]) -> None:
        model = factory()
        self._model = adapt(model)
        self.report = ModelReport(
            self._model.qualified_name,
            self._model.display_name,
            self._model.description,
            self._model.major_version,
            self._model.minor_version,
            self._model.input.json_schema,
            self._model.output.json_schema,
            self._model.examples,
            class_path(type(model)),
        )
        self._output_validator = Validator(self._model.output.json_schema)

    def predict(self, document: Any) -> Any:
        """The prediction for a document that the input schema accepts, as plain data that the output schema accepts.

        Raises:
            InvalidInput: the model refuses the input, for a reason that its JSON Schema does not say.
            InvalidOutput: what the model returned does not fit its output schema.
            Exception: whatever else the model raises.
        """
        data = self._model.input.load(document)
        try:
            value = self._model.predict(data)
        except Exception as error:
            if is_schema_fault(error):
                raise InvalidInput(details=[Fault("", str(error) or InvalidInput.default_message)]) from error
            raise
        prediction = self._model.output.dump(value)
        if not self._output_validator.fits(prediction):
            raise InvalidOutput(details=self._output_validator.faults(prediction))
        return prediction
