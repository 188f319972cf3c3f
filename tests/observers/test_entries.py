from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.observers.base import Record
from tornado_ml.observers.entries import decode, encode

MakeRecord = Callable[..., Record]

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"))
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_a_record_is_a_line_of_json_that_a_person_can_read(record: MakeRecord) -> None:
    line = encode(record({"a": 1}, [0.5]))
    assert line.endswith(b"}\n")
    assert json.loads(line) == {
        "time": "1970-01-01T00:16:40.500000+00:00",
        "request_id": "q1",
        "model_qualified_name": "echo",
        "model_version": "1.0",
        "code": "OK",
        "queue_s": 0.001,
        "predict_s": 0.002,
        "total_s": 0.004,
        "batch_size": 3,
        "input": {"a": 1},
        "prediction": [0.5],
    }


def test_what_there_is_not_is_left_out(record: MakeRecord) -> None:
    refused = record(1, None, code="OVERLOADED", model_version=None, queue_s=None, predict_s=None, batch_size=None)
    entry = json.loads(encode(refused))
    assert set(entry) == {"time", "request_id", "model_qualified_name", "code", "total_s", "input"}
    assert decode(encode(refused)) == refused


def test_a_prediction_of_null_is_one(record: MakeRecord) -> None:
    assert json.loads(encode(record(None, None)))["prediction"] is None


def test_byte_strings_are_base64_and_listed(record: MakeRecord) -> None:
    tensor = {"dtype": "<f4", "shape": [1], "data": b"\0\0\x80?"}
    entry = json.loads(encode(record({"image": [tensor]}, tensor)))
    assert entry["input"]["image"][0]["data"] == "AACAPw=="
    assert entry["bytes"] == [["input", "image", 0, "data"], ["prediction", "data"]]


@given(documents, documents, st.booleans(), st.booleans())
def test_what_is_written_is_read_again_as_it_was(data: Any, prediction: Any, is_stream: bool, in_session: bool) -> None:
    one = Record("q1", 1000.5, "echo", "1.0", data, prediction, "OK", 0.1, 0.2, 0.4, 3, is_stream, in_session)
    assert decode(encode(one)) == one


def test_what_no_json_can_say_is_refused(record: MakeRecord) -> None:
    for wrong in (object(), {1: 2}, 2**70):
        with pytest.raises(TypeError):
            encode(record(wrong))


@pytest.mark.parametrize("wrong", [b"", b"{", b"[]", b"null", b'{"input": 1}', b"\xff"])
def test_what_is_no_record_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(wrong)


@pytest.mark.parametrize(
    "changes", [{"time": "noon"}, {"time": 5}, {"bytes": [["nowhere", "a"]]}, {"bytes": [["input"]]}, {"bytes": 5}]
)
def test_a_record_that_makes_no_sense_is_refused(record: MakeRecord, changes: dict[str, Any]) -> None:
    entry = json.loads(encode(record("not base64"))) | changes
    with pytest.raises(ValueError, match=r"."):
        decode(json.dumps(entry).encode())
