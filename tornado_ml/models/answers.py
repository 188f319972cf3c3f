"""What comes of documents where a model runs: predictions as plain data, judged, and named errors instead of others."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tornado_ml.errors import Fault, InvalidInput, InvalidOutput, PredictionFailed
from tornado_ml.models.adapters import is_schema_fault
from tornado_ml.models.schema import Declaration, Validator


@dataclass(slots=True)
class Answers:
    """The answers to several documents.

    Attributes:
        predictions: plain data that the output schema accepts; None where there is an error.
        errors: by place, why there is no prediction. InvalidInput: the model refuses the input, for a reason that its
            JSON Schema does not say; InvalidOutput: what the model returned does not fit its output schema;
            PredictionFailed: anything else.
    """

    predictions: list[Any]
    errors: dict[int, Exception] = field(default_factory=dict)

    @classmethod
    def failed(cls, error: Exception, count: int = 1) -> Answers:
        """The answers to `count` documents that have failed together."""
        return cls([None] * count, dict.fromkeys(range(count), error))


class Judge:
    """Makes plain data of what a model returns, and sees to it that it fits what the model has declared."""

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration
        self._validator = Validator(declaration.json_schema)

    def plain(self, value: Any) -> Any:
        """Raises InvalidOutput if it does not fit."""
        document = self._declaration.dump(value)
        if not self._validator.fits_plain(document):
            raise InvalidOutput(details=self._validator.faults(document))
        return document


def answered(make: Callable[[], Any]) -> Answers:
    """The one answer that `make` returns or, by a name, raises. Raises nothing but MemoryError."""
    try:
        return Answers([make()])
    except MemoryError:
        raise
    # A model may call sys.exit, which is no Exception.
    except BaseException as error:
        return Answers.failed(named(error))


def named(error: BaseException) -> Exception:
    """What a model raised, as an error that can be told to others and sent to another process."""
    # Not of a subclass, which the service may not be able to import.
    if isinstance(error, InvalidInput | InvalidOutput) and type(error) in (InvalidInput, InvalidOutput):
        return error.with_traceback(None)
    if is_schema_fault(error):
        # JSON has no lone surrogates, which may have come out of a file name or out of bytes.
        text = str(error).encode("utf-8", "backslashreplace").decode()
        return InvalidInput(details=[Fault("", text or InvalidInput.default_message)])
    return PredictionFailed("".join(traceback.format_exception(error)).rstrip())
