"""Every event, declared once."""

from __future__ import annotations

import pytest

from tornado_ml.models.validator import Validator
from tornado_ml.protocol import events
from tornado_ml.protocol.events import CLOSE_CODES, EVENTS, Event


def test_no_two_events_and_no_two_close_codes_are_alike() -> None:
    assert len({event.name for event in EVENTS}) == len(EVENTS)
    assert len({close.code for close in CLOSE_CODES}) == len({close.name for close in CLOSE_CODES}) == len(CLOSE_CODES)


def test_every_event_that_is_declared_is_listed() -> None:
    declared = [value for value in vars(events).values() if isinstance(value, Event)]
    assert declared == list(EVENTS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_only_the_service_numbers_its_frames_and_never_welcome_or_pong(event: Event) -> None:
    numbered = "seq" in event.envelope()["properties"]
    assert numbered == (event.sender == "server" and event.name not in {"welcome", "pong"})


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_an_envelope_needs_event_and_data_and_takes_nothing_unknown(event: Event) -> None:
    validator = Validator(event.envelope())
    assert {"/event", "/data"} <= {fault.path for fault in validator.faults({})}
    assert "/more" in {fault.path for fault in validator.faults({"more": 1})}


@pytest.mark.parametrize(
    ("data", "fits"),
    [
        ({"topic": "models"}, True),
        ({"model_qualified_name": "m", "source": "s"}, True),
        ({"model_qualified_name": "m"}, False),
        ({"topic": "models", "source": "s"}, False),
        ({}, False),
    ],
)
def test_what_may_have_one_of_several_sets_of_keys_says_so_in_its_schema(data: dict[str, str], fits: bool) -> None:
    assert Validator(events.SUBSCRIBE.envelope()).fits({"event": "subscribe", "data": data}) == fits


def test_a_client_does_not_come_back_after_what_is_fatal() -> None:
    assert events.CLOSE_TAKEN_OVER.is_fatal
    assert not events.CLOSE_GOING_AWAY.is_fatal
    assert not events.CLOSE_TRY_AGAIN_LATER.is_fatal
