"""What a worker does with a unit of work, be it a process, a thread or the event loop; and what it holds in between.

A worker takes one unit after the other. Streams are advanced in short steps and sessions asked one thing at a time, so
those of many clients, and ordinary batches, take turns in one worker.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tornado_ml.logs import about_request
from tornado_ml.models.answers import Answers, answered
from tornado_ml.models.live import LiveSession, LiveStream, Step
from tornado_ml.models.loaded import LoadedModel
from tornado_ml.traces import WorkTrace, within

STEP_S = 0.002
"""How long a step of a stream shall take: partial predictions of quick models travel several at a time."""


@dataclass(slots=True)
class Predict:
    """Answer these documents."""

    documents: list[Any]
    max_batch_size: int
    trace: WorkTrace | None = None
    request_id: str = ""
    """What the log names the request by; empty where there are several."""


@dataclass(slots=True)
class BeginStream:
    """Begin to predict step by step, and take the first step."""

    stream: int
    document: Any
    max_partials: int
    trace: WorkTrace | None = None
    request_id: str = ""


@dataclass(slots=True)
class AdvanceStream:
    """Take another step."""

    stream: int
    max_partials: int
    trace: WorkTrace | None = None
    request_id: str = ""


@dataclass(slots=True)
class CloseStream:
    """Nobody waits for it any more."""

    stream: int


@dataclass(slots=True)
class OpenSession:
    session: int
    parameters: Any


@dataclass(slots=True)
class PredictInSession:
    session: int
    document: Any
    trace: WorkTrace | None = None
    request_id: str = ""


@dataclass(slots=True)
class CloseSession:
    session: int


Work = Predict | BeginStream | AdvanceStream | CloseStream | OpenSession | PredictInSession | CloseSession


@dataclass(slots=True)
class Done:
    """What became of a unit of work.

    Attributes:
        result: a step of a stream; else the answers. What only opens or closes answers None.
        predict_s: how long it took.
        held_count: how many streams and sessions the worker holds now; None if nobody knows.
    """

    result: Answers | Step
    predict_s: float = 0.0
    held_count: int | None = None


class Workbench:
    """A model, and what is going on with it in one worker."""

    def __init__(self, model: LoadedModel) -> None:
        self.model = model
        self._streams: dict[int, LiveStream] = {}
        self._sessions: dict[int, LiveSession] = {}

    @property
    def held_count(self) -> int:
        """How many streams and sessions there are."""
        return len(self._streams) + len(self._sessions)

    def do(self, work: Work) -> Done:
        """Do a unit of work.

        Raises:
            MemoryError: the model ran out of memory.
        """
        started = time.monotonic()
        trace = getattr(work, "trace", None)
        with about_request(getattr(work, "request_id", "")):
            result = self._result(work) if trace is None else within(trace, lambda: self._result(work))
        return Done(result, time.monotonic() - started, self.held_count)

    def fail(self, work: Work, error: Exception) -> Done:
        """Let a unit of work that was done have failed."""
        if isinstance(work, BeginStream | AdvanceStream):
            self._close_stream(work.stream)
        return Done(failure(work, error), 0.0, self.held_count)

    def close(self) -> None:
        """End all streams and sessions."""
        for stream in list(self._streams):
            self._close_stream(stream)
        for session in list(self._sessions):
            self._close_session(session)

    def _result(self, work: Work) -> Answers | Step:
        match work:
            case Predict():
                return self.model.answer(work.documents, work.max_batch_size)
            case BeginStream():
                self._streams[work.stream] = self.model.stream(work.document)
                return self._advance(work.stream, work.max_partials)
            case AdvanceStream():
                return self._advance(work.stream, work.max_partials)
            case PredictInSession():
                return self._sessions[work.session].answer(work.document)
            case OpenSession():
                return answered(lambda: self._open_session(work.session, work.parameters))
            case CloseSession():
                return answered(lambda: self._close_session(work.session))
            case CloseStream():
                return answered(lambda: self._close_stream(work.stream))

    def _advance(self, number: int, max_partials: int) -> Step:
        stream = self._streams.pop(number)
        step = stream.advance(max_partials, STEP_S)
        if step.goes_on:
            self._streams[number] = stream
        return step

    def _close_stream(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None:
            stream.close()

    def _open_session(self, number: int, parameters: Any) -> None:
        self._sessions[number] = self.model.open_session(parameters)

    def _close_session(self, number: int) -> None:
        session = self._sessions.pop(number, None)
        if session is not None:
            session.close()


def failure(work: Work, error: Exception) -> Answers | Step:
    """What becomes of a unit of work that fails with `error` as a whole."""
    match work:
        case BeginStream() | AdvanceStream():
            return Step(answers=Answers.failed(error))
        case Predict():
            return Answers.failed(error, len(work.documents))
        case _:
            return Answers.failed(error)
