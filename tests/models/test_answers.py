"""What comes of documents where a model runs."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.errors import InvalidInput, InvalidOutput, PredictionFailed
from tornado_ml.models.answers import Answers, Judge, answered, named
from tornado_ml.models.schema import declare


def raising(error: BaseException) -> Any:
    raise error


def test_those_that_fail_together_fail_with_the_same_error() -> None:
    error = ValueError("all of them")
    assert Answers.failed(error, 2) == Answers([None, None], {0: error, 1: error})


def test_a_judge_makes_plain_data_and_lets_nothing_pass_that_was_not_declared() -> None:
    judge = Judge(declare({"type": "array", "maxItems": 2}, direction="output"))
    assert judge.plain((1, 2)) == [1, 2]
    for bad in ((1, 2, 3), 5, object(), [float("nan")]):
        with pytest.raises(InvalidOutput) as refused:
            judge.plain(bad)
        assert refused.value.details


def test_one_answer_is_what_is_returned_or_a_named_error() -> None:
    assert answered(lambda: 5) == Answers([5], {})
    for error in (ValueError("no"), SystemExit(3), KeyboardInterrupt()):
        assert isinstance(answered(lambda: raising(error)).errors[0], PredictionFailed)  # noqa: B023
    with pytest.raises(MemoryError):
        answered(lambda: raising(MemoryError()))


def test_an_error_of_a_class_that_others_may_not_know_is_told_as_text() -> None:
    class Local(InvalidInput):
        pass

    assert isinstance(named(InvalidInput()), InvalidInput)
    assert isinstance(named(Local("local")), PredictionFailed)
