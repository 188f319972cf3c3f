"""One constructed model: what it says of itself, and what comes of documents."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validates_schema

from tornado_ml import MLModel, MLModelException, MLModelSchemaValidationException
from tornado_ml.errors import Fault, InvalidInput, InvalidOutput, ModelRefused, PredictionFailed
from tornado_ml.models.loaded import LoadedModel, class_path


class Half(MLModel):
    qualified_name = "half"
    display_name = "Half"
    description = "Half of a number."
    major_version = 1
    minor_version = 2
    input_schema: Any = {"type": "number"}
    output_schema: Any = {"type": "number", "maximum": 100}
    examples: Any = (1, 2.5)

    def predict(self, data: Any) -> Any:
        return data / 2


def half_that(predict: Callable[[Any, Any], Any], **attributes: Any) -> LoadedModel:
    """The model with another `predict`."""
    return LoadedModel(type("Half", (Half,), {"predict": predict, **attributes}))


def raising(error: BaseException) -> Callable[[Any, Any], Any]:
    def predict(self: Any, data: Any) -> Any:
        raise error

    return predict


def test_a_report_is_plain_data_and_can_be_sent_elsewhere() -> None:
    report = LoadedModel(Half).report
    assert pickle.loads(pickle.dumps(report)) == report
    assert report.identity == ("half", (1, 2))
    assert (report.display_name, report.description, report.examples) == ("Half", "Half of a number.", (1, 2.5))
    assert (report.input_schema["type"], report.output_schema["maximum"]) == ("number", 100)
    assert not report.has_batch
    json.dumps([report.input_schema, report.output_schema, report.examples])


def test_what_is_no_model_is_refused_and_what_its_constructor_raises_passes() -> None:
    with pytest.raises(ModelRefused, match="5 is no model"):
        LoadedModel(lambda: 5)
    with pytest.raises(ZeroDivisionError):
        LoadedModel(lambda: 1 // 0)


def test_a_class_is_named_by_its_file_and_by_its_module_where_it_has_none() -> None:
    assert class_path(Half) == f"{__file__}:Half"
    assert class_path(int) == "builtins:int"


def test_one_file_imported_under_two_names_has_one_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    (tmp_path / "twice.py").write_text("class Model: ...\n")
    paths = set()
    for name in ("one_name", "another_name"):
        spec = importlib.util.spec_from_file_location(name, tmp_path / "twice.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        paths.add(class_path(module.Model))
    assert len(paths) == 1


def test_a_prediction_is_plain_data_that_fits_the_output_schema() -> None:
    assert LoadedModel(Half).predict(5) == 2.5


@pytest.mark.parametrize(
    ("value", "path"), [(101, ""), ("text", ""), (None, ""), (float("nan"), ""), (float("inf"), ""), (object(), "")]
)
def test_a_prediction_that_does_not_fit_is_the_models_fault(value: Any, path: str) -> None:
    with pytest.raises(InvalidOutput) as failure:
        half_that(lambda self, data: value).predict(1)
    assert failure.value.details[0].path == path


class Span(Schema):
    begin = fields.Date(required=True)
    end = fields.Date(required=True)

    @validates_schema
    def in_order(self, data: Any, **_: Any) -> None:
        if data["begin"] > data["end"]:
            raise ValidationError("ends before it begins", "end")


class Days(Half):
    input_schema = Span
    output_schema = Schema.from_dict({"days": fields.Integer(required=True)})

    def predict(self, data: Any) -> Any:
        return {"days": (data["end"] - data["begin"]).days}


def test_a_marshmallow_model_gets_what_load_returns() -> None:
    assert LoadedModel(Days).predict({"begin": "2024-02-28", "end": "2024-03-01"}) == {"days": 2}


def test_a_rule_that_json_schema_cannot_say_is_the_inputs_fault() -> None:
    with pytest.raises(InvalidInput) as failure:
        LoadedModel(Days).predict({"begin": "2024-02-28", "end": "2024-02-01"})
    assert failure.value.details == (Fault("/end", "ends before it begins"),)


def foreign_schema_fault() -> Exception:
    """The exception of another package that models are written for, of the same name."""
    kind: type[Exception] = type("MLModelSchemaValidationException", (Exception,), {})
    return kind("the moon is full")


@pytest.mark.parametrize(
    "error", [MLModelSchemaValidationException("the moon is full"), foreign_schema_fault()], ids=["ours", "foreign"]
)
def test_a_model_that_refuses_an_input_is_quoted(error: Exception) -> None:
    with pytest.raises(InvalidInput) as failure:
        half_that(raising(error)).predict(1)
    assert failure.value.details == (Fault("", "the moon is full"),)


def test_a_refusal_without_a_word_still_has_a_message() -> None:
    with pytest.raises(InvalidInput) as failure:
        half_that(raising(MLModelSchemaValidationException())).predict(1)
    assert failure.value.details == (Fault("", InvalidInput.default_message),)


@pytest.mark.parametrize(
    "error",
    [ValueError("secret"), MLModelException("secret"), StopIteration("secret"), SystemExit("secret")],
    ids=lambda error: type(error).__name__,
)
def test_anything_else_that_a_model_raises_is_told_with_its_traceback(error: BaseException) -> None:
    with pytest.raises(PredictionFailed, match="secret") as failure:
        half_that(raising(error)).predict(1)
    assert str(failure.value).startswith("Traceback (most recent call last):\n")
    assert Path(__file__).name in str(failure.value)


def test_running_out_of_memory_is_no_answer() -> None:
    with pytest.raises(MemoryError):
        half_that(raising(MemoryError())).predict(1)


def test_several_documents_are_answered_in_their_order_and_a_bad_one_fails_alone() -> None:
    def predict(self: Any, data: Any) -> Any:
        return {1: 0.5, 2: "text"}.get(data) or 1 / data

    answers = half_that(predict).answer([1, 2, 0, 1])
    assert answers.predictions == [0.5, None, None, 0.5]
    assert {place: type(error) for place, error in answers.errors.items()} == {1: InvalidOutput, 2: PredictionFailed}


def batches_of(predict_batch: Callable[[Any, Any], Any], **attributes: Any) -> LoadedModel:
    def predict(self: Any, data: Any) -> Any:
        return -data

    return half_that(predict, predict_batch=predict_batch, **attributes)


def test_a_batch_is_one_call() -> None:
    calls = []

    def predict_batch(self: Any, batch: Any) -> Any:
        calls.append(batch)
        return [data / 2 for data in batch]

    model = batches_of(predict_batch)
    assert model.report.has_batch
    assert model.answer([1, 2, 300]).predictions == [0.5, 1, None]
    assert calls == [[1, 2, 300]]


def test_a_batch_holds_only_what_is_fit_to_be_asked() -> None:
    def predict_batch(self: Any, batch: Any) -> Any:
        return [{"days": (data["end"] - data["begin"]).days} for data in batch]

    model = LoadedModel(type("Days", (Days,), {"predict_batch": predict_batch}))
    day, bad = {"begin": "2024-01-01", "end": "2024-01-02"}, {"begin": "2024-01-02", "end": "2024-01-01"}
    answers = model.answer([day, bad, day])
    assert answers.predictions == [{"days": 1}, None, {"days": 1}]
    assert isinstance(answers.errors[1], InvalidInput)


@pytest.mark.parametrize(
    "predict_batch",
    [
        lambda self, batch: batch[1:],
        lambda self, batch: 1 / 0,
        lambda self, batch: sys.exit(1),
        lambda self, batch: 5,
        lambda self, batch: None,
    ],
    ids=["too few", "raises", "exits", "no list", "nothing"],
)
def test_the_documents_of_a_batch_that_fails_are_tried_one_by_one(predict_batch: Any) -> None:
    assert batches_of(predict_batch).answer([1, 2]).predictions == [-1, -2]


def test_an_empty_batch_has_no_answers() -> None:
    assert batches_of(lambda self, batch: list(batch)).answer([]).predictions == []


def test_a_report_says_what_else_the_model_can_do() -> None:
    report = LoadedModel(Half).report
    assert (report.has_stream, report.has_session) == (False, False)
    assert (report.partial_schema, report.session_schema) == (None, None)

    class Able(Half):
        partial_schema: Any = {"type": "string"}

        def predict_stream(self, data: Any) -> Any:
            yield "so far"
            return data / 2

        def open_session(self, parameters: Any) -> Any:
            return self

    model = LoadedModel(Able)
    assert (model.report.has_stream, model.report.has_session) == (True, True)
    assert model.report.partial_schema is not None
    assert model.report.partial_schema["type"] == "string"
    assert model.report.session_schema is not None
    assert model.report.session_schema["type"] == "object"
    assert model.stream(3).advance().partials == ["so far"]
    assert model.open_session({}).answer(3).predictions == [1.5]


def test_the_parameters_of_a_session_are_what_load_returns() -> None:
    class Until(Half):
        session_schema: Any = Schema.from_dict({"until": fields.Date(load_default=None)})

        def open_session(self, parameters: Any) -> Any:
            opened.append(parameters)
            return self

    opened: list[Any] = []
    for parameters in ({}, {"until": "2024-02-28"}):
        LoadedModel(Until).open_session(parameters)
    assert [str(parameters["until"]) for parameters in opened] == ["None", "2024-02-28"]
