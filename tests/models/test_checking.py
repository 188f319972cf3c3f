from __future__ import annotations

import sys
from typing import Any

import pytest

from tornado_ml import MLModel, ModelSession
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


def test_without_memory_an_example_is_not_predicted() -> None:
    def predict(self: Any, data: Any) -> Any:
        raise MemoryError

    (said, _) = check_model(root_with(predict=predict)).problems
    assert said == "Example 1 could not be predicted: MemoryError"


def streaming(final: Any, *partials: Any) -> Any:
    def predict_stream(self: Any, data: Any) -> Any:
        yield from partials
        return final

    return predict_stream


def test_each_example_is_tried_as_a_stream_too() -> None:
    def problems(predict_stream: Any, **attributes: Any) -> tuple[str, ...]:
        one = ({"x": 16},)
        return check_model(root_with(examples=one, predict_stream=predict_stream, **attributes)).problems

    assert problems(streaming({"root": 4}, "root", "is", 4), partial_schema={}) == ()
    (bad_partial,) = problems(streaming({"root": 4}, 5), partial_schema={"type": "string"})
    assert bad_partial.startswith("Example 1, as a stream: The model's prediction does not fit its output schema.")
    (bad_end,) = problems(streaming(None))
    assert bad_end.startswith("Example 1, as a stream: The model's prediction does not fit its output schema.")
    (other_kind,) = problems(streaming([4.0]), output_schema={})
    assert other_kind == "Example 1, as a stream, ends in a list, and without one in an object."
    (no_stream,) = problems(lambda self, data: 5)
    assert no_stream.startswith("Example 1, as a stream could not be predicted:\nTraceback")


class Remembers(ModelSession):
    def __init__(self, parameters: Any) -> None:
        self.parameters = parameters

    def predict(self, data: Any) -> Any:
        return {"root": self.parameters.get("root", 1)}

    def close(self) -> None:
        self.parameters["closed"].append(True)


def test_each_example_is_tried_in_a_session_too_if_its_schema_says_how_to_open_one() -> None:
    opened: list[dict[str, Any]] = []

    def open_session(self: Any, parameters: Any) -> Any:
        opened.append({**parameters, "closed": []})
        return Remembers(opened[-1])

    def problems(schema: Any) -> tuple[str, ...]:
        return check_model(root_with(open_session=open_session, session_schema=schema)).problems

    assert problems(None) == ()
    assert problems({"type": "object", "required": ["root"], "examples": [5, {"root": 2}]}) == ()
    assert problems({"type": "object", "required": ["root"]}) == (), "nothing says how to open one"
    assert opened == [{"closed": [True]}, {"root": 2, "closed": [True]}]
    first, second = problems({"required": ["root"], "examples": [{"root": "two"}]})
    assert first.startswith("Example 1, in a session: The model's prediction does not fit its output schema. /root")
    assert second.startswith("Example 2, in a session: ")


def test_a_session_that_cannot_be_opened_is_a_problem() -> None:
    def open_session(self: Any, parameters: Any) -> Any:
        raise OSError("no memory of that")

    (said,) = check_model(root_with(open_session=open_session)).problems
    assert said.startswith("A session could not be opened:\nTraceback")
    assert said.endswith("OSError: no memory of that")


def test_ctrl_c_ends_a_check() -> None:
    def interrupted(self: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_model(root_with(__init__=interrupted))
