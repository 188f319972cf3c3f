from __future__ import annotations

import sys
from typing import Any

import pytest

from tornado_ml import MLModel
from tornado_ml.models.checking import check_model


class Root(MLModel):
    """The square root; wrong for 1, 2, 3 and 4 in one way each."""

    qualified_name = "root"
    display_name = "Root"
    description = "The square root."
    major_version = 1
    minor_version = 0
    input_schema: Any = {"type": "object", "properties": {"x": {"type": "number", "minimum": 0}}, "required": ["x"]}
    output_schema: Any = {"type": "object", "properties": {"root": {"type": "number"}}, "required": ["root"]}
    examples: Any = ({"x": 16}, {"x": 0.25})

    def predict(self, data: Any) -> Any:
        if data["x"] == 1:
            return {"root": "one"}
        if data["x"] == 2:
            return {"root": float("nan")}
        if data["x"] == 3:
            raise ArithmeticError("three is too hard")
        if data["x"] == 4:
            sys.exit("four is the end")
        return {"root": data["x"] ** 0.5}


def root_with(**attributes: Any) -> type[Root]:
    return type("Root", (Root,), attributes)


def test_a_sound_model_has_no_problems_and_says_what_it_is() -> None:
    check = check_model(Root)
    assert check.problems == ()
    assert check.report is not None
    assert check.report.identity == ("root", (1, 0))
    assert check.report.examples == ({"x": 16}, {"x": 0.25})


def test_a_model_without_examples_is_sound_if_it_loads() -> None:
    assert check_model(root_with(examples=())).problems == ()


@pytest.mark.parametrize("error", [OSError("no parameters"), SystemExit(3)])
def test_a_model_that_does_not_load_has_no_report(error: BaseException) -> None:
    def construct(self: Any) -> None:
        raise error

    check = check_model(root_with(__init__=construct))
    assert check.report is None
    assert check.problems == (f"It could not be loaded: {type(error).__name__}: {error}",)


@pytest.mark.parametrize(
    ("factory", "problem"),
    [
        (lambda: 5, "5 is no model"),
        (root_with(qualified_name="square root"), "The qualified_name 'square root' is refused"),
        (root_with(input_schema={"type": "nonsense"}), "Root.input_schema is refused"),
        (root_with(examples=({"x": object()},)), "Root.examples must be JSON data"),
    ],
)
def test_what_is_no_model_that_can_be_served_is_a_problem(factory: Any, problem: str) -> None:
    check = check_model(factory)
    assert check.report is None
    (said,) = check.problems
    assert said.startswith(f"It could not be loaded: {problem}")


def test_each_example_is_tried_and_each_problem_names_its_example() -> None:
    examples = ({"x": 16}, {"x": -1}, {}, {"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}, {"x": 9})
    check = check_model(root_with(examples=examples))
    assert check.report is not None
    below, empty, text, nan, raising, exiting = check.problems
    assert below.startswith("Example 2 does not fit the input schema: /x ")
    assert empty.startswith("Example 3 does not fit the input schema: /x ")
    assert text.startswith("Example 4: The model's prediction does not fit its output schema. /root ")
    assert nan.startswith("Example 5: The model's prediction does not fit its output schema. /root ")
    assert raising.startswith("Example 6 could not be predicted:\nTraceback (most recent call last):\n")
    assert raising.endswith("\nArithmeticError: three is too hard")
    assert exiting.startswith("Example 7 could not be predicted:\nTraceback")
    assert exiting.endswith("\nSystemExit: four is the end")


def test_ctrl_c_ends_a_check() -> None:
    def interrupted(self: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_model(root_with(__init__=interrupted))
