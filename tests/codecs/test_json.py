"""What is JSON, and what looks like it."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.codecs.json import decode_json, encode_json
from tornado_ml.errors import BadFrame


@given(st.text() | st.binary())
def test_any_body_is_a_document_or_a_bad_frame(body: str | bytes) -> None:
    try:
        decode_json(body, 64)
    except BadFrame:
        return


@pytest.mark.parametrize("frame", ["", "{", "nul", "NaN", "-Infinity", "1e999", '"\\ud800"', "[1,]", "{'a': 1}", "1 2"])
def test_what_is_not_json_is_refused(frame: str) -> None:
    with pytest.raises(BadFrame):
        decode_json(frame, 64)


def test_the_deepest_the_parser_takes_is_refused_and_not_a_crash() -> None:
    for depth in (1000, 100_000):
        with pytest.raises(BadFrame):
            decode_json("[" * depth + "]" * depth, 64)


def test_numbers_come_back_as_they_were_sent() -> None:
    assert decode_json("[1, 1.0, -0.0, 9007199254740993]", 64) == [1, 1.0, -0.0, 9007199254740993]
    whole, fractional = decode_json("[1, 1.0]", 64)
    assert (type(whole), type(fractional)) == (int, float)
    assert math.copysign(1, json.loads(encode_json([-0.0]))[0]) == -1
