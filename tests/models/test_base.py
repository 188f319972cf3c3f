from __future__ import annotations

from typing import Any

import pytest

from tornado_ml import MLModel
from tornado_ml.errors import ModelRefused
from tornado_ml.models.base import check_qualified_name, is_version_request, version_number


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


def test_a_model_has_no_examples_unless_it_says_so() -> None:
    class Echo(MLModel):
        def predict(self, data: Any) -> Any:
            return data

    assert tuple(Echo().examples) == ()
