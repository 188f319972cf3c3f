"""What can be sent, and what is said of what cannot."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from tornado_ml.client.plainly import plainly

ITSELF: list[Any] = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"1", b"1"),
        ([b"1", {"a": (b"2", 3)}], [b"1", {"a": [b"2", 3]}]),
        (MappingProxyType({"data": b"1", "shape": (1,)}), {"data": b"1", "shape": [1]}),
        (np.arange(2), [0, 1]),
    ],
)
def test_byte_strings_stay_what_they_are(value: Any, expected: Any) -> None:
    assert plainly("input", value) == expected


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"a": [b"1", object()]}, "The input at /a/1 is of type object"),
        ({1: b"1"}, "The input has a key of type int"),
        (ITSELF, "nests deeper than 200 levels, or contains itself"),
    ],
)
def test_what_is_no_document_is_refused_with_the_place(value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        plainly("input", value)
