"""What makes a client's document a message, and what each fault is called."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.errors import BadEnvelope, Fault, InvalidInput, Overloaded, ServiceError, UnknownEvent
from tornado_ml.models.schema import Validator, declare
from tornado_ml.protocol import events
from tornado_ml.protocol.messages import error_data, parse, readable_id, server_message
from tornado_ml.protocol.payloads import ErrorData


def request(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "event": "prediction_request",
        "data": {"model_qualified_name": "iris_model", "input_data": {"a": 1}},
    }
    return {key: value for key, value in (document | changes).items() if value is not ...}


def cancel(**changes: Any) -> dict[str, Any]:
    return {
        key: value
        for key, value in ({"event": "prediction_cancel", "id": "r1", "data": {}} | changes).items()
        if value is not ...
    }


def test_a_cancel_is_an_id_and_nothing_else() -> None:
    message = parse(cancel())
    assert (message.event, message.id, message.data) == (events.PREDICTION_CANCEL, "r1", {})


def test_a_request_may_say_its_version_its_deadline_and_what_it_replaces() -> None:
    meta = {"model_version": "1.2", "deadline_ms": 0.5, "replaces": 7}
    assert parse(request(meta=meta)).meta == meta


def test_a_request_needs_no_id_and_no_meta() -> None:
    message = parse(request())
    assert (message.event, message.id, message.meta) == (events.PREDICTION_REQUEST, None, {})
    assert message.data["input_data"] == {"a": 1}


@pytest.mark.parametrize("id", ["r", "x" * 64, "ü" * 64, 0, -1, 2**53 - 1, -(2**53) + 1])
def test_an_id_is_a_short_string_or_a_safe_integer(id: str | int) -> None:
    assert parse(request(id=id)).id == id


@pytest.mark.parametrize("id", ["", "x" * 65, 2**53, -(2**53), 1.0, 1.5, True, False, None, [], {}])
def test_anything_else_is_no_id(id: Any) -> None:
    with pytest.raises(BadEnvelope) as caught:
        parse(request(id=id))
    assert [fault.path for fault in caught.value.details] == ["/id"]
    assert readable_id(request(id=id)) is None


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({}, "/event"),
        (request(event=...), "/event"),
        (request(event=1), "/event"),
        (request(data=...), "/data"),
        (request(data=[]), "/data"),
        (request(data={}), "/data/model_qualified_name"),
        (request(data={"model_qualified_name": "m"}), "/data/input_data"),
        (request(data={"model_qualified_name": 1, "input_data": 1}), "/data/model_qualified_name"),
        (request(data={"model_qualified_name": "m", "input_data": 1, "more": 1}), "/data/more"),
        (request(seq=1), "/seq"),
        (request(meta=None), "/meta"),
        (request(meta={"model_version": 1}), "/meta/model_version"),
        (request(meta={"model_version": "latest"}), "/meta/model_version"),
        (request(meta={"model_version": "1.2.3"}), "/meta/model_version"),
        (request(meta={"model_version": "1\n"}), "/meta/model_version"),
        (request(meta={"deadline_ms": 0}), "/meta/deadline_ms"),
        (request(meta={"deadline_ms": -1}), "/meta/deadline_ms"),
        (request(meta={"deadline_ms": "500"}), "/meta/deadline_ms"),
        (request(meta={"deadline_ms": True}), "/meta/deadline_ms"),
        (request(meta={"deadline_ms": 1e12}), "/meta/deadline_ms"),
        (request(meta={"stream": 1}), "/meta/stream"),
        (request(meta={"session": ""}), "/meta/session"),
        (request(meta={"session": 5}), "/meta/session"),
        (request(meta={"replaces": ""}), "/meta/replaces"),
        (request(meta={"replaces": 1.0}), "/meta/replaces"),
        (request(meta={"replaces": None}), "/meta/replaces"),
        (cancel(id=...), "/id"),
        (cancel(id=1.5), "/id"),
        (cancel(data={"id": "r1"}), "/data/id"),
        (cancel(data=...), "/data"),
        (cancel(meta={"x": 1}), "/meta/x"),
        (cancel(meta=None), "/meta"),
    ],
)
def test_a_bad_envelope_names_the_key(document: dict[str, Any], path: str) -> None:
    with pytest.raises(BadEnvelope) as caught:
        parse(document)
    assert path in [fault.path for fault in caught.value.details]
    assert path[1:].replace("/", ".") in str(caught.value)


@pytest.mark.parametrize("event", ["", "prediction", "prediction_response", "welcome", "x" * 10_000])
def test_an_event_that_clients_do_not_send_is_unknown(event: str) -> None:
    with pytest.raises(UnknownEvent, match="prediction_request") as caught:
        parse({"event": event})
    assert len(str(caught.value)) < 300


@given(st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.dictionaries(st.text(), st.integers())))
def test_any_object_is_a_message_or_a_named_error(document: dict[str, Any]) -> None:
    with pytest.raises((BadEnvelope, UnknownEvent)):
        parse(document)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(sorted({key for event in events.EVENTS for key in event.data().fields}))
META_KEYS = st.sampled_from(["model_version", "deadline_ms", "replaces", "stream", "session", "policy", "max_rate_hz"])


@given(
    st.fixed_dictionaries(
        {"event": st.sampled_from([event.name for event in events.EVENTS]) | VALUES},
        optional={
            "id": VALUES,
            "data": VALUES | st.dictionaries(KEYS, VALUES, max_size=3),
            "meta": VALUES | st.dictionaries(META_KEYS, VALUES, max_size=3),
            "seq": VALUES,
        },
    )
)
def test_any_document_of_any_codec_is_a_message_or_a_named_error(document: dict[str, Any]) -> None:
    readable_id(document)
    with suppress(BadEnvelope, UnknownEvent):
        assert parse(document).event.sender == "client"


def test_every_faults_message_stands_beside_its_path() -> None:
    with pytest.raises(BadEnvelope) as caught:
        parse(request(data={"model_qualified_name": 1}, more=2))
    assert {fault.path for fault in caught.value.details} == {"/data/model_qualified_name", "/data/input_data", "/more"}


def test_an_error_says_only_what_there_is_to_say() -> None:
    assert error_data(UnknownEvent("No.")) == {
        "type": "DESERIALIZATION_ERROR",
        "code": "UNKNOWN_EVENT",
        "message": "No.",
    }
    assert error_data(Overloaded(retry_after_s=0.25), "m") == {
        "type": "ERROR",
        "code": "OVERLOADED",
        "message": "Too many requests are open on this connection.",
        "model_qualified_name": "m",
        "retryable": True,
        "retry_after_ms": 250,
    }
    assert error_data(Overloaded(retry_after_s=0.2503))["retry_after_ms"] == 251, "no sooner than it takes"
    assert error_data(InvalidInput(details=[Fault("/a", "is required")]))["details"] == [
        {"path": "/a", "message": "is required"}
    ]


def test_every_error_fits_the_declared_error_document() -> None:
    validator = Validator(declare(ErrorData, direction="output").json_schema)

    def below(error: type[ServiceError]) -> list[type[ServiceError]]:
        return [error, *(found for child in error.__subclasses__() for found in below(child))]

    concrete = [error for error in below(ServiceError) if "code" in vars(error)]
    assert len(concrete) > 10
    for error in concrete:
        made = error()
        made.details, made.retry_after_s = (Fault("", "is odd"),), 1
        assert validator.faults(error_data(made, "m")) == []


def test_frames_leave_out_what_they_do_not_have() -> None:
    assert server_message(events.GOAWAY, {"reason": "r", "deadline_ms": 1}) == {
        "event": "goaway",
        "data": {"reason": "r", "deadline_ms": 1},
    }
    assert server_message(events.PREDICTION_ERROR, {}, id=0, meta={"request_id": "c1-1"}) == {
        "event": "prediction_error",
        "id": 0,
        "data": {},
        "meta": {"request_id": "c1-1"},
    }
