"""The subscriptions of one client."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.errors import ModelNotReady

TICKS = {"model_qualified_name": "m", "source": "ticks"}


def values(talker: Any) -> list[Any]:
    return [frame["data"]["prediction"] for frame in talker.read()]


def test_what_is_pushed_names_its_subscription_and_has_no_id(world: Any, talker: Any) -> None:
    subscribed = talker.ask("subscribe", TICKS, "s")
    assert subscribed == {"event": "subscribed", "id": "s", "data": {"subscription": "m/ticks"}}
    world.feeds.publish("m/ticks", 7)
    (pushed,) = talker.read()
    assert "id" not in pushed
    assert pushed["event"] == "prediction_response"
    assert pushed["data"] == {"model_qualified_name": "m", "prediction": 7}
    assert pushed["meta"]["subscription"] == "m/ticks"
    assert pushed["meta"]["model_version"] == "1.0"


def test_a_newcomer_gets_the_latest_value_after_it_is_told_that_it_is_subscribed(world: Any, talker: Any) -> None:
    world.feeds.publish("m/ticks", 1)
    talker.send("subscribe", TICKS, "s")
    world.feeds.settle()
    subscribed, latest = talker.read()
    assert subscribed["event"] == "subscribed"
    assert latest["data"]["prediction"] == 1


def test_subscribing_twice_names_the_same_subscription_and_pushes_once(world: Any, talker: Any) -> None:
    talker.ask("subscribe", TICKS, "a")
    world.feeds.publish("m/ticks", 1)
    assert values(talker) == [1]
    assert talker.ask("subscribe", TICKS, "b")["data"] == {"subscription": "m/ticks"}
    world.feeds.publish("m/ticks", 2)
    assert values(talker) == [2]
    assert len(world.feeds.subscriptions) == 1


def test_with_latest_only_the_newest_of_what_was_not_read_is_kept(world: Any, talker: Any) -> None:
    talker.ask("subscribe", TICKS)
    for number in range(1000):
        world.feeds.publish("m/ticks", number)
    (subscription,) = world.feeds.subscriptions
    assert subscription.tally.replaced == 999
    assert values(talker) == [999]


def test_with_buffer_all_is_kept_up_to_the_limit_and_then_it_ends_with_a_reason(world: Any, talker: Any) -> None:
    talker.ask("subscribe", TICKS, policy="buffer")
    for number in range(3):
        world.feeds.publish("m/ticks", number)
    assert values(talker) == [0, 1, 2]
    for number in range(100):
        world.feeds.publish("m/ticks", number)
    *pushed, end = talker.read()
    kept = [frame["data"]["prediction"] for frame in pushed]
    assert kept == list(range(len(kept)))
    assert 3 <= len(kept) < 20
    assert (end["event"], end["data"]["code"]) == ("unsubscribed", "OVERLOADED")
    assert end["data"]["subscription"] == "m/ticks"
    assert world.feeds.subscriptions == []
    assert talker.ask("subscribe", TICKS, policy="buffer")["event"] == "subscribed"


def test_a_value_is_encoded_once_for_all_who_get_it(
    world: Any, make_talker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    talkers = [make_talker(world) for _ in range(10)]
    for talker in talkers:
        talker.ask("subscribe", TICKS)
    made = []
    codec = type(talkers[0].connection._codec)
    encode = codec.encode
    monkeypatch.setattr(codec, "encode", lambda self, document: made.append(document) or encode(self, document))
    world.feeds.publish("m/ticks", 1)
    assert [values(talker) for talker in talkers] == [[1]] * 10
    assert len(made) == 1


def test_an_unsubscribed_client_gets_no_more(world: Any, talker: Any) -> None:
    talker.ask("subscribe", TICKS)
    end = talker.ask("unsubscribe", {"subscription": "m/ticks"}, "u")
    assert end == {"event": "unsubscribed", "id": "u", "data": {"subscription": "m/ticks"}}
    world.feeds.publish("m/ticks", 1)
    assert talker.read() == []
    assert talker.code("unsubscribe", {"subscription": "m/ticks"}) == "NOT_FOUND"


def test_one_that_the_service_ends_says_why(world: Any, talker: Any) -> None:
    talker.ask("subscribe", TICKS)
    world.feeds.subscriptions[0].subscriber.ended(ModelNotReady())
    (end,) = talker.read()
    data = {"subscription": "m/ticks", "code": "MODEL_NOT_READY", "message": "The model is not ready."}
    assert end == {"event": "unsubscribed", "data": data}
    assert world.feeds.subscriptions == []


def test_what_there_is_not_cannot_be_subscribed_to(talker: Any) -> None:
    assert talker.code("subscribe", {"model_qualified_name": "m", "source": "none"}) == "NOT_FOUND"
    assert talker.code("subscribe", {"model_qualified_name": "nobody", "source": "ticks"}) == "MODEL_NOT_FOUND"


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({}, ["/data/topic"]),
        ({"source": "s"}, ["/data/model_qualified_name"]),
        ({"topic": "models", "source": "s"}, ["/data/source"]),
        ({"topic": "weather"}, ["/data/topic"]),
        ({"topic": 5}, ["/data/topic"]),
        (5, ["/data"]),
    ],
)
def test_a_malformed_subscribe_is_told_what_is_wrong_with_it(talker: Any, data: Any, paths: list[str]) -> None:
    frame = talker.ask("subscribe", data)
    assert frame["data"]["code"] == "BAD_ENVELOPE"
    assert list(dict.fromkeys(fault["path"] for fault in frame["data"]["details"])) == paths


def test_only_so_many_subscriptions_may_be_held(world: Any, talker: Any) -> None:
    for number in range(3):
        talker.ask("subscribe", {"model_qualified_name": "m", "source": f"s{number}"})
    assert talker.code("subscribe", TICKS) == "OVERLOADED"
    assert talker.code("subscribe", {"topic": "models"}) == "OVERLOADED"
    again = talker.ask("subscribe", {"model_qualified_name": "m", "source": "s1"})
    assert again["data"] == {"subscription": "m/s1"}, "one that it holds is no further one"


def test_no_new_subscription_or_session_once_the_service_stops(world: Any, talker: Any) -> None:
    world.service.is_draining = True
    assert talker.code("subscribe", TICKS) == "SHUTTING_DOWN"
    assert talker.code("session_open", {"model_qualified_name": "m"}) == "SHUTTING_DOWN"


def test_subscriptions_of_a_client_that_is_gone_are_ended(world: Any, talker: Any) -> None:
    talker.ask("subscribe", TICKS)
    talker.connection.close()
    assert world.is_empty()
