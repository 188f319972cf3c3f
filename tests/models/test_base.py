from __future__ import annotations

from typing import Any

import pytest

from tornado_ml import MLModel, ModelSession, Pause
from tornado_ml.errors import ModelRefused
from tornado_ml.models.base import check_qualified_name, final_prediction, is_version_request, version_number
from tornado_ml.models.cancellation import watch


@pytest.mark.parametrize("name", ["iris_model", "a", "_", "0", "A.b-c_d", "x" * 128])
def test_a_name_of_letters_digits_and_a_few_marks_is_good(name: str) -> None:
    check_qualified_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "x" * 129, ".hidden", "-rf", "with space", "a/b", "a\n", "modèle", "a%2f", "..", None, 5, b"iris", ["iris"]],
)
def test_any_other_name_is_refused(name: object) -> None:
    with pytest.raises(ModelRefused, match="is refused: it takes 1 to 128 letters"):
        check_qualified_name(name)


def test_a_refusal_shows_no_more_than_the_beginning_of_a_long_name() -> None:
    with pytest.raises(ModelRefused) as refusal:
        check_qualified_name("x" * 100_000)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("1", True),
        ("1.2", True),
        ("0.0", True),
        ("999999999.999999999", True),
        ("", False),
        ("1.", False),
        (".1", False),
        ("1.2.3", False),
        ("1.2\n", False),
        ("-1", False),
        ("1e3", False),
        ("v1", False),
        ("١", False),
        ("1234567890", False),
    ],
)
def test_clients_ask_for_a_major_version_or_for_major_and_minor(text: str, is_good: bool) -> None:
    assert is_version_request(text) is is_good


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0),
        (12, 12),
        ("3", 3),
        ("007", 7),
        (-1, None),
        (True, None),
        (1.0, None),
        ("", None),
        ("-1", None),
        ("1.2", None),
        ("²", None),
        ("١", None),
        (None, None),
    ],
)
def test_a_version_is_a_whole_number_or_a_string_of_digits(value: object, number: int | None) -> None:
    assert version_number(value) == number


def test_a_model_without_predict_cannot_be_made() -> None:
    class Mute(MLModel):
        qualified_name = "mute"

    with pytest.raises(TypeError, match="abstract"):
        Mute()  # type: ignore[abstract]


@pytest.mark.parametrize("seconds", [-1, 61, float("nan"), float("inf")])
def test_a_pause_is_neither_negative_nor_without_end(seconds: float) -> None:
    with pytest.raises(ValueError, match="A pause takes 0 to 60 seconds"):
        Pause(seconds)


def test_where_nobody_watches_a_stream_pauses_for_nothing() -> None:
    def paced() -> Any:
        yield Pause(60)
        yield 1
        return 2

    assert final_prediction(paced()) == 2


def test_a_model_has_no_examples_unless_it_says_so() -> None:
    class Echo(MLModel):
        def predict(self, data: Any) -> Any:
            return data

    assert tuple(Echo().examples) == ()


class Streaming(MLModel):
    def predict_stream(self, data: Any) -> Any:
        yield from range(data)
        return data


def test_a_model_with_a_stream_need_not_predict_otherwise() -> None:
    assert Streaming().predict(3) == 3

    class Both(Streaming):
        def predict(self, data: Any) -> Any:
            return "mine"

    assert Both().predict(3) == "mine"


def test_a_model_must_predict_in_some_way() -> None:
    class Neither(MLModel):
        pass

    class Nothing(ModelSession):
        pass

    for kind in (Neither, Nothing):
        with pytest.raises(TypeError, match="abstract"):
            kind()


def test_a_stream_that_is_run_to_its_end_is_closed_early_when_nobody_waits() -> None:
    seen = []

    def stream() -> Any:
        try:
            for number in range(10):
                seen.append(number)
                yield number
        finally:
            seen.append("closed")

    watch(lambda: len(seen) >= 3)
    try:
        assert final_prediction(stream()) is None
    finally:
        watch(None)
    assert seen == [0, 1, 2, "closed"]


def test_what_predict_stream_returns_must_be_a_generator() -> None:
    with pytest.raises(TypeError, match="must be a generator; it returned list"):
        final_prediction([1, 2])
