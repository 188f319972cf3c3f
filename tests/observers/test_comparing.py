from __future__ import annotations

import struct
from typing import Any

import pytest

from tornado_ml.observers.comparing import ABSENT, Difference, differences


def tensor(*values: float, dtype: str = "<f4", shape: list[int] | None = None) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape or [len(values)], "data": struct.pack(f"<{len(values)}f", *values)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, None),
        (1, 1.0),
        ("a", "a"),
        (b"a", b"a"),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        (tensor(1, 2), tensor(1, 2)),
        (tensor(float("nan")), tensor(float("nan"))),
    ],
)
def test_what_is_the_same_differs_nowhere(before: Any, after: Any) -> None:
    assert list(differences(before, after)) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1, 2, [("", 1, 2)]),
        (True, 1, [("", True, 1)]),
        ("1", 1, [("", "1", 1)]),
        ([1], {"a": 1}, [("", [1], {"a": 1})]),
        ({"a": 1, "b": 2}, {"a": 1, "c": 2}, [("/b", 2, ABSENT), ("/c", ABSENT, 2)]),
        ({"a": [{"b/c": 1}]}, {"a": [{"b/c": 2}]}, [("/a/0/b~1c", 1, 2)]),
        ([1, 2], [3], [("", "2 items", "1 items"), ("/0", 1, 3)]),
        ({"x": tensor(1, 2, 3)}, {"x": tensor(1, 5, 6)}, [("/x/data", "element 1: 2.0", "element 1: 5.0")]),
        (tensor(1, 2), tensor(1, 2, shape=[2, 1]), [("/shape", [2], [2, 1])]),
        (tensor(1), tensor(1, dtype="<i4"), [("/dtype", "<f4", "<i4")]),
        (tensor(1), None, [("", tensor(1), None)]),
    ],
)
def test_each_place_that_differs_is_named(before: Any, after: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert list(differences(before, after)) == [Difference(*one) for one in expected]


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        (1.0, 1.0009, True),
        (1.0, 1.01, False),
        (0.0, 0.0009, True),
        (1e6, 1e6 + 900, True),
        (tensor(1, 2), tensor(1, 2.0001), True),
        (tensor(1, 2), tensor(1, 2.1), False),
        ("1.0", "1.0009", False),
    ],
)
def test_numbers_may_be_as_far_apart_as_is_allowed(before: Any, after: Any, is_same: bool) -> None:
    assert (not list(differences(before, after, tolerance=0.001))) is is_same
