"""The exceptions themselves; that each has a code, a type and a text is held in tests/architecture/test_failures.py."""

from __future__ import annotations

import pytest

from tornado_ml import MLModelException, MLModelSchemaValidationException
from tornado_ml.errors import (
    Fault,
    InvalidInput,
    ModelLoadError,
    ModelRefused,
    OperatorError,
    Overloaded,
    PluginError,
    ServiceError,
    SettingsError,
    told,
)


def test_an_error_has_its_own_message_unless_it_is_given_one() -> None:
    assert str(InvalidInput()) == InvalidInput.default_message
    assert str(InvalidInput("Too many petals.")) == "Too many petals."
    assert str(InvalidInput("")) == InvalidInput.default_message


def test_an_error_carries_its_faults_and_when_to_come_back() -> None:
    fault = Fault("/a", "is too long")
    assert InvalidInput(details=iter([fault])).details == (fault,)
    assert InvalidInput().details == ()
    assert Overloaded(retry_after_s=1.5).retry_after_s == 1.5
    assert Overloaded().retry_after_s is None


def test_an_answer_to_a_client_is_caught_as_one() -> None:
    with pytest.raises(ServiceError):
        raise InvalidInput
    assert not issubclass(ServiceError, OperatorError)


@pytest.mark.parametrize("cause", [SettingsError, PluginError, ModelLoadError, ModelRefused])
def test_what_an_operator_can_mend_is_caught_as_one(cause: type[OperatorError]) -> None:
    assert issubclass(cause, OperatorError)
    assert issubclass(ModelRefused, ModelLoadError)


def test_the_authors_exceptions_are_the_originals() -> None:
    assert issubclass(MLModelSchemaValidationException, MLModelException)
    assert not issubclass(MLModelException, ServiceError | OperatorError)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PluginError("It has no hook."), "It has no hook."),
        (ValueError("not so"), "ValueError: not so"),
        (KeyError("x"), "KeyError: 'x'"),
        (AssertionError(), "AssertionError"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_a_person_is_told_the_type_of_an_exception_that_was_not_meant_for_them(error: BaseException, text: str) -> None:
    assert told(error) == text
