"""What stays in a worker between two calls: a stream that is not over, a session that remembers."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from tornado_ml.models.answers import Answers, Judge, answered, named
from tornado_ml.models.base import Pause, checked_stream
from tornado_ml.models.cancellation import cancelled
from tornado_ml.models.schema import Declaration

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Step:
    """What one step of a stream gave.

    Attributes:
        partials: plain data that the model's partial schema accepts.
        answers: the one answer, or why there is none, once the stream has come to its end.
        goes_on: whether there may be more. One without an answer that does not go on was closed midway, for nobody
            waits for it.
        pause_s: how long the next step shall wait.
    """

    partials: list[Any] = field(default_factory=list)
    answers: Answers | None = None
    goes_on: bool = False
    pause_s: float = 0.0


class LiveStream:
    """Partial predictions on their way to a final one, made step by step.

    What a step has gathered waits until the step ends, though the model may take long for what comes next. So the first
    step is one partial prediction, each that was quick lets the next be twice as long, and a slow one begins anew.

    Args:
        begin: gives the model's generator. Called in the first step.
        partial: judges partial predictions.
        output: judges the final one.
    """

    def __init__(self, begin: Callable[[], object], partial: Judge, output: Judge) -> None:
        self._begin: Callable[[], object] | None = begin
        self._generator: Generator[Any, None, Any] | None = None
        self._partial = partial
        self._output = output
        self._trusted = 1

    def advance(self, max_partials: float = math.inf, max_s: float = math.inf) -> Step:
        """Take a step: at most `max_partials`, and none that would not fit into `max_s` if it were as slow as the last.

        Raises:
            MemoryError: the model ran out of memory.
        """
        partials: list[Any] = []
        started = before = time.monotonic()
        try:
            while len(partials) < min(max_partials, self._trusted):
                is_over, value = self._next()
                if is_over:
                    return Step(partials, Answers([self._output.plain(value)]))
                if cancelled():
                    self.close()
                    return Step()
                if isinstance(value, Pause):
                    return Step(partials, goes_on=True, pause_s=value.seconds)
                partials.append(self._partial.plain(value))
                now = time.monotonic()
                took_s, before = now - before, now
                if took_s > max_s:
                    self._trusted = 1
                if now - started + took_s > max_s:
                    break
            else:
                self._trusted = 2 * len(partials)
        except MemoryError:
            raise
        # A model may call sys.exit, which is no Exception.
        except BaseException as error:
            self.close()
            return Step(partials, Answers.failed(named(error)))
        return Step(partials, goes_on=True)

    def _next(self) -> tuple[bool, Any]:
        """Whether the stream is over, and what it yields or returns."""
        if self._begin is not None:
            begin, self._begin = self._begin, None
            self._generator = checked_stream(begin())
        assert self._generator is not None
        try:
            return False, next(self._generator)
        except StopIteration as end:
            return True, end.value

    def close(self) -> None:
        """End it where it stands; what it raises is logged."""
        if self._generator is None:
            return
        try:
            self._generator.close()
        # A model may call sys.exit, which is no Exception.
        except BaseException as error:
            log.warning("A stream could not be closed: %s", named(error))


class LiveSession:
    """A session of a model, document to document.

    Args:
        session: what `open_session` returned.
        input: makes of a document what the model gets.
        output: judges predictions.

    Raises:
        TypeError: it is no session.
    """

    def __init__(self, session: Any, input: Declaration, output: Judge) -> None:  # noqa: A002 - as the model names it
        if not callable(getattr(session, "predict", None)):
            raise TypeError(f"open_session must return a ModelSession; it returned {type(session).__name__}.")
        self._session = session
        self._input = input
        self._output = output

    def answer(self, document: Any) -> Answers:
        """The answer to a document that the input schema accepts.

        Raises:
            MemoryError: the model ran out of memory.
        """
        return answered(lambda: self._output.plain(self._session.predict(self._input.load(document))))

    def close(self) -> None:
        """End it; what it raises is logged."""
        try:
            close = getattr(self._session, "close", None)
            if close is not None:
                close()
        # A model may call sys.exit, which is no Exception.
        except BaseException as error:
            log.warning("A session could not be closed: %s", named(error))
