"""A model that has been constructed, where it runs: what it says of itself, and one prediction, document to document.

Whatever runs a model (a thread today) holds one of these; what leaves it is plain data and named errors.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tornado_ml.models.adapters import adapt
from tornado_ml.models.answers import Answers, Judge, named
from tornado_ml.models.live import LiveSession, LiveStream
from tornado_ml.models.schema import declare

log = logging.getLogger(__name__)


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
    has_stream: bool = False
    """Whether it gives partial predictions."""
    has_session: bool = False
    """Whether it remembers, in sessions."""
    partial_schema: dict[str, Any] | None = None
    session_schema: dict[str, Any] | None = None
    """What the parameters of a session fit; None where it has none."""

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
        self._session = self._model.session or declare({"type": "object"})
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
            self._model.predict_stream is not None,
            self._model.open_session is not None,
            None if self._model.partial is None else self._model.partial.json_schema,
            self._session.json_schema if self._model.open_session is not None else None,
        )
        self._output = Judge(self._model.output)
        self._partial = Judge(self._model.partial or declare({}, direction="output"))

    def answer(self, documents: Sequence[Any], max_batch_size: int = 64) -> Answers:
        """The answers for documents that the input schema accepts, in their order.

        A model with `predict_batch` is given `max_batch_size` of them at a time. One that cannot be answered fails
        alone: where a batch fails as a whole, its documents are tried one by one.

        Raises:
            MemoryError: the model ran out of memory.
        """
        answers = Answers([None] * len(documents), {})
        step = max_batch_size if self._model.predict_batch is not None else 1
        for start in range(0, len(documents), step):
            self._answer_batch(documents, range(start, min(start + step, len(documents))), answers)
        return answers

    def predict(self, document: Any) -> Any:
        """One prediction, as plain data; raises what `answer` would give as the error."""
        answers = self.answer([document])
        if answers.errors:
            raise answers.errors[0]
        return answers.predictions[0]

    def stream(self, document: Any) -> LiveStream:
        """The partial predictions and the final one for a document that the input schema accepts."""
        predict_stream = self._model.predict_stream
        assert predict_stream is not None
        return LiveStream(lambda: predict_stream(self._model.input.load(document)), self._partial, self._output)

    def open_session(self, parameters: Any) -> LiveSession:
        """A session, opened with parameters that the session schema accepts; raises what the model raises."""
        assert self._model.open_session is not None
        return LiveSession(self._model.open_session(self._session.load(parameters)), self._model.input, self._output)

    def _answer_batch(self, documents: Sequence[Any], places: range, answers: Answers) -> None:
        loaded: dict[int, Any] = {}
        for place in places:
            try:
                loaded[place] = self._model.input.load(documents[place])
            except MemoryError:
                raise
            except Exception as error:
                answers.errors[place] = named(error)
        values = self._predict_batch(list(loaded.values())) if len(loaded) > 1 else None
        for number, (place, data) in enumerate(loaded.items()):
            if values is None:
                self._predict_one(answers, place, data)
            else:
                self._finish(answers, place, values[number])

    def _predict_batch(self, batch: list[Any]) -> Sequence[Any] | None:
        """What the model makes of a batch; None if it fails, which may be the fault of one input alone."""
        assert self._model.predict_batch is not None
        try:
            values = list(self._model.predict_batch(batch))
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            log.warning("A batch of %d failed and is tried one by one: %r", len(batch), error)
            return None
        if len(values) != len(batch):
            log.warning("predict_batch returned %d predictions for %d inputs.", len(values), len(batch))
            return None
        return values

    def _predict_one(self, answers: Answers, place: int, data: Any) -> None:
        try:
            value = self._model.predict(data)
        except MemoryError:
            raise
        # A model may call sys.exit, which is no Exception.
        except BaseException as error:
            answers.errors[place] = named(error)
        else:
            self._finish(answers, place, value)

    def _finish(self, answers: Answers, place: int, value: Any) -> None:
        try:
            answers.predictions[place] = self._output.plain(value)
        except MemoryError:
            raise
        except Exception as error:
            answers.errors[place] = named(error)
