"""A failure has a name: one class a cause, with one stable code."""

from __future__ import annotations

from collections import Counter

import pytest

from tornado_ml import errors

# What clients of the original service rely on.
TYPES = {"DESERIALIZATION_ERROR", "SCHEMA_ERROR", "ERROR"}


def _descendants(cls: type[errors.ServiceError]) -> list[type[errors.ServiceError]]:
    return [found for child in cls.__subclasses__() for found in (child, *_descendants(child))]


def _causes() -> list[type[errors.ServiceError]]:
    """The classes that are raised: those that declare a code, which the three that only group them do not."""
    return [cls for cls in _descendants(errors.ServiceError) if "code" in vars(cls)]


@pytest.mark.parametrize("cause", _causes(), ids=lambda cause: cause.__name__)
def test_each_cause_says_when_it_happens_and_has_a_message_and_a_known_type(cause: type[errors.ServiceError]) -> None:
    assert cause.when
    assert cause.default_message.endswith(".")
    assert cause.type in TYPES


def test_no_two_causes_share_a_code() -> None:
    counts = Counter(cause.code for cause in _causes())
    assert [code for code, count in counts.items() if count > 1] == []


def test_the_code_is_the_name_of_its_class() -> None:
    assert {c.code: c.__name__ for c in _causes()} == {
        c.code: "".join(word.capitalize() for word in c.code.split("_")) for c in _causes()
    }


def test_each_class_stands_in_the_outline_at_the_head_of_its_module() -> None:
    outline = errors.__doc__ or ""
    assert [cause.__name__ for cause in _causes() if cause.__name__ not in outline] == []
