"""Any bytes are a document or one named error."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.codecs.json import decode_json, encode_json
from tornado_ml.errors import BadFrame

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(st.text() | st.binary())
def test_any_frame_is_a_document_or_a_bad_frame(frame: str | bytes) -> None:
    try:
        decode_json(frame, 64)
    except BadFrame:
        return


@given(JSON)
def test_what_is_encoded_is_decoded_alike(document: Any) -> None:
    assert decode_json(encode_json(document), 1000) == document
    assert decode_json(encode_json(document).decode(), 1000) == document


@pytest.mark.parametrize("frame", ["", "{", "nul", "NaN", "-Infinity", "1e999", '"\\ud800"', "[1,]", "{'a': 1}", "1 2"])
def test_what_is_not_json_is_refused(frame: str) -> None:
    with pytest.raises(BadFrame):
        decode_json(frame, 64)


@given(st.integers(0, 20), st.booleans(), st.text("]}", max_size=5))
def test_depth_is_counted_over_arrays_and_objects_but_not_over_text(depth: int, arrays: bool, text: str) -> None:
    document: Any = text + "[[[[{{{{" * 5
    for _ in range(depth):
        document = [document, []] if arrays else {"in": document}
    expected = depth + (1 if arrays and depth else 0)
    frame = encode_json(document)
    assert decode_json(frame, max(expected, 1)) == document
    if expected > 1:
        with pytest.raises(BadFrame, match=f"deeper than {expected - 1} levels"):
            decode_json(frame, expected - 1)


def test_the_deepest_the_parser_takes_is_refused_and_not_a_crash() -> None:
    for depth in (1000, 100_000):
        with pytest.raises(BadFrame):
            decode_json("[" * depth + "]" * depth, 64)


def test_numbers_come_back_as_they_were_sent() -> None:
    assert decode_json("[1, 1.0, -0.0, 9007199254740993]", 64) == [1, 1.0, -0.0, 9007199254740993]
    whole, fractional = decode_json("[1, 1.0]", 64)
    assert (type(whole), type(fractional)) == (int, float)
    assert math.copysign(1, json.loads(encode_json([-0.0]))[0]) == -1
