"""What a conversation keeps when its connection drops, and how it is taken up again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tornado_ml import __version__
from tornado_ml.access import ANYONE, Caller
from tornado_ml.codecs.msgpack import MessagePackCodec
from tornado_ml.connection import Connection
from tornado_ml.settings import RateLimits

ASK = {"model_qualified_name": "m", "input_data": 1}


def resume(welcome: dict[str, Any], last_seq: int) -> dict[str, Any]:
    data = welcome["data"]
    return {"session_token": data["session_token"], "epoch": data["epoch"], "last_seq": last_seq}


def test_a_plain_connection_counts_nothing_and_keeps_nothing(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, "a")
    world.service.open[0].answer()
    (answer,) = talker.read()
    assert "seq" not in answer
    talker.send("prediction_request", ASK, "b")
    talker.connection.close()
    assert world.is_empty()


@pytest.mark.parametrize("event", ["hello", "ping"])
def test_meta_may_be_empty_where_an_event_has_none(talker: Any, event: str) -> None:
    talker.connection.receive(f'{{"event": "{event}", "data": {{}}, "meta": {{}}}}')
    assert [frame["event"] for frame in talker.read()] == [{"hello": "welcome", "ping": "pong"}[event]]
    talker.connection.receive(f'{{"event": "{event}", "data": {{}}, "meta": {{"x": 1}}}}')
    (refusal,) = talker.read()
    assert [fault["path"] for fault in refusal["data"]["details"]] == ["/meta/x"]


def test_hello_is_welcomed(world: Any, talker: Any) -> None:
    welcome = talker.ask("hello", {}, "h")
    data = welcome["data"]
    assert (welcome["event"], welcome["id"]) == ("welcome", "h")
    assert "seq" not in welcome
    assert (data["resumed"], data["received"], data["server_version"]) == (False, 0, __version__)
    assert data["limits"]["grace_ms"] == 30_000
    assert data["limits"]["max_open_requests"] == world.backend.limits.max_open_requests


def test_from_then_on_frames_are_counted_from_one_but_for_welcome_and_pong(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, "before")
    talker.ask("hello")
    assert talker.ask("ping", {"x": [1]}, "p") == {"event": "pong", "id": "p", "data": {"x": [1]}}
    world.service.open[0].answer()
    talker.send("nonsense")
    talker.connection.goaway("reason", 1)
    assert [(frame["seq"], frame["event"]) for frame in talker.read()] == [
        (1, "prediction_response"),
        (2, "prediction_error"),
        (3, "goaway"),
    ]


def test_frames_after_the_last_that_arrived_come_again_in_order(world: Any, talker: Any, make_talker: Any) -> None:
    welcome = talker.ask("hello")
    for number in range(5):
        talker.send("prediction_request", ASK, number)
    for ticket in list(world.service.open)[:4]:
        ticket.answer()
    assert [frame["seq"] for frame in talker.read()] == [1, 2, 3, 4]
    talker.connection.close()
    world.service.open[0].answer()
    again = make_talker(world)
    again.send("hello", resume(welcome, 2))
    back, *rest = again.read()
    assert back["data"] | {"limits": {}} == welcome["data"] | {"limits": {}, "resumed": True, "received": 5}
    assert [(frame["seq"], frame["id"]) for frame in rest] == [(3, 2), (4, 3), (5, 4)]


def test_every_frame_of_the_client_counts_as_received_but_hello(world: Any, talker: Any, make_talker: Any) -> None:
    talker.send("prediction_request", ASK, "before")
    welcome = talker.ask("hello")
    talker.send("prediction_request", ASK, "a")
    talker.send("ping")
    talker.connection.receive("{")
    talker.send("prediction_request", ASK, "a")
    talker.send("hello", {})
    talker.send("hello", {"epoch": 5})
    talker.connection.close()
    again = make_talker(world)
    again.send("hello", resume(welcome, 0))
    back, *errors = again.read()
    assert back["data"]["received"] == 4
    assert [frame["data"]["code"] for frame in errors] == ["BAD_FRAME", "DUPLICATE_ID", "BAD_ENVELOPE", "BAD_ENVELOPE"]


def test_a_token_on_a_second_connection_takes_over_and_closes_the_first(
    world: Any, talker: Any, make_talker: Any
) -> None:
    welcome = talker.ask("hello")
    talker.send("prediction_request", ASK, "a")
    again = make_talker(world)
    assert again.ask("hello", resume(welcome, 0))["data"]["resumed"]
    assert [code for code, _ in talker.ended] == [4001]
    talker.send("prediction_request", ASK, "b")
    assert len(world.service.open) == 1, "what the old connection still sends is not heard"
    talker.connection.close()
    world.service.open[0].answer()
    assert talker.read() == []
    assert [frame["id"] for frame in again.read()] == ["a"]
    assert again.ended == []


@pytest.mark.parametrize("wrong", [{"epoch": "other"}, {"last_seq": 99}])
def test_what_cannot_be_resumed_begins_anew_and_what_the_old_one_ran_is_cancelled(
    world: Any, talker: Any, make_talker: Any, wrong: dict[str, Any]
) -> None:
    welcome = talker.ask("hello")
    talker.send("prediction_request", ASK, "a")
    talker.connection.close()
    again = make_talker(world)
    data = again.ask("hello", resume(welcome, 0) | wrong)["data"]
    assert (data["resumed"], data["received"]) == (False, 0)
    assert data["session_token"] != welcome["data"]["session_token"]
    assert data["epoch"] != welcome["data"]["epoch"]
    assert world.is_empty()


def test_an_unknown_token_begins_anew_and_hurts_nobody(world: Any, talker: Any, make_talker: Any) -> None:
    talker.ask("hello")
    talker.send("prediction_request", ASK, "a")
    again = make_talker(world)
    assert not again.ask("hello", {"session_token": "x", "epoch": "y", "last_seq": 0})["data"]["resumed"]
    assert talker.ended == []
    assert len(world.service.open) == 1


def test_a_token_is_good_only_in_its_own_encoding(world: Any, talker: Any) -> None:
    welcome = talker.ask("hello")
    codec = MessagePackCodec()
    other = Connection(world.backend, codec, caller=Caller(ANYONE, "127.0.0.1"), wake=lambda: None, end=lambda *_: None)
    other.receive(codec.encode({"event": "hello", "data": resume(welcome, 0)}))
    frame = other.take()
    assert frame is not None
    assert not codec.decode(frame)["data"]["resumed"]
    assert [code for code, _ in talker.ended] == [4001], "its client has begun anew"


def test_history_beyond_its_bound_is_lost_and_the_client_is_told(make_world: Any, make_talker: Any) -> None:
    world = make_world()
    world = make_world(replace(world.backend.limits, resume_bytes=1000))
    talker = make_talker(world)
    welcome = talker.ask("hello")
    for _ in range(20):
        talker.send("prediction_request", ASK, "a")
        world.service.open[0].answer()
        talker.read()
    again = make_talker(world)
    assert not again.ask("hello", resume(welcome, 1))["data"]["resumed"]


def test_a_conversation_resumed_twice_goes_on_counting(world: Any, talker: Any, make_talker: Any) -> None:
    welcome = talker.ask("hello")
    seen: list[int] = []
    for number in range(3):
        talker.send("prediction_request", ASK, number)
        world.service.open[0].answer()
        seen += [frame["seq"] for frame in talker.read()]
        talker.connection.close()
        talker = make_talker(world)
        talker.ask("hello", resume(welcome, seen[-1]))
    assert seen == [1, 2, 3]


def test_nobody_comes_back_and_nothing_stays_behind(world: Any, talker: Any) -> None:
    talker.ask("hello")
    talker.send("prediction_request", ASK, "a")
    talker.send("session_open", {"model_qualified_name": "m"})
    talker.send("subscribe", {"model_qualified_name": "m", "source": "ticks"})
    talker.connection.close()
    assert len(world.service.open) == 1
    world.clock.elapse()
    assert world.is_empty()


def test_answers_that_overflow_while_the_client_is_away_end_its_conversation(
    make_world: Any, make_talker: Any, world: Any
) -> None:
    small = make_world(replace(world.backend.limits, outbox_bytes=300))
    talker = make_talker(small)
    welcome = talker.ask("hello")
    for number in range(6):
        talker.send("prediction_request", ASK, number)
    talker.connection.close()
    for _ in range(4):
        if small.service.open:
            small.service.open[0].answer()
    assert small.is_empty()
    assert not make_talker(small).ask("hello", resume(welcome, 0))["data"]["resumed"]


def test_a_connection_that_asked_for_something_cannot_resume_another(world: Any, talker: Any, make_talker: Any) -> None:
    welcome = talker.ask("hello")
    talker.connection.close()
    other = make_talker(world)
    other.send("prediction_request", ASK, "own")
    assert other.code("hello", resume(welcome, 0)) == "BAD_ENVELOPE"
    assert len(world.room) == 1


def test_hello_twice_is_refused(talker: Any) -> None:
    welcome = talker.ask("hello")
    assert talker.code("hello") == "BAD_ENVELOPE"
    assert talker.code("hello", resume(welcome, 0)) == "BAD_ENVELOPE"


@pytest.mark.parametrize("data", [{"epoch": "e"}, {"session_token": "t", "epoch": "e"}, {"last_seq": 0}])
def test_half_a_resumption_is_refused_naming_what_is_missing(talker: Any, data: dict[str, Any]) -> None:
    frame = talker.ask("hello", data)
    missing = {"session_token", "epoch", "last_seq"} - set(data)
    assert frame["data"]["code"] == "BAD_ENVELOPE"
    assert {fault["path"] for fault in frame["data"]["details"]} == {f"/data/{key}" for key in missing}


def test_pongs_that_are_left_lying_are_bounded(make_world: Any, make_talker: Any, world: Any) -> None:
    small = make_world(replace(world.backend.limits, outbox_bytes=500))
    talker = make_talker(small)
    for _ in range(100):
        talker.send("ping", {"x": "y" * 50})
    assert [code for code, _ in talker.ended] == [1013]
    assert talker.read() == []
    assert talker.connection.outgoing_bytes == 0


def test_values_of_a_subscription_wait_for_the_client_to_come_back(world: Any, talker: Any, make_talker: Any) -> None:
    welcome = talker.ask("hello")
    ticks = {"model_qualified_name": "m", "source": "ticks"}
    talker.ask("subscribe", ticks)
    for number in range(3):
        world.feeds.publish("m/ticks", number)
    (last,) = talker.read()
    talker.connection.close()
    for number in range(3, 10):
        world.feeds.publish("m/ticks", number)
    again = make_talker(world)
    again.send("hello", resume(welcome, last["seq"]))
    _, newest = again.read()
    assert (newest["seq"], newest["data"]["prediction"]) == (last["seq"] + 1, 9)


def test_frames_that_come_too_fast_are_refused_but_not_those_that_lighten_the_load(
    make_world: Any, make_talker: Any
) -> None:
    world = make_world(per_connection=RateLimits(requests_per_s=2))
    talker = make_talker(world)
    talker.send("session_open", {"model_qualified_name": "m", "parameters": {}}, "s")
    talker.send("prediction_request", ASK, "a")
    refusal = talker.ask("prediction_request", ASK, "b")
    assert (refusal["id"], refusal["data"]["code"]) == ("b", "RATE_LIMITED")
    assert refusal["data"]["retryable"] is True
    assert refusal["data"]["retry_after_ms"] > 0
    assert talker.code("subscribe", {"topic": "models"}) == "RATE_LIMITED"
    assert talker.code("nonsense") == "RATE_LIMITED"
    talker.connection.receive("{")
    assert [frame["data"]["code"] for frame in talker.read()] == ["RATE_LIMITED"]
    assert talker.code("unsubscribe", {"subscription": "none"}) == "NOT_FOUND"
    assert talker.ask("ping")["event"] == "pong"
    talker.send("prediction_cancel", {}, "a")
    assert [frame["data"]["code"] for frame in talker.read()] == ["CANCELLED"]
    world.clock.now += 1
    assert talker.ask("subscribe", {"model_qualified_name": "m", "source": "s"}, "c")["event"] == "subscribed"


def test_bytes_are_counted_as_they_came_and_not_as_characters(make_world: Any, make_talker: Any) -> None:
    talker = make_talker(make_world(per_connection=RateLimits(bytes_per_s=100)))
    talker.connection.receive('{"event":"ping","data":{"text":"' + "я" * 60 + '"}}')
    talker.read()
    refusal = talker.ask("prediction_request", ASK, "a")
    assert refusal["data"]["message"] == "Too many bytes have come on this connection."
    assert refusal["data"]["retry_after_ms"] > 1000


def test_the_rate_of_a_connection_is_not_reset_by_resuming_it(make_world: Any, make_talker: Any) -> None:
    world = make_world(per_connection=RateLimits(requests_per_s=2))
    talker = make_talker(world)
    welcome = talker.ask("hello")
    talker.ask("ping")
    talker.connection.close()
    other = make_talker(world)
    assert other.ask("hello", resume(welcome, 0))["data"]["resumed"] is True
    assert other.code("prediction_request", ASK) == "RATE_LIMITED"
