"""What a worker does with a unit of work, and what it holds in between."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tornado_ml import MLModel, ModelSession
from tornado_ml.errors import InvalidInput, PredictionFailed
from tornado_ml.inference.workbench import (
    AdvanceStream,
    BeginStream,
    CloseSession,
    CloseStream,
    Done,
    OpenSession,
    Predict,
    PredictInSession,
    Work,
    Workbench,
    failure,
)
from tornado_ml.models.answers import Answers
from tornado_ml.models.live import Step
from tornado_ml.models.loaded import LoadedModel


class Memory(ModelSession):
    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.told: list[Any] = []

    def predict(self, data: Any) -> Any:
        if data == "eat":
            raise MemoryError
        self.told.append(data)
        return list(self.told)

    def close(self) -> None:
        self.log.append(f"session of {self.told}")


class Everything(MLModel):
    qualified_name = display_name = description = "everything"
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}

    def __init__(self) -> None:
        self.log: list[str] = []

    def predict_stream(self, data: Any) -> Any:
        try:
            for number in range(5):
                if data == "eat":
                    raise MemoryError
                yield [data, number]
        finally:
            self.log.append(f"stream of {data}")
        return data

    def open_session(self, parameters: Any) -> Memory:
        if parameters == "no":
            raise ValueError("no")
        return Memory(self.log)


@pytest.fixture
def model() -> Everything:
    return Everything()


@pytest.fixture
def bench(model: Everything) -> Workbench:
    return Workbench(LoadedModel(lambda: model))


def test_it_predicts_and_says_how_long_it_took(bench: Workbench) -> None:
    started = time.monotonic()
    done = bench.do(Predict(["a", "b"], 64))
    assert done.result == Answers(["a", "b"])
    assert done.held_count == 0
    assert 0 < done.predict_s <= time.monotonic() - started


def test_streams_and_sessions_take_turns(bench: Workbench, model: Everything) -> None:
    def result(work: Work) -> Any:
        return bench.do(work).result

    assert result(BeginStream(1, "a", 2)) == Step([["a", 0]], None, True)
    assert result(BeginStream(2, "b", 1)) == Step([["b", 0]], None, True)
    assert result(OpenSession(1, {})) == Answers([None])
    assert bench.do(PredictInSession(1, "x")) == Done(Answers([["x"]]), pytest.approx(0, abs=1), 3)
    assert result(AdvanceStream(1, 2)) == Step([["a", 1], ["a", 2]], None, True)
    assert result(Predict(["c"], 64)) == Answers(["c"])
    assert result(AdvanceStream(1, 2)) == Step([["a", 3], ["a", 4]], None, True)
    assert result(AdvanceStream(1, 2)) == Step([], Answers(["a"]))
    assert result(PredictInSession(1, "y")) == Answers([["x", "y"]])
    assert bench.held_count == 2
    assert result(CloseSession(1)) == result(CloseStream(2)) == Answers([None])
    assert result(CloseSession(1)) == result(CloseStream(2)) == Answers([None]), "what is gone may be closed again"
    assert bench.held_count == 0
    assert model.log == ["stream of c", "stream of a", "session of ['x', 'y']", "stream of b"]


def test_a_session_that_cannot_be_opened_is_not_held(bench: Workbench) -> None:
    done = bench.do(OpenSession(1, "no"))
    assert isinstance(done.result, Answers)
    assert isinstance(done.result.errors[0], PredictionFailed)
    assert done.held_count == 0


def test_a_stream_without_memory_is_not_held(bench: Workbench) -> None:
    with pytest.raises(MemoryError):
        bench.do(BeginStream(1, "eat", 5))
    assert bench.held_count == 0


def test_closing_it_closes_all_that_it_holds(bench: Workbench, model: Everything) -> None:
    bench.do(BeginStream(1, "a", 1))
    bench.do(OpenSession(1, {}))
    bench.close()
    assert bench.held_count == 0
    assert model.log == ["stream of a", "session of []"]


ERROR = InvalidInput()


@pytest.mark.parametrize(
    ("work", "result"),
    [
        (Predict([1, 2], 64), Answers([None, None], {0: ERROR, 1: ERROR})),
        (BeginStream(1, "a", 5), Step([], Answers([None], {0: ERROR}))),
        (AdvanceStream(1, 5), Step([], Answers([None], {0: ERROR}))),
        (CloseStream(1), Answers([None], {0: ERROR})),
        (OpenSession(1, {}), Answers([None], {0: ERROR})),
        (PredictInSession(1, {}), Answers([None], {0: ERROR})),
    ],
)
def test_work_of_any_kind_can_fail_as_a_whole(work: Work, result: Any) -> None:
    assert failure(work, ERROR) == result


def test_a_stream_whose_step_cannot_be_told_is_over(bench: Workbench, model: Everything) -> None:
    step = BeginStream(1, "a", 1)
    bench.do(step)
    assert bench.fail(step, ERROR) == Done(Step([], Answers.failed(ERROR)), 0.0, 0)
    assert model.log == ["stream of a"]
    bench.do(OpenSession(1, {}))
    assert bench.fail(PredictInSession(1, "a"), ERROR).held_count == 1, "a session goes on"
