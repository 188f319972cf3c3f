"""Whose a conversation is, and what they may ask in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tornado_ml.access import NOBODY, Caller, Identity
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.connection import Connection
from tornado_ml.protocol.events import CLOSE_POLICY_VIOLATION

ANN = Caller(Identity("ann", frozenset({"predict:echo"})), "192.0.2.1")
ANN_ELSEWHERE = Caller(ANN.identity, "192.0.2.9")
BOB = Caller(Identity("bob", frozenset({"predict:*"})), "192.0.2.2")
STRANGER = Caller(NOBODY, "192.0.2.3")
CODEC = JSONCodec()
ASKS = {
    "prediction_request": {"model_qualified_name": "other", "input_data": 1},
    "session_open": {"model_qualified_name": "other", "parameters": {}},
    "subscribe": {"model_qualified_name": "other", "source": "ticks"},
}


class Client:
    def __init__(self, world: Any, caller: Caller) -> None:
        self.ended: list[int] = []
        self.connection = Connection(
            world.backend, CODEC, caller=caller, wake=lambda: None, end=lambda close, why: self.ended.append(close.code)
        )

    def ask(self, event: str, data: Any = None) -> Any:
        self.connection.receive(json.dumps({"event": event, "id": "i", "data": {} if data is None else data}))
        frame = self.connection.take()
        return None if frame is None else json.loads(frame)


def resume(welcome: Any) -> dict[str, Any]:
    return {"session_token": welcome["data"]["session_token"], "epoch": welcome["data"]["epoch"], "last_seq": 0}


@pytest.mark.parametrize("event", ASKS)
@pytest.mark.parametrize(("caller", "code"), [(ANN, "FORBIDDEN"), (STRANGER, "UNAUTHORIZED")])
def test_what_they_may_not_is_refused_under_its_id_and_starts_nothing(
    world: Any, event: str, caller: Caller, code: str
) -> None:
    answer = Client(world, caller).ask(event, ASKS[event])
    assert (answer["id"], answer["event"], answer["data"]["code"]) == ("i", "prediction_error", code)
    assert world.is_empty()


def test_it_goes_on_with_who_began_it_from_anywhere_and_with_nobody_else(world: Any) -> None:
    first = Client(world, ANN)
    welcome = first.ask("hello")
    thief = Client(world, BOB)
    assert not thief.ask("hello", resume(welcome))["data"]["resumed"]
    assert first.ended == [], "it is not disturbed"
    again = Client(world, ANN_ELSEWHERE)
    assert again.ask("hello", resume(welcome))["data"]["resumed"]
    assert first.ended == [4001]


def test_a_stranger_who_logs_in_begins_anew_under_the_same_name(world: Any) -> None:
    client = Client(world, STRANGER)
    name = client.connection.name
    assert client.ask("prediction_request", ASKS["prediction_request"])["data"]["code"] == "UNAUTHORIZED"
    client.connection.log_in(BOB)
    assert (client.connection.name, client.connection.caller) == (name, BOB)
    assert client.ask("prediction_request", ASKS["prediction_request"]) is None, "it is asked"
    assert len(world.service.open) == 1
    client.connection.close()
    assert world.is_empty()


def test_one_that_is_dismissed_does_not_wait_for_its_client(world: Any) -> None:
    client = Client(world, BOB)
    welcome = client.ask("hello")
    client.ask("prediction_request", ASKS["prediction_request"])
    client.connection.dismiss(CLOSE_POLICY_VIOLATION, "a test")
    assert client.ended == [1008]
    assert world.is_empty()
    client.connection.dismiss(CLOSE_POLICY_VIOLATION, "a test")
    assert client.ended == [1008], "once"
    assert not Client(world, BOB).ask("hello", resume(welcome))["data"]["resumed"]
