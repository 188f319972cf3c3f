"""Packets to envelopes and back, without a server."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.errors import BadEnvelope, BadFrame, ServiceError, UnknownEvent
from tornado_ml.protocol import events, messages
from tornado_ml.server.socketio.codec import SocketIOCodec

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def codec(told: list[Any]) -> SocketIOCodec:
    return SocketIOCodec(told.append)


def read(codec: SocketIOCodec, packet: str, max_depth: int = 64) -> Any:
    """The envelope of a packet, as a connection reads it."""
    document = codec.parse(packet)
    assert messages.readable_id(document) is not None
    codec.check_depth(packet, document, max_depth)
    return document


def test_an_event_becomes_an_envelope_with_an_id_of_its_own(codec: SocketIOCodec) -> None:
    for number in ("1", "2"):
        assert read(codec, '2["prediction_request",{"a":1}]') == {
            "event": "prediction_request",
            "id": number,
            "data": {"a": 1},
        }


def test_the_id_remembers_the_acknowledgement_that_was_asked_for(codec: SocketIOCodec) -> None:
    assert read(codec, '217["prediction_request",{}]')["id"] == "1:17"
    assert read(codec, '2/,0["prediction_request",{}]')["id"] == "2:0"


def test_an_answer_is_the_event_and_the_acknowledgement_with_the_same_payload(codec: SocketIOCodec) -> None:
    data = {"model_qualified_name": "m", "prediction": {"a": [1, "\x1e"]}}
    answer = messages.server_message(events.PREDICTION_RESPONSE, data, id="4", meta={"batch_size": 1})
    text = '{"model_qualified_name":"m","prediction":{"a":[1,"\\u001e"]}}'
    assert codec.encode(answer).decode() == f'42["prediction_response",{text}]'
    assert codec.encode(answer | {"id": "4:17"}).decode() == f'42["prediction_response",{text}]\x1e4317[{text}]'


def test_an_error_has_the_keys_of_the_original_and_the_rest_is_told(codec: SocketIOCodec, told: list[Any]) -> None:
    error = messages.error_data(UnknownEvent("No."), "m") | {"retryable": True, "details": []}
    answer = messages.server_message(events.PREDICTION_ERROR, error, id="4")
    assert json.loads(codec.encode(answer)[2:]) == [
        "prediction_error",
        {"type": "DESERIALIZATION_ERROR", "message": "No.", "model_qualified_name": "m"},
    ]
    assert told == [answer]


def test_what_the_original_does_not_say_is_a_packet_that_nobody_notices(codec: SocketIOCodec) -> None:
    goaway = messages.server_message(events.GOAWAY, {"reason": "r", "deadline_ms": 1})
    assert codec.encode(goaway) == b"6"


@pytest.mark.parametrize(
    ("packet", "error"),
    [
        ("2", BadFrame),
        ("212", BadFrame),
        ("2{}", BadFrame),
        ("2[]", BadFrame),
        ("2[1]", BadFrame),
        ("2[[]]", BadFrame),
        ('2["prediction_request",', BadFrame),
        ('2["prediction_request",NaN]', BadFrame),
        ('2["prediction_request",' + "[" * 5000, BadFrame),
        ('2["prediction_request",' + "[" * 80 + "]" * 80 + "]", BadFrame),
        ('2/other,["prediction_request",{}]', BadFrame),
        ("2" + "1" * 200 + '["prediction_request",{}]', BadFrame),
        ("5", BadFrame),
        ('51-["prediction_request",{"_placeholder":true,"num":0}]', BadFrame),
        ('2["prediction_request"]', BadEnvelope),
        ('2["prediction_request",{},{}]', BadEnvelope),
        ('2["prediction_cancel",{}]', UnknownEvent),
        ('2["hello",{}]', UnknownEvent),
        ('2["connect",{}]', UnknownEvent),
    ],
)
def test_what_is_no_request_is_refused_when_its_id_is_known(
    codec: SocketIOCodec, packet: str, error: type[ServiceError]
) -> None:
    with pytest.raises(error):
        read(codec, packet)


def test_a_refused_binary_event_keeps_its_acknowledgement(codec: SocketIOCodec) -> None:
    assert codec.parse('51-23["prediction_request",{}]')["id"] == "1:23"


@given(st.text())
def test_any_text_behind_the_letter_of_an_event_is_read_or_refused(text: str) -> None:
    codec = SocketIOCodec(lambda error: None)
    for letter in "25":
        with contextlib.suppress(ServiceError):
            assert read(codec, letter + text)["event"] == "prediction_request"


@given(JSON)
def test_what_a_client_sends_arrives_as_it_was(value: Any) -> None:
    codec = SocketIOCodec(lambda error: None)
    assert read(codec, "2" + json.dumps(["prediction_request", value]))["data"] == value
