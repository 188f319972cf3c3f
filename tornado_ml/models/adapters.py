"""Takes a model as its author wrote it, whichever package it was written for, and gives it one shape.

Three kinds are taken, told apart by what they have and not by what they inherit: our own `MLModel`; a model for the
original's `ml_model_abc`, whose versions may be strings of digits; a model for `ml_base`, whose version is one string.
How their schemas differ is the business of `models.schema`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tornado_ml.errors import MLModelSchemaValidationException, ModelRefused
from tornado_ml.models.base import EXECUTOR_NAMES, check_qualified_name, final_prediction, version_number
from tornado_ml.models.plain_data import NotPlain, plain
from tornado_ml.models.schema import Declaration, Direction, declare


@dataclass(frozen=True, slots=True)
class AdaptedModel:
    """A model in the one shape that the service works with."""

    qualified_name: str
    display_name: str
    description: str
    major_version: int
    minor_version: int
    input: Declaration
    output: Declaration
    partial: Declaration | None
    session: Declaration | None
    examples: tuple[Any, ...]
    predict: Callable[[Any], Any]
    predict_batch: Callable[[Sequence[Any]], Sequence[Any]] | None
    predict_stream: Callable[[Any], Any] | None
    open_session: Callable[[Any], Any] | None


def adapt(model: object) -> AdaptedModel:
    """The model in the one shape that the service works with.

    Raises:
        ModelRefused: it cannot be served as it is declared; says what to change.
        Exception: whatever a property of the model raises.
    """
    if isinstance(model, type):
        raise ModelRefused(
            f"The factory returned the class {model.__qualname__}: return a model, {model.__qualname__}()."
        )
    kind = type(model).__qualname__
    predict_stream = _method(model, "predict_stream")
    predict = getattr(model, "predict", None)
    if predict is None and predict_stream is not None:
        predict = _by_stream(predict_stream)
    if not callable(predict):
        raise ModelRefused(f"{_shown(model)} is no model: a model has a method predict(data), which {kind} lacks.")
    if inspect.iscoroutinefunction(predict):
        raise ModelRefused(f"{kind}.predict is a coroutine function: write it with `def`, it does not run in a loop.")
    executor = getattr(model, "executor", None)
    if executor is not None and executor not in EXECUTOR_NAMES:
        names = ", ".join(map(repr, EXECUTOR_NAMES))
        raise ModelRefused(f"{kind}.executor is {_shown(executor)}; it must be one of {names}, or None.")
    qualified_name = _text(model, "qualified_name")
    check_qualified_name(qualified_name)
    major_version, minor_version = _version(model)
    return AdaptedModel(
        qualified_name=qualified_name,
        display_name=_text(model, "display_name"),
        description=_text(model, "description"),
        major_version=major_version,
        minor_version=minor_version,
        input=_declaration(model, "input_schema", "input"),
        output=_declaration(model, "output_schema", "output"),
        partial=_optional_declaration(model, "partial_schema", "output"),
        session=_optional_declaration(model, "session_schema", "input"),
        examples=_examples(model),
        predict=predict,
        predict_batch=_method(model, "predict_batch"),
        predict_stream=predict_stream,
        open_session=_method(model, "open_session"),
    )


def _method(model: object, name: str) -> Callable[[Any], Any] | None:
    """A method that a model may have. Raises ModelRefused if it would have to run in an event loop."""
    method = getattr(model, name, None)
    if method is None:
        return None
    if not callable(method) or inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
        raise ModelRefused(f"{type(model).__qualname__}.{name} is no plain method: write it with `def`.")
    return cast("Callable[[Any], Any]", method)


def _by_stream(predict_stream: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def predict(data: Any) -> Any:
        return final_prediction(predict_stream(data))

    return predict


def is_schema_fault(error: BaseException) -> bool:
    """Whether a model says with this exception that the input does not fit its schema.

    Each package that models are written for has a class of its own for that, all of one name.
    """
    return any(kind.__name__ == MLModelSchemaValidationException.__name__ for kind in type(error).__mro__)


def _text(model: object, name: str) -> str:
    value = _required(model, name)
    if not isinstance(value, str):
        raise ModelRefused(f"{type(model).__qualname__}.{name} must be a string, and is {_shown(value)}.")
    return value


def _version(model: object) -> tuple[int, int]:
    if hasattr(model, "version") and not hasattr(model, "major_version"):
        said = _text(model, "version")
        major_text, minor_text = [*said.split("."), "0"][:2]
        major, minor = version_number(major_text), version_number(minor_text)
    else:
        given = _required(model, "major_version"), _required(model, "minor_version")
        said = f"{_shown(given[0])}.{_shown(given[1])}"
        major, minor = version_number(given[0]), version_number(given[1])
    if major is None or minor is None:
        raise ModelRefused(
            f"{type(model).__qualname__} has the version {said}: give major_version and minor_version as whole numbers"
            ' from 0 on, or version as a string like "1.2".'
        )
    return major, minor


def _declaration(model: object, name: str, direction: Direction) -> Declaration:
    schema = _required(model, name)
    try:
        return declare(schema, direction=direction)
    except ModelRefused as refusal:
        raise ModelRefused(f"{type(model).__qualname__}.{name} is refused: {refusal}") from refusal


def _optional_declaration(model: object, name: str, direction: Direction) -> Declaration | None:
    return None if getattr(model, name, None) is None else _declaration(model, name, direction)


def _examples(model: object) -> tuple[Any, ...]:
    examples = getattr(model, "examples", ())
    if not isinstance(examples, Sequence) or isinstance(examples, str | bytes):
        raise ModelRefused(f"{type(model).__qualname__}.examples must be a list of inputs, and is {_shown(examples)}.")
    try:
        return tuple(plain(list(examples)))
    except NotPlain as error:
        path, message = error.fault.path, error.fault.message
        raise ModelRefused(f"{type(model).__qualname__}.examples must be JSON data: {path} {message}.") from error


def _required(model: object, name: str) -> Any:
    value = getattr(model, name, None)
    if value is None:
        raise ModelRefused(f"{type(model).__qualname__} has no {name}: give it one, as an attribute of the class.")
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}…"
