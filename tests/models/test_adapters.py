import importlib
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, fields

from tornado_ml import MLModel, MLModelException, MLModelSchemaValidationException
from tornado_ml.errors import ModelRefused
from tornado_ml.models.adapters import adapt, is_schema_fault
from tornado_ml.models.schema import Validator

PACKAGES = Path(__file__).parents[1] / "packages"


class Echo(MLModel):
    qualified_name = "echo"
    display_name = "Echo"
    description = "Says what it hears."
    major_version = 1
    minor_version = 2
    input_schema: Any = {"type": "string"}
    output_schema: Any = {"type": "string"}

    def predict(self, data: Any) -> Any:
        return data


def echo_with(**attributes: object) -> Echo:
    """An echo whose class says something else."""
    return type("Echo", (Echo,), attributes)()


@pytest.fixture
def rectangle_model(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(PACKAGES)
    return importlib.import_module("rectangle_model.rectangle_predict").RectangleModel()


@pytest.fixture
def tip_model(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(PACKAGES)
    return importlib.import_module("tip_model.prediction").TipModel()


def test_our_own_model_is_taken_with_all_it_says() -> None:
    adapted = adapt(echo_with(examples=["hello", "ahoy"]))
    assert (adapted.qualified_name, adapted.display_name, adapted.description) == (
        "echo",
        "Echo",
        "Says what it hears.",
    )
    assert (adapted.major_version, adapted.minor_version) == (1, 2)
    assert adapted.input.json_schema["type"] == adapted.output.json_schema["type"] == "string"
    assert adapted.examples == ("hello", "ahoy")
    assert adapted.predict("hello") == "hello"


def test_a_model_needs_no_examples() -> None:
    assert adapt(Echo()).examples == ()


def test_a_model_for_ml_model_abc_is_served_unchanged(rectangle_model: Any) -> None:
    assert not isinstance(rectangle_model, MLModel)
    adapted = adapt(rectangle_model)
    assert (adapted.qualified_name, adapted.display_name) == ("rectangle_model", "Rectangle Model")
    assert (adapted.major_version, adapted.minor_version) == (2, 1)
    document = {"width": 2, "height": 2.5}
    assert Validator(adapted.input.json_schema).fits(document)
    prediction = adapted.output.dump(adapted.predict(adapted.input.load(document)))
    assert prediction == {"area": 5.0, "shape": "oblong"}
    assert Validator(adapted.output.json_schema).fits(prediction)


def test_what_an_ml_model_abc_model_refuses_is_a_schema_fault(rectangle_model: Any) -> None:
    adapted = adapt(rectangle_model)
    with pytest.raises(Exception, match="no negative length") as raised:
        adapted.predict(adapted.input.load({"width": -1, "height": 1}))
    assert is_schema_fault(raised.value)


def test_a_model_for_ml_base_is_served_unchanged(tip_model: Any) -> None:
    assert not isinstance(tip_model, MLModel)
    adapted = adapt(tip_model)
    assert (adapted.qualified_name, adapted.display_name) == ("tip_model", "Tip Model")
    assert (adapted.major_version, adapted.minor_version) == (0, 3)
    document = {"bill": 20}
    assert Validator(adapted.input.json_schema).fits(document)
    assert not Validator(adapted.input.json_schema).fits({"bill": -1})
    prediction = adapted.output.dump(adapted.predict(adapted.input.load(document)))
    assert prediction == {"tip": 2.0, "service": "good"}
    assert type(prediction["service"]) is str
    assert Validator(adapted.output.json_schema).fits(prediction)


def test_a_decorated_ml_base_model_is_served_too(tip_model: Any) -> None:
    from ml_base import MLModelDecorator

    adapted = adapt(MLModelDecorator(tip_model))
    assert adapted.qualified_name == "tip_model"
    answer = adapted.predict(adapted.input.load({"bill": 20, "service": "poor"}))
    assert adapted.output.dump(answer) == {"tip": 0.0, "service": "poor"}


class VersionedByOneString:
    qualified_name = "one_string"
    display_name = "One string"
    description = ""
    input_schema = output_schema = type("Anything", (Schema,), {"text": fields.String()})

    def __init__(self, version: object) -> None:
        self.version = version

    def predict(self, data: Any) -> Any:
        return data


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.2.3", (1, 2)), ("1.2", (1, 2)), ("3", (3, 0)), ("0.1.0rc1", (0, 1)), ("10.20", (10, 20))],
)
def test_one_version_string_is_major_and_minor(version: str, expected: tuple[int, int]) -> None:
    adapted = adapt(VersionedByOneString(version))
    assert (adapted.major_version, adapted.minor_version) == expected


@pytest.mark.parametrize("version", ["", "v1.2", "1.x", "1.", "-1.0", "latest", "1.2rc1", "١.٢", 1.2, None])
def test_one_version_that_is_no_number_is_refused(version: object) -> None:
    with pytest.raises(ModelRefused, match=r"VersionedByOneString\b.*\bversion\b"):
        adapt(VersionedByOneString(version))


@pytest.mark.parametrize(("major", "minor"), [("one", 0), (1, "two"), (-1, 0), (1.5, 0), (True, 0), ("", 0)])
def test_a_version_that_is_no_whole_number_is_refused(major: object, minor: object) -> None:
    with pytest.raises(ModelRefused, match=r"Echo has the version .* as whole numbers"):
        adapt(echo_with(major_version=major, minor_version=minor))


@pytest.mark.parametrize("thing", [5, None, "model", object(), {"predict": print}, lambda data: data])
def test_what_has_no_predict_is_no_model(thing: object) -> None:
    with pytest.raises(ModelRefused, match=r"is no model: a model has a method predict\(data\)"):
        adapt(thing)


def test_a_class_is_no_model_until_it_is_called() -> None:
    with pytest.raises(ModelRefused, match=r"returned the class Echo: return a model, Echo\(\)"):
        adapt(Echo)


def test_a_coroutine_function_is_refused_as_predict() -> None:
    async def predict(self: Echo, data: Any) -> Any:
        return data

    with pytest.raises(ModelRefused, match="predict is a coroutine function: write it with `def`"):
        adapt(echo_with(predict=predict))


@pytest.mark.parametrize("name", ["", "iris model", "-iris", ".iris", "a/b", "iris\n", "blüte", "x" * 129])
def test_a_bad_qualified_name_is_refused(name: str) -> None:
    with pytest.raises(ModelRefused, match="qualified_name"):
        adapt(echo_with(qualified_name=name))


@pytest.mark.parametrize("name", ["qualified_name", "display_name", "description"])
def test_what_should_be_text_and_is_not_is_refused_by_name(name: str) -> None:
    with pytest.raises(ModelRefused, match=f"Echo.{name} must be a string, and is 5"):
        adapt(echo_with(**{name: 5}))


@pytest.mark.parametrize(
    "name",
    [
        "qualified_name",
        "display_name",
        "description",
        "major_version",
        "minor_version",
        "input_schema",
        "output_schema",
    ],
)
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(ModelRefused, match=f"Echo has no {name}: give it one"):
        adapt(echo_with(**{name: None}))


@pytest.mark.parametrize("name", ["input_schema", "output_schema"])
@pytest.mark.parametrize("schema", [5, {"type": "no such type"}])
def test_a_bad_schema_is_refused_with_the_name_of_the_side(name: str, schema: object) -> None:
    with pytest.raises(ModelRefused, match=f"Echo.{name} is refused: "):
        adapt(echo_with(**{name: schema}))


@pytest.mark.parametrize("examples", [5, "hello", None, {"a": 1}])
def test_examples_that_are_no_list_are_refused(examples: object) -> None:
    with pytest.raises(ModelRefused, match=r"Echo\.examples must be a list of inputs"):
        adapt(echo_with(examples=examples))


def test_an_example_that_json_cannot_say_is_refused_with_its_place() -> None:
    with pytest.raises(ModelRefused, match=r"Echo\.examples must be JSON data: /1/seen is of type set"):
        adapt(echo_with(examples=["hello", {"seen": {1, 2}}]))


def test_what_a_property_raises_is_not_hidden() -> None:
    def fail(self: Echo) -> str:
        raise RuntimeError("no file")

    with pytest.raises(RuntimeError, match="no file"):
        adapt(echo_with(description=property(fail)))


def test_a_schema_fault_is_known_by_its_name_whichever_package_it_is_from() -> None:
    foreign = type("MLModelSchemaValidationException", (Exception,), {})
    narrower = type("BadPicture", (foreign,), {})
    assert is_schema_fault(MLModelSchemaValidationException("no"))
    assert is_schema_fault(foreign("no"))
    assert is_schema_fault(narrower("no"))
    assert not is_schema_fault(MLModelException("no"))
    assert not is_schema_fault(ValueError("MLModelSchemaValidationException"))


class ForeignStream:
    """A model written for no package of ours, which only streams."""

    qualified_name = display_name = description = "foreign"
    version = "1.0.0"
    input_schema: Any = {}
    output_schema: Any = {}

    def predict_stream(self, data: Any) -> Any:
        yield 1
        return data


def test_a_model_of_any_kind_that_streams_predicts_by_running_to_the_end() -> None:
    adapted = adapt(ForeignStream())
    assert adapted.predict("the end") == "the end"
    assert adapted.predict_stream is not None
    assert adapted.open_session is None


async def coroutine(self: Any, data: Any) -> Any:
    return data


async def asynchronous_generator(self: Any, data: Any) -> Any:
    yield data


@pytest.mark.parametrize("method", [coroutine, asynchronous_generator, "text"])
@pytest.mark.parametrize("name", ["predict_batch", "predict_stream", "open_session"])
def test_an_optional_method_must_be_a_plain_one(name: str, method: Any) -> None:
    with pytest.raises(ModelRefused, match=f"Echo.{name} is no plain method: write it with `def`"):
        adapt(echo_with(**{name: method}))


def test_the_schemas_of_partials_and_sessions_are_optional_and_judged_as_the_others() -> None:
    adapted = adapt(Echo())
    assert (adapted.partial, adapted.session) == (None, None)
    adapted = adapt(echo_with(partial_schema={"type": "string"}, session_schema=Schema.from_dict({"a": fields.Int()})))
    assert adapted.partial is not None
    assert adapted.session is not None
    assert adapted.session.json_schema["properties"]["a"]["type"] == "integer"
    with pytest.raises(ModelRefused, match=r"Echo.session_schema is refused"):
        adapt(echo_with(session_schema={"type": "nonsense"}))
