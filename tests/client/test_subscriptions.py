"""What is pushed, frame by frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.client.conversation import ClientConversation
from tornado_ml.client.errors import ConnectionLost
from tornado_ml.client.subscriptions import Leave
from tornado_ml.codecs.json import JSONCodec

FEED = {"model_qualified_name": "echo", "source": "clock"}


class Service:
    """One that numbers what it says."""

    def __init__(self, conversation: ClientConversation) -> None:
        self.conversation = conversation
        self.welcome()

    def welcome(self) -> None:
        self.seq = 0
        data = {"session_token": "t", "epoch": "e", "resumed": False, "received": 0}
        self.conversation.welcome(json.dumps({"event": "welcome", "data": data}))

    def say(self, event: str, data: Any, **rest: Any) -> None:
        self.seq += 1
        self.conversation.receive(json.dumps({"event": event, "data": data, "seq": self.seq, **rest}))

    def push(self, value: object, subscription: str = "echo/clock") -> None:
        self.say("prediction_response", {"prediction": value}, meta={"subscription": subscription})

    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(frame) for frame in iter(self.conversation.take, None)]


@pytest.fixture
def conversation() -> ClientConversation:
    return ClientConversation(JSONCodec())


@pytest.fixture
def service(conversation: ClientConversation) -> Service:
    return Service(conversation)


class Told(list[Any]):
    """The values that a subscriber was told, or why there are no more."""

    def __call__(self, message: dict[str, Any] | ConnectionLost) -> None:
        data = {"code": "lost"} if isinstance(message, ConnectionLost) else message["data"]
        self.append(data.get("code", data.get("prediction")))


Subscribe = Callable[[Told], Leave]


@pytest.fixture
def subscribe(conversation: ClientConversation, service: Service) -> Subscribe:
    """Subscribes to the clock of the echo, to the end."""

    def subscribe(told: Told) -> Leave:
        leave = conversation.subscribe(FEED, {"policy": "latest"}, told)
        for message in service.heard():
            if message["event"] == "subscribe":
                assert message["data"] == FEED
                service.say("subscribed", {"subscription": "echo/clock"}, id=message["id"])
        return leave

    return subscribe


def events_of(messages: list[dict[str, Any]]) -> list[str]:
    return [message["event"] for message in messages]


def test_what_is_pushed_is_told_to_who_subscribed_to_it_and_to_nobody_else(
    service: Service, subscribe: Subscribe
) -> None:
    told = Told()
    subscribe(told)
    service.push(1)
    service.push(2, "echo/another")
    service.say("prediction_error", {"code": "INTERNAL"}, meta={"subscription": "echo/another"})
    assert told == [1]


def test_a_refusal_is_told(conversation: ClientConversation, service: Service) -> None:
    told = Told()
    leave = conversation.subscribe(FEED, {}, told)
    (message,) = service.heard()
    service.say("prediction_error", {"code": "NOT_FOUND"}, id=message["id"])
    leave()
    assert (told, service.heard()) == (["NOT_FOUND"], [])


def test_who_leaves_is_told_nothing_more_and_the_service_is(service: Service, subscribe: Subscribe) -> None:
    told = Told()
    leave = subscribe(told)
    leave()
    leave()
    service.push(1)
    (message,) = service.heard()
    assert (message["event"], message["data"], told) == ("unsubscribe", {"subscription": "echo/clock"}, [])


def test_who_leaves_before_it_was_asked_for_is_told_nothing_and_neither_is_the_service(
    conversation: ClientConversation, service: Service
) -> None:
    told = Told()
    conversation.subscribe(FEED, {}, told)()
    assert (told, service.heard()) == ([], [])


def test_who_leaves_before_it_has_begun_is_unsubscribed_then(
    conversation: ClientConversation, service: Service
) -> None:
    leave = conversation.subscribe(FEED, {}, Told())
    (message,) = service.heard()
    leave()
    assert service.heard() == []
    service.say("subscribed", {"subscription": "echo/clock"}, id=message["id"])
    assert events_of(service.heard()) == ["unsubscribe"]


def test_two_who_want_the_same_share_it_until_both_have_left(service: Service, subscribe: Subscribe) -> None:
    told, also_told = Told(), Told()
    first, second = subscribe(told), subscribe(also_told)
    service.push(1)
    assert (told, also_told) == ([1], [1])
    first()
    assert service.heard() == []
    service.push(2)
    assert (told, also_told) == ([1], [1, 2])
    second()
    assert events_of(service.heard()) == ["unsubscribe"]


def test_who_comes_later_is_told_the_newest_value_and_the_service_is_asked_nothing(
    conversation: ClientConversation, service: Service, subscribe: Subscribe
) -> None:
    told, also_told = Told(), Told()
    subscribe(told)
    service.push(1)
    service.push(2)
    conversation.subscribe(FEED, {}, also_told)
    assert (told, also_told, service.heard()) == ([1, 2], [2], [])


def test_who_comes_later_is_told_the_newest_of_each_model_and_nothing_of_those_that_are_gone(
    conversation: ClientConversation, service: Service
) -> None:
    def say(name: str, *states: str) -> None:
        data = {"qualified_name": name, "versions": [{"state": state} for state in states]}
        service.say("model_state", data, meta={"subscription": "models"})

    conversation.subscribe({"topic": "models"}, {}, Told())
    (message,) = service.heard()
    service.say("subscribed", {"subscription": "models"}, id=message["id"])
    say("echo", "loading")
    say("adder", "ready", "unloading")
    say("gone", "ready")
    say("echo", "ready")
    say("gone", "unloading", "unloading")
    heard: list[Any] = []
    conversation.subscribe({"topic": "models"}, {}, heard.append)
    assert [(one["data"]["qualified_name"], one["data"]["versions"][0]["state"]) for one in heard] == [
        ("adder", "ready"),
        ("echo", "ready"),
    ]


def test_two_who_ask_at_the_same_time_both_get_the_first_value(
    conversation: ClientConversation, service: Service
) -> None:
    told, also_told = Told(), Told()
    first = conversation.subscribe(FEED, {}, told)
    conversation.subscribe(FEED, {}, also_told)
    (message,) = service.heard()
    service.say("subscribed", {"subscription": "echo/clock"}, id=message["id"])
    service.push(1)
    first()
    assert (told, also_told, service.heard()) == ([1], [1], [])


def test_who_comes_after_a_new_beginning_is_told_nothing_of_what_was_before(
    conversation: ClientConversation, service: Service, subscribe: Subscribe
) -> None:
    subscribe(Told())
    service.push(1)
    conversation.disconnected()
    service.welcome()
    told = Told()
    conversation.subscribe(FEED, {}, told)
    assert (told, events_of(service.heard())) == ([], ["subscribe"])


def test_what_nobody_waits_for_any_more_is_not_asked_of_the_next_service(
    conversation: ClientConversation, service: Service
) -> None:
    leave = conversation.subscribe(FEED, {}, Told())
    assert len(service.heard()) == 1
    leave()
    conversation.disconnected()
    service.welcome()
    assert service.heard() == []


def test_who_leaves_once_it_was_refused_by_a_service_that_stops_is_not_asked_for_of_the_next_one(
    conversation: ClientConversation, service: Service
) -> None:
    leave = conversation.subscribe(FEED, {}, Told())
    (message,) = service.heard()
    leave()
    service.say("goaway", {"reason": "upgrade", "deadline_ms": 1})
    service.say("prediction_error", {"code": "SHUTTING_DOWN"}, id=message["id"])
    conversation.disconnected()
    service.welcome()
    assert service.heard() == []


def test_what_the_service_ends_is_told_with_its_code(service: Service, subscribe: Subscribe) -> None:
    told = Told()
    subscribe(told)
    service.say("unsubscribed", {"subscription": "echo/clock", "code": "OVERLOADED", "message": "too slow"})
    service.push(1)
    assert told == ["OVERLOADED"]


def test_what_ends_because_the_service_stops_is_asked_for_again_by_the_next_connection(
    conversation: ClientConversation, service: Service, subscribe: Subscribe
) -> None:
    told = Told()
    subscribe(told)
    service.say("goaway", {"reason": "upgrade", "deadline_ms": 1})
    service.say("unsubscribed", {"subscription": "echo/clock", "code": "SHUTTING_DOWN", "message": ""})
    conversation.disconnected()
    assert service.heard() == []
    service.welcome()
    assert (events_of(service.heard()), told) == (["subscribe"], [])


def test_a_service_that_has_forgotten_a_subscription_is_asked_again(
    conversation: ClientConversation, service: Service, subscribe: Subscribe
) -> None:
    told = Told()
    subscribe(told)
    conversation.disconnected()
    service.welcome()
    (message,) = service.heard()
    service.push(1)
    service.say("subscribed", {"subscription": "echo/clock"}, id=message["id"])
    service.push(2)
    assert told == [2]


def test_one_that_was_asked_for_and_not_answered_is_asked_for_again_once(
    conversation: ClientConversation, service: Service
) -> None:
    conversation.subscribe(FEED, {}, Told())
    assert len(service.heard()) == 1
    conversation.disconnected()
    conversation.subscribe({"topic": "models"}, {}, Told())
    service.welcome()
    assert sorted(next(iter(message["data"])) for message in service.heard()) == ["model_qualified_name", "topic"]
