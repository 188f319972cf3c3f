"""Whether a model can be served: it loads, its examples fit its input schema, and it predicts them.

Where it has streams and sessions, the examples are predicted in those as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import Fault, PredictionFailed, SchemaError, told
from tornado_ml.models.answers import Answers, answered
from tornado_ml.models.live import LiveSession, LiveStream
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.schema import Validator


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What a check found.

    Attributes:
        report: what the model says of itself; None if it could not be constructed.
        problems: one text each, perhaps with a traceback; none if all is well.
    """

    report: ModelReport | None
    problems: tuple[str, ...]


def check_model(factory: Callable[[], object]) -> ModelCheck:
    """Construct a model and try its examples; whatever it raises becomes a problem."""
    try:
        model = LoadedModel(factory)
    # A constructor may call sys.exit, which is no Exception.
    except (Exception, SystemExit) as error:
        return ModelCheck(None, (f"It could not be loaded: {told(error)}",))
    return ModelCheck(model.report, tuple(_problems(model)))


def _problems(model: LoadedModel) -> Iterator[str]:
    validator = Validator(model.report.input_schema)
    fit: dict[str, Any] = {}
    for number, example in enumerate(model.report.examples, start=1):
        name = f"Example {number}"
        faults = validator.faults(example)
        if faults:
            yield f"{name} does not fit the input schema: {_listed(faults)}"
        else:
            fit[name] = example
            yield from _prediction_problems(model, name, example)
    if model.report.has_session:
        yield from _session_problems(model, fit)


def _prediction_problems(model: LoadedModel, name: str, example: Any) -> Iterator[str]:
    predicted = _answers(lambda: model.answer([example]))
    yield from _failure(predicted, name)
    if not model.report.has_stream:
        return
    with closing(model.stream(example)) as stream:
        streamed = _answers(lambda: _end(stream))
    yield from _failure(streamed, f"{name}, as a stream")
    if not predicted.errors and not streamed.errors:
        returned, wanted = (_kind(answers.predictions[0]) for answers in (streamed, predicted))
        if returned != wanted:
            yield f"{name}, as a stream, ends in {returned}, and without one in {wanted}."


def _session_problems(model: LoadedModel, examples: Mapping[str, Any]) -> Iterator[str]:
    schema = model.report.session_schema or {}
    validator = Validator(schema)
    shown = schema.get("examples", ())
    parameters = next((one for one in ({}, *shown) if validator.fits(one)), None)
    if parameters is None:
        return  # nothing says how to open one
    sessions: list[LiveSession] = []
    opened = _answers(lambda: answered(lambda: sessions.append(model.open_session(parameters))))
    yield from _failure(opened, "A session", "opened")
    for session in sessions:
        with closing(session):
            for name, example in examples.items():
                answers = _answers(functools.partial(session.answer, example))
                yield from _failure(answers, f"{name}, in a session")


def _end(stream: LiveStream) -> Answers:
    """Run a stream to its end, a piece at a time: it may be long."""
    while (answers := stream.advance(max_partials=100).answers) is None:
        pass
    return answers


def _answers(make: Callable[[], Answers]) -> Answers:
    try:
        return make()
    except MemoryError as error:
        return Answers.failed(error)


def _failure(answers: Answers, name: str, done: str = "predicted") -> Iterator[str]:
    """What is wrong, if anything is."""
    for error in answers.errors.values():
        if isinstance(error, SchemaError):
            yield f"{name}: {error} {_listed(error.details)}".rstrip()
        elif isinstance(error, PredictionFailed):
            yield f"{name} could not be {done}:\n{error}"
        else:
            yield f"{name} could not be {done}: {told(error)}"


def _kind(document: Any) -> str:
    """What a JSON document is, on the whole."""
    if document is None:
        return "null"
    if isinstance(document, bool):
        return "true or false"
    kinds = {int: "a number", float: "a number", str: "a string", list: "a list"}
    return kinds.get(type(document), "an object")


def _listed(faults: Iterable[Fault]) -> str:
    return "; ".join(f"{fault.path or '(the whole)'} {fault.message}" for fault in faults)
