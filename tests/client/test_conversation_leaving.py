"""What becomes of a client's conversation when the service stops in good order, and another one follows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.client.conversation import ClientConversation
from tornado_ml.client.errors import ConnectionLost
from tornado_ml.client.exchange import Exchange
from tornado_ml.protocol import events
from tornado_ml.protocol.events import CLOSE_GOING_AWAY

REFUSAL = {"type": "ERROR", "code": "SHUTTING_DOWN", "message": "The service is stopping.", "retryable": True}

Sent = Callable[[], list[dict[str, Any]]]


class Peer:
    """A client's conversation with one service after the other.

    Attributes:
        told: what whoever asked was told: events, codes, and the word "lost".
    """

    def __init__(self, conversation: ClientConversation) -> None:
        self.conversation = conversation
        self.told: list[str] = []
        self.welcome()

    def welcome(self) -> None:
        """A service that knows nothing of what was before."""
        self._seq = 0
        data = {"session_token": "t", "epoch": "e", "resumed": False, "received": 0}
        self.conversation.welcome(json.dumps({"event": "welcome", "data": data}))

    def says(self, event: str, asked: Exchange | int | None = None, data: Any = None) -> None:
        self._seq += 1
        id = {} if asked is None else {"id": asked.id if isinstance(asked, Exchange) else asked}
        self.conversation.receive(json.dumps({"event": event, "data": data or {}, "seq": self._seq, **id}))

    def says_that_it_goes(self) -> None:
        self.says("goaway", data={"reason": "the service is stopping", "deadline_ms": 1})

    def goes(self, code: int | None = CLOSE_GOING_AWAY.code) -> None:
        """It closes, and another one welcomes the client."""
        self.conversation.disconnected(code)
        self.welcome()

    def ask(self, **options: Any) -> Exchange:
        data = {"model_qualified_name": "echo", "input_data": 1}
        return self.conversation.ask(events.PREDICTION_REQUEST, data, {}, self.tell, **options)

    def tell(self, answer: dict[str, Any] | ConnectionLost) -> None:
        lost = isinstance(answer, ConnectionLost)
        self.told.append("lost" if lost else answer["data"].get("code", answer["event"]))


@pytest.fixture
def service(conversation: ClientConversation) -> Peer:
    return Peer(conversation)


def test_what_it_refuses_is_asked_of_the_next_one_in_the_order_in_which_it_was_asked(service: Peer, sent: Sent) -> None:
    first, second = service.ask(), service.ask()
    sent()
    service.says_that_it_goes()
    third = service.ask()
    service.says("prediction_error", second, REFUSAL)
    service.says("prediction_error", first, REFUSAL)
    assert (service.told, sent()) == ([], [])
    service.goes()
    assert [message["id"] for message in sent()] == [first.id, second.id, third.id]
    for exchange in (first, second, third):
        service.says("prediction_response", exchange)
    assert service.told == ["prediction_response"] * 3


def test_what_it_leaves_unanswered_it_has_not_received_and_so_it_is_asked_again(service: Peer, sent: Sent) -> None:
    exchange = service.ask()
    sent()
    service.says_that_it_goes()
    service.goes()
    assert [message["id"] for message in sent()] == [exchange.id]
    service.says("prediction_response", exchange)
    assert service.told == ["prediction_response"]


@pytest.mark.parametrize("code", [None, 1006, 1013])
def test_where_it_goes_in_bad_order_what_was_sent_is_lost(service: Peer, sent: Sent, code: int | None) -> None:
    service.ask()
    sent()
    service.says_that_it_goes()
    service.goes(code)
    assert (service.told, sent()) == (["lost"], [])


def test_where_it_has_not_said_that_it_goes_what_was_sent_is_lost(service: Peer, sent: Sent) -> None:
    service.ask()
    sent()
    service.goes()
    assert service.told == ["lost"]


def test_what_may_be_sent_again_survives_that_as_often_as_it_may(service: Peer, sent: Sent) -> None:
    exchange = service.ask(retries=1)
    sent()
    service.goes(None)
    assert [message["id"] for message in sent()] == [exchange.id]
    service.goes(None)
    assert (service.told, sent()) == (["lost"], [])


def test_a_stream_that_has_begun_is_not_begun_again(service: Peer, sent: Sent) -> None:
    exchange = service.ask(retries=1)
    sent()
    service.says("prediction_partial", exchange)
    service.says_that_it_goes()
    service.says("prediction_error", exchange, REFUSAL)
    assert service.told == ["prediction_partial", "SHUTTING_DOWN"]


def test_what_was_cancelled_is_not_asked_again(service: Peer, sent: Sent) -> None:
    refused, unanswered = service.ask(), service.ask()
    sent()
    service.conversation.cancel(refused)
    service.conversation.cancel(unanswered)
    service.says_that_it_goes()
    service.says("prediction_error", refused, REFUSAL)
    service.goes()
    assert service.told == ["SHUTTING_DOWN", "lost"]


def test_a_subscription_that_it_refuses_is_asked_of_the_next_one_once(service: Peer, sent: Sent) -> None:
    service.conversation.subscribe({"topic": "models"}, {}, service.tell)
    (message,) = sent()
    service.says_that_it_goes()
    service.says("prediction_error", message["id"], REFUSAL)
    service.goes()
    assert [message["event"] for message in sent()] == [events.SUBSCRIBE.name]
    assert service.told == []
