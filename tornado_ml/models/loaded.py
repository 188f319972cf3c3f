"""A model that has been constructed, where it runs: what it says of itself, and one prediction, document to document.

Whatever runs a model (a thread today) holds one of these; what leaves it is plain data and named errors.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import Fault, InvalidInput, InvalidOutput, PredictionFailed
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
    has_batch: bool
    """Whether it answers several requests in one call."""
    class_path: str
    """Tells whether two plugins brought the same class."""

    @property
    def identity(self) -> tuple[str, tuple[int, int]]:
        return self.qualified_name, (self.major_version, self.minor_version)


def class_path(kind: type) -> str:
    """Names a class by the file that defines it, for a file may be imported under two names; else by its module."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return f"{file or kind.__module__}:{kind.__qualname__}"


@dataclass(slots=True)
class Answer:
    """A prediction as plain data that the output schema accepts, or why there is none.

    Attributes:
        prediction: None also where there is an error.
        error: InvalidInput: the model refuses the input, for a reason that its JSON Schema does not say;
            InvalidOutput: what the model returned does not fit its output schema; PredictionFailed: anything else.
    """

    prediction: Any = None
    error: Exception | None = None


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
            self._model.predict_batch is not None,
            class_path(type(model)),
        )
        self._output_validator = Validator(self._model.output.json_schema)

    def answer(self, documents: Sequence[Any]) -> list[Answer]:
        """The answers for documents that the input schema accepts, in their order.

        One that cannot be answered fails alone: where a batch fails as a whole, its documents are tried one by one.

        Raises:
            MemoryError: the model ran out of memory.
        """
        answers: list[Answer] = [Answer() for _ in documents]
        loaded = []
        for answer, document in zip(answers, documents, strict=True):
            try:
                loaded.append((answer, self._model.input.load(document)))
            except Exception as error:
                answer.error = _named(error)
        if self._model.predict_batch is None or len(loaded) == 1:
            for answer, data in loaded:
                self._predict_one(answer, data)
            return answers
        try:
            values = self._predict_batch([data for _, data in loaded])
        except MemoryError:
            raise
        except (Exception, SystemExit):
            for answer, data in loaded:
                self._predict_one(answer, data)
            return answers
        for (answer, _), value in zip(loaded, values, strict=True):
            self._finish(answer, value)
        return answers

    def predict(self, document: Any) -> Any:
        """One prediction, as plain data; raises what `answer` would give as the error."""
        (answer,) = self.answer([document])
        if answer.error is not None:
            raise answer.error
        return answer.prediction

    def _predict_batch(self, batch: list[Any]) -> Sequence[Any]:
        predict_batch = self._model.predict_batch
        values = list(predict_batch(batch)) if predict_batch is not None else []
        if len(values) != len(batch):
            raise PredictionFailed(f"predict_batch returned {len(values)} predictions for {len(batch)} inputs.")
        return values

    def _predict_one(self, answer: Answer, data: Any) -> None:
        try:
            value = self._model.predict(data)
        except MemoryError:
            raise
        # A model may call sys.exit, which is no Exception.
        except BaseException as error:
            answer.error = _named(error)
        else:
            self._finish(answer, value)

    def _finish(self, answer: Answer, value: Any) -> None:
        try:
            prediction = self._model.output.dump(value)
            if self._output_validator.fits(prediction):
                answer.prediction = prediction
            else:
                answer.error = InvalidOutput(details=self._output_validator.faults(prediction))
        except Exception as error:
            answer.error = _named(error)


def _named(error: BaseException) -> Exception:
    """What a model raised, as an error that can be told to others and sent to another process."""
    if isinstance(error, InvalidInput | InvalidOutput):
        return error.with_traceback(None)
    if is_schema_fault(error):
        return InvalidInput(details=[Fault("", str(error) or InvalidInput.default_message)])
    return PredictionFailed("".join(traceback.format_exception(error)).rstrip())
