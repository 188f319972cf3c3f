"""Streams and sessions where they live: step by step, judged, and closed whatever they do."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tornado_ml import MLModel, MLModelSchemaValidationException, ModelSession, Pause
from tornado_ml.errors import InvalidInput, InvalidOutput, PredictionFailed
from tornado_ml.models import cancellation, live
from tornado_ml.models.answers import Answers
from tornado_ml.models.live import LiveStream, Step
from tornado_ml.models.loaded import LoadedModel


class Steps(MLModel):
    qualified_name = display_name = description = "steps"
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {"type": "integer"}
    partial_schema: Any = {"type": "string"}

    def predict_stream(self, data: Any) -> Any:
        yield from data
        return len(data)


def stream_of(predict_stream: Callable[[Any], Any], data: Any = None, **attributes: Any) -> LiveStream:
    model = type("Steps", (Steps,), {"predict_stream": lambda self, data: predict_stream(data), **attributes})
    return LoadedModel(model).stream(data)


@pytest.fixture
def give_up() -> Iterator[Callable[[], None]]:
    """From when it is called on nobody waits any more."""
    given_up: list[bool] = []
    cancellation.watch(lambda: bool(given_up))
    yield lambda: given_up.append(True)
    cancellation.watch(None)


class Clock:
    """Whose time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The one by which streams are judged to be quick or slow."""
    made = Clock()
    monkeypatch.setattr(live, "time", made)
    return made


def to_the_end(stream: LiveStream) -> Step:
    """All its steps as one."""
    partials: list[Any] = []
    while True:
        step = stream.advance()
        partials += step.partials
        if not step.goes_on:
            return Step(partials, step.answers)


def test_steps_grow_while_they_are_quick_and_the_last_one_has_the_answer() -> None:
    stream = LoadedModel(Steps).stream("abcdefghij")
    steps = [stream.advance() for _ in range(4)]
    assert steps == [
        Step(["a"], None, True),
        Step(["b", "c"], None, True),
        Step(["d", "e", "f", "g"], None, True),
        Step(["h", "i", "j"], Answers([10]), False),
    ]


def test_a_step_has_no_more_than_are_asked_for() -> None:
    stream = LoadedModel(Steps).stream("abcdefghij")
    assert [len(stream.advance(2).partials) for _ in range(6)] == [1, 2, 2, 2, 2, 1]


def test_a_pause_ends_a_step_and_is_no_partial() -> None:
    def paced(data: Any) -> Any:
        yield "a"
        yield Pause(0.5)
        yield Pause(1)
        yield "b"
        return 2

    stream = stream_of(paced)
    assert [stream.advance() for _ in range(4)] == [
        Step(["a"], goes_on=True),
        Step([], goes_on=True, pause_s=0.5),
        Step([], goes_on=True, pause_s=1),
        Step(["b"], Answers([2])),
    ]


def test_what_is_ready_does_not_wait_for_what_is_slow(clock: Clock) -> None:
    def sometimes_slow(data: Any) -> Any:
        for seconds in (0, 0, 0, 0.1, 0, 0):
            clock.sleep(seconds)
            yield str(seconds)

    stream = stream_of(sometimes_slow)
    steps = [stream.advance(100, 0.05).partials for _ in range(4)]
    assert steps == [["0"], ["0", "0"], ["0.1"], ["0"]]


def test_a_step_ends_when_another_as_slow_as_the_last_would_take_it_too_long(clock: Clock) -> None:
    def slowly(data: Any) -> Any:
        for number in range(100):
            clock.sleep(0.04)
            yield str(number)

    stream = stream_of(slowly)
    assert [len(stream.advance(100, 0.1).partials) for _ in range(4)] == [1, 2, 2, 2]
    stream.close()


@pytest.mark.parametrize(
    ("bad", "error"),
    [(5, InvalidOutput), (None, InvalidOutput), (float("nan"), InvalidOutput), (object(), InvalidOutput)],
)
def test_a_partial_that_does_not_fit_ends_the_stream_and_closes_it(bad: Any, error: type[Exception]) -> None:
    closed = []

    def stream(data: Any) -> Any:
        try:
            yield "good"
            yield bad
        finally:
            closed.append(True)

    step = to_the_end(stream_of(stream))
    assert step.partials == ["good"]
    assert step.answers is not None
    assert isinstance(step.answers.errors[0], error)
    assert closed == [True]


def test_without_a_partial_schema_a_partial_is_any_plain_data() -> None:
    def stream(data: Any) -> Any:
        yield {"a": (1, None)}
        yield object()

    step = to_the_end(stream_of(stream, partial_schema=None))
    assert step.partials == [{"a": [1, None]}]
    assert step.answers is not None
    assert isinstance(step.answers.errors[0], InvalidOutput)


def ends_badly(how: str) -> Iterator[Any]:
    yield "good"
    if how == "raise":
        raise ValueError("it is Monday")
    if how == "exit":
        sys.exit("Monday")
    if how == "stop":
        raise StopIteration("Monday")
    if how == "refuse":
        raise MLModelSchemaValidationException("the moon is full")
    return "no number"


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("raise", PredictionFailed),
        ("exit", PredictionFailed),
        ("stop", PredictionFailed),
        ("refuse", InvalidInput),
        ("return", InvalidOutput),
    ],
)
def test_a_bad_end_is_named(how: str, error: type[Exception]) -> None:
    step = to_the_end(stream_of(ends_badly, how))
    assert step.partials == ["good"]
    assert step.answers is not None
    assert isinstance(step.answers.errors[0], error)


@pytest.mark.parametrize("other", [None, [1], iter([1]), "text"])
def test_what_is_no_generator_is_an_error_that_says_so(other: Any) -> None:
    answers = stream_of(lambda data: other).advance().answers
    assert answers is not None
    assert "predict_stream must be a generator; it returned" in str(answers.errors[0])


def test_a_stream_without_memory_has_no_answer() -> None:
    def stream(data: Any) -> Any:
        yield "good"
        raise MemoryError

    with pytest.raises(MemoryError):
        to_the_end(stream_of(stream))


def test_a_stream_that_nobody_waits_for_is_closed_at_its_next_yield(give_up: Callable[[], None]) -> None:
    seen = []

    def stream(data: Any) -> Any:
        try:
            yield "seen"
            give_up()
            yield "not seen"
            seen.append("never")
        except GeneratorExit:
            seen.append("closed")
            raise

    live = stream_of(stream)
    assert [live.advance(), live.advance()] == [Step(["seen"], None, True), Step()]
    assert seen == ["closed"]


def test_a_stream_that_does_not_want_to_be_closed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def stubborn(data: Any) -> Any:
        try:
            yield "a"
        finally:
            yield "b"

    stream = stream_of(stubborn)
    stream.close()
    assert stream.advance(1).partials == ["a"]
    with caplog.at_level(logging.WARNING, logger="tornado_ml"):
        stream.close()
    assert "generator ignored GeneratorExit" in caplog.text


class Notes(Steps):
    input_schema: Any = {"type": "integer"}
    output_schema: Any = {"type": "array", "maxItems": 2}
    session_schema: Any = {"type": "object", "required": ["first"]}

    def open_session(self, parameters: Any) -> Any:
        if parameters["first"] == "refuse":
            raise MLModelSchemaValidationException("the moon is full")
        return Noted(parameters["first"]) if isinstance(parameters["first"], int) else parameters["first"]


class Noted(ModelSession):
    def __init__(self, first: int) -> None:
        self.notes = [first]

    def predict(self, data: int) -> Any:
        if data < 0:
            raise ValueError("it is Monday")
        self.notes.append(data)
        return self.notes

    def close(self) -> None:
        if self.notes[0] == 0:
            raise ValueError("I stay")


def test_a_session_remembers_and_what_it_answers_is_judged() -> None:
    session = LoadedModel(Notes).open_session({"first": 1})
    assert session.answer(2) == Answers([[1, 2]])
    assert isinstance(session.answer(-1).errors[0], PredictionFailed)
    assert isinstance(session.answer(3).errors[0], InvalidOutput)
    session.close()


def test_a_session_that_cannot_be_closed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    session = LoadedModel(Notes).open_session({"first": 0})
    with caplog.at_level(logging.WARNING, logger="tornado_ml"):
        session.close()
    assert "ValueError: I stay" in caplog.text


def test_a_session_need_only_predict() -> None:
    class Bare:
        def predict(self, data: int) -> Any:
            return [data]

    session = LoadedModel(Notes).open_session({"first": Bare()})
    assert session.answer(5) == Answers([[5]])
    session.close()


def test_what_is_no_session_is_refused() -> None:
    with pytest.raises(TypeError, match="open_session must return a ModelSession; it returned str"):
        LoadedModel(Notes).open_session({"first": "text"})
    with pytest.raises(MLModelSchemaValidationException, match="moon"):
        LoadedModel(Notes).open_session({"first": "refuse"})
