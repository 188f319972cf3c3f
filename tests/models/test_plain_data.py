from __future__ import annotations

import array
import datetime as dt
import enum
import math
from collections import OrderedDict, namedtuple
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornado_ml.errors import Fault
from tornado_ml.models.plain_data import MAX_DEPTH, NotPlain, is_json, plain

PLAIN_TYPES = {dict, list, str, int, float, bool, type(None)}
NAN = math.nan


class Level(enum.IntEnum):
    LOW = 1


class Colour(enum.StrEnum):
    RED = "red"


class OldColour(str, enum.Enum):  # noqa: UP042
    RED = "red"


class Metres(float):
    def __str__(self) -> str:
        return "many metres"


Point = namedtuple("Point", "x y")


def types_in(value: Any) -> set[type]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {type(value)}.union(*map(types_in, inner))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        ("é😀", "é😀"),
        (True, True),
        (None, None),
        (2**64 - 1, 2**64 - 1),
        (-(2**63), -(2**63)),
        ((1, (2, "a")), [1, [2, "a"]]),
        (Point(1, 2), [1, 2]),
        ({"a": {"b": [1.5]}}, {"a": {"b": [1.5]}}),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        ({Colour.RED: Colour.RED}, {"red": "red"}),
        (OldColour.RED, "red"),
        (Level.LOW, 1),
        (Metres(1.5), 1.5),
        (Decimal("1.5"), 1.5),
        (np.float64(1.5), 1.5),
        (np.float32(1.5), 1.5),
        (np.int64(3), 3),
        (np.uint8(3), 3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(1.5), 1.5),
        (np.array(["a", None], dtype=object), ["a", None]),
        ({"a": np.arange(2), "b": (np.float64(0.5),)}, {"a": [0, 1], "b": [0.5]}),
        (array.array("d", [1.0]), [1.0]),
    ],
)
def test_what_json_can_say_becomes_plain_data(value: object, expected: object) -> None:
    result = plain(value)
    assert result == expected
    assert types_in(result) <= PLAIN_TYPES
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (NAN, Fault("", "is NaN, which JSON does not have")),
        ({"a": [1, math.inf]}, Fault("/a/1", "is infinite, which JSON does not have")),
        (np.array([1.0, NAN]), Fault("/1", "is NaN, which JSON does not have")),
        (np.float32(math.inf), Fault("", "is infinite, which JSON does not have")),
        (Decimal("NaN"), Fault("", "is NaN, which JSON does not have")),
        (Decimal("1e999"), Fault("", "is infinite, which JSON does not have")),
        ({"a/b": 2**64}, Fault("/a~1b", "is an integer beyond 64 bits")),
        (-(2**63) - 1, Fault("", "is an integer beyond 64 bits")),
        (["a\ud800"], Fault("/0", "holds half a surrogate pair, which is no Unicode text")),
        ({"\ud800": 1}, Fault("", "holds half a surrogate pair, which is no Unicode text")),
        ({"a": {1: 2}}, Fault("/a", "has a key of type int; keys must be strings")),
        (b"a", Fault("", "is of type bytes, which JSON does not have")),
        ({"a": {1, 2}}, Fault("/a", "is of type set, which JSON does not have")),
        (dt.date(2026, 1, 31), Fault("", "is of type date, which JSON does not have")),
        (np.array(["2026-01-31"], dtype="datetime64[D]"), Fault("/0", "is of type date, which JSON does not have")),
        (np.complex128(1j), Fault("", "is of type complex, which JSON does not have")),
        (np.longdouble(1), Fault("", "is of type longdouble, which JSON does not have")),
        (np.ndarray, Fault("", "is of type type, which JSON does not have")),
        (object(), Fault("", "is of type object, which JSON does not have")),
    ],
)
def test_what_json_cannot_say_is_named_with_its_place(value: object, fault: Fault) -> None:
    with pytest.raises(NotPlain) as caught:
        plain(value)
    assert caught.value.fault == fault


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_data_nests_as_deep_as_the_limit_and_no_deeper() -> None:
    assert orjson.dumps(plain(nested(MAX_DEPTH)))
    with pytest.raises(NotPlain, match=f"deeper than {MAX_DEPTH} levels"):
        plain(nested(MAX_DEPTH + 1))


def test_what_contains_itself_is_refused() -> None:
    cycle: dict[str, Any] = {}
    cycle["a"] = [cycle]
    with pytest.raises(NotPlain, match="contains itself"):
        plain(cycle)


def test_the_result_shares_nothing_with_the_value() -> None:
    value: dict[str, Any] = {"a": [1]}
    result = plain(value)
    result["a"].append(2)
    assert value == {"a": [1]}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None))  # type: ignore[arg-type]
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_is_plain_can_be_encoded_and_comes_back_the_same(value: object) -> None:
    try:
        result = plain(value)
    except NotPlain:
        return
    assert orjson.loads(orjson.dumps(result)) == result


@pytest.mark.parametrize(
    ("document", "finite"),
    [
        (1.5, True),
        ("a", True),
        (None, True),
        ([], True),
        ({"a": [1, 2.5, {"b": (1.0,)}]}, True),
        ([1.0] * 100, True),
        ([1e308] * 100, True),  # their sum is infinite, but none of them
        ([1.0, "a", None] * 100, True),
        ([1.0, *[10**400] * 100], True),
        (math.nan, False),
        ({"a": {"b": [math.inf]}}, False),
        ((1.0, -math.inf), False),
        ([1.0] * 100 + [math.nan], False),
        ([math.inf, -math.inf] * 100, False),
        ([1.0, "a", math.nan] * 100, False),
        ([[1.0] * 100, [math.nan] * 100], False),
    ],
)
def test_nan_and_infinity_are_found_wherever_they_are(document: Any, finite: bool) -> None:
    assert is_json(document) is finite
