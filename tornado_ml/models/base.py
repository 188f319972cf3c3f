"""What the author of a model writes."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import ModelRefused
from tornado_ml.models.cancellation import cancelled

QUALIFIED_NAME_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
"""What a model's name looks like: it stands in addresses, file names and metrics without being escaped."""

VERSION_PATTERN = r"[0-9]{1,9}(\.[0-9]{1,9})?"
"""What clients ask for a version with: `major` or `major.minor`."""


MAX_PAUSE_S = 60.0

EXECUTOR_NAMES = ("process", "thread", "inline")
"""Where a model can run: in worker processes, in a thread of the service, or in its event loop."""


class MLModel(ABC):
    """A model that can be served.

    A subclass names itself in class attributes, loads its parameters in `__init__` (which takes no arguments), and
    predicts. `input_schema` and `output_schema` may each be a marshmallow schema (class or instance), a JSON Schema
    2020-12 as a dict, or any object with a method `json_schema(schema_id)` that returns one.

    Beside `predict` it may have any of these methods:

    - `predict_batch(batch)` is given up to `max_batch_size` inputs that have gathered, and returns as many predictions
      in their order.
    - `predict_stream(data)`, a generator, yields partial predictions and returns the final one. A model that has it
      need not have `predict`.
    - `open_session(parameters)` returns a `ModelSession`, which remembers what it is asked.
    """

    qualified_name: str
    """The name clients use: 1 to 128 letters, digits, `_`, `.` and `-`, the first a letter, a digit or `_`."""
    display_name: str
    description: str
    major_version: int
    """Counts up when the schemas change so that old clients no longer fit."""
    minor_version: int
    input_schema: Any
    output_schema: Any
    examples: Sequence[Any] = ()
    """Inputs that fit `input_schema`, to try the model with."""
    partial_schema: Any = None
    """What each partial prediction fits, declared like `output_schema`; None leaves them unchecked."""
    session_schema: Any = None
    """What the parameters of a session fit, declared like `input_schema`; None takes any object."""
    executor: str | None = None
    """Where the model would like to run: `process`, `thread` or `inline`. The settings overrule it; None leaves it to
    them."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if getattr(cls.predict, "__isabstractmethod__", False) and hasattr(cls, "predict_stream"):
            cls.predict = _predict_by_stream  # type: ignore[method-assign]

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


class ModelSession(ABC):
    """What a model remembers of one client: `open_session` returns it, and it lives where it was opened.

    It is asked one thing after the other, never two at a time, and always in the same thread.
    """

    @abstractmethod
    def predict(self, data: Any) -> Any:
        """As `MLModel.predict`, knowing what was asked before."""

    def close(self) -> None:  # noqa: B027 - most have nothing to let go of
        """Called when the session is over, unless its worker dies."""


@dataclass(frozen=True, slots=True)
class Pause:
    """What `predict_stream` yields to let its client wait `seconds`, while its worker goes about other things.

    Nothing is sent for it, and where nobody watches, in `predict`, nothing is waited for.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.seconds <= MAX_PAUSE_S:
            raise ValueError(f"A pause takes 0 to {MAX_PAUSE_S:g} seconds, not {self.seconds!r}.")


def checked_stream(stream: object) -> Generator[Any, None, Any]:
    """What `predict_stream` returned. Raises TypeError unless it is a generator."""
    if not isinstance(stream, Generator):
        raise TypeError(f"predict_stream must be a generator; it returned {type(stream).__name__}.")
    return stream


def final_prediction(stream: object) -> Any:
    """What a stream returns in the end; it is closed early if nobody waits for that any more."""
    stream = checked_stream(stream)
    try:
        while True:
            next(stream)
            if cancelled():
                stream.close()
                return None
    except StopIteration as end:
        return end.value


def _predict_by_stream(self: Any, data: Any) -> Any:
    """What `predict_stream` returns in the end."""
    return final_prediction(self.predict_stream(data))


def check_qualified_name(name: object) -> None:
    """Raises ModelRefused unless `name` can be a model's."""
    if not isinstance(name, str) or re.fullmatch(QUALIFIED_NAME_PATTERN, name) is None:
        raise ModelRefused(
            f"The qualified_name {str(name)[:200]!r} is refused: it takes 1 to 128 letters, digits, '_', '.' and '-',"
            " and starts with a letter, a digit or '_'."
        )


def is_version_request(text: str) -> bool:
    """Whether clients may ask for a version with `text`."""
    return re.fullmatch(VERSION_PATTERN, text) is not None


def version_number(value: object) -> int | None:
    """A major or minor version as an integer; None if it is none. The original's models give some as strings."""
    if type(value) is int and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None
