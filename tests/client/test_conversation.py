"""What a client does of its own accord, frame by frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tornado_ml.client.conversation import ClientConversation
from tornado_ml.client.errors import ConnectionLost
from tornado_ml.client.exchange import Exchange
from tornado_ml.protocol import events

Sent = Callable[[], list[dict[str, Any]]]


class Told(list[Any]):
    """What somebody who asked was told: events, and the word "lost"."""

    def __call__(self, answer: dict[str, Any] | ConnectionLost) -> None:
        self.append("lost" if isinstance(answer, ConnectionLost) else answer["data"].get("code", answer["event"]))


@pytest.fixture
def told() -> Told:
    return Told()


def welcome(conversation: ClientConversation, *, resumed: bool = False, received: int = 0, limit: int = 64) -> None:
    limits = {"max_open_requests": limit, "max_message_bytes": 1000}
    data = {"session_token": "t", "epoch": "e", "resumed": resumed, "received": received, "limits": limits}
    conversation.welcome(json.dumps({"event": "welcome", "data": data}))


class Service:
    """Numbers what it says."""

    def __init__(self, conversation: ClientConversation) -> None:
        self.conversation = conversation
        self.seq = 0

    def __call__(self, event: str, id: int | None = None, data: Any = None, **rest: Any) -> None:
        self.seq += 1
        message = {"event": event, "data": data or {}, "seq": self.seq, **({} if id is None else {"id": id}), **rest}
        self.conversation.receive(json.dumps(message))


@pytest.fixture
def service(conversation: ClientConversation) -> Service:
    welcome(conversation)
    return Service(conversation)


def ask(conversation: ClientConversation, told: Told, **options: Any) -> Exchange:
    data = {"model_qualified_name": "echo", "input_data": 1}
    return conversation.ask(events.PREDICTION_REQUEST, data, {}, told, **options)


def test_what_is_asked_before_there_is_a_connection_waits_for_it(
    conversation: ClientConversation, sent: Sent, told: Told
) -> None:
    first, second = ask(conversation, told), ask(conversation, told)
    assert sent() == []
    assert json.loads(conversation.hello()) == {"event": "hello", "data": {}}
    welcome(conversation)
    assert [message["id"] for message in sent()] == [first.id, second.id]


def test_no_more_are_open_at_once_than_the_service_takes(
    conversation: ClientConversation, sent: Sent, told: Told
) -> None:
    welcome(conversation, limit=2)
    first, _, third = (ask(conversation, told) for _ in range(3))
    assert len(sent()) == 2
    Service(conversation)("prediction_response", first.id)
    assert [message["id"] for message in sent()] == [third.id]


def test_an_answer_acknowledges_what_was_sent_before_it(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    _, second, _ = (ask(conversation, told) for _ in range(3))
    sent()
    assert conversation.unacknowledged_count == 3
    service("prediction_partial", second.id)
    assert conversation.unacknowledged_count == 1
    assert told == ["prediction_partial"]


def test_what_the_service_has_not_received_is_sent_again_before_anything_new(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    first, second, third = (ask(conversation, told) for _ in range(3))
    sent()
    service("prediction_response", first.id)
    conversation.disconnected()
    fourth = ask(conversation, told)
    assert sent() == []
    assert json.loads(conversation.hello())["data"] == {"session_token": "t", "epoch": "e", "last_seq": 1}
    welcome(conversation, resumed=True, received=2)
    assert [message["id"] for message in sent()] == [third.id, fourth.id]
    service("prediction_response", second.id)
    assert told == ["prediction_response"] * 2


def test_where_the_service_has_forgotten_it_what_was_sent_is_lost_and_what_was_not_is_sent(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    ask(conversation, told)
    sent()
    conversation.disconnected()
    later = ask(conversation, Told())
    welcome(conversation)
    assert told == ["lost"]
    assert [message["id"] for message in sent()] == [later.id]
    Service(conversation)("prediction_response", later.id)
    assert told == ["lost"]


def test_what_is_cancelled_is_answered_by_the_service_even_while_others_wait_for_their_turn(
    conversation: ClientConversation, sent: Sent, told: Told
) -> None:
    welcome(conversation, limit=1)
    open_request, _ = ask(conversation, told), ask(conversation, told)
    sent()
    conversation.cancel(open_request)
    conversation.cancel(open_request)
    assert sent() == [{"event": "prediction_cancel", "id": open_request.id, "data": {}}]
    assert told == []


def test_what_was_never_sent_is_cancelled_here(conversation: ClientConversation, sent: Sent, told: Told) -> None:
    conversation.cancel(ask(conversation, told))
    welcome(conversation)
    assert (told, sent()) == (["CANCELLED"], [])


def test_a_cancel_that_comes_too_late_is_not_sent(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    exchange = ask(conversation, told)
    sent()
    service("prediction_response", exchange.id)
    conversation.cancel(exchange)
    assert sent() == []


def test_the_newest_of_a_name_replaces_what_was_sent_and_what_waits(
    conversation: ClientConversation, sent: Sent, told: Told
) -> None:
    welcome(conversation, limit=1)
    first = ask(conversation, Told(), replaces="slider")
    sent()
    ask(conversation, told, replaces="slider")
    ask(conversation, Told(), replaces="another slider")
    assert told == []
    ask(conversation, Told(), replaces="slider")
    assert told == ["SUPERSEDED"]
    Service(conversation)("prediction_response", first.id)
    assert "meta" not in sent()[0]


def test_the_service_is_told_which_request_a_sent_one_replaces(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    first = ask(conversation, told, replaces="slider")
    sent()
    ask(conversation, told, replaces="slider")
    assert [message["meta"] for message in sent()] == [{"replaces": first.id}]


def test_what_is_larger_than_the_service_takes_is_refused_here(
    conversation: ClientConversation, service: Service, told: Told
) -> None:
    with pytest.raises(ValueError, match=r"^This makes a message of \d+ bytes; the service takes at most 1000\.$"):
        conversation.ask(events.PREDICTION_REQUEST, {"input_data": "x" * 1000}, {}, told)


def test_after_goaway_what_was_not_sent_waits_for_the_next_connection(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    service("goaway", data={"reason": "upgrade", "deadline_ms": 1})
    waiting = ask(conversation, told)
    assert sent() == []
    conversation.disconnected()
    welcome(conversation)
    assert [message["id"] for message in sent()] == [waiting.id]


def test_without_hello_nothing_waits_and_nothing_is_numbered(
    conversation: ClientConversation, sent: Sent, told: Told
) -> None:
    conversation.begin()
    conversation.receive('{"event": "goaway", "data": {"reason": "upgrade", "deadline_ms": 1}}')
    exchange = ask(conversation, told)
    assert len(sent()) == 1
    conversation.receive(json.dumps({"event": "prediction_response", "id": exchange.id, "data": {}}))
    assert told == ["prediction_response"]


def test_an_error_that_names_no_request_is_told_to_all_that_were_sent(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    ask(conversation, told), ask(conversation, told)
    sent()
    waiting = Told()
    ask(conversation, waiting)
    service("prediction_error", data={"code": "BAD_FRAME"})
    assert (told, waiting) == (["BAD_FRAME"] * 2, [])


@pytest.mark.parametrize("message", ["x", "[1]", '{"event": "x"}', '{"event": "x", "data": 1}', b"\xff", b"{}"])
def test_what_is_no_message_is_not_believed(
    conversation: ClientConversation, service: Service, message: str | bytes
) -> None:
    with pytest.raises(ConnectionLost, match=r"^What answered is no tornado-ml service\.$"):
        conversation.receive(message)


@pytest.mark.parametrize("seq", [0, 2, None])
def test_a_frame_that_is_out_of_turn_is_not_believed(
    conversation: ClientConversation, service: Service, seq: int | None
) -> None:
    with pytest.raises(ConnectionLost):
        conversation.receive(json.dumps({"event": "prediction_response", "id": 1, "data": {}, "seq": seq}))


def test_what_a_later_version_may_say_is_passed_over(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    exchange = ask(conversation, told)
    sent()
    service("news", data={"a": 1})
    service("news", exchange.id, {"a": 1})
    service("prediction_response", 999)
    service("prediction_response", exchange.id, unheard_of=1)
    assert told == ["prediction_response"]


def test_a_refusal_of_hello_is_told(conversation: ClientConversation) -> None:
    with pytest.raises(ConnectionLost, match=r"^The service refused the connection: too many$"):
        conversation.welcome('{"event": "prediction_error", "data": {"message": "too many"}}')


@pytest.mark.parametrize(
    "answer", ['{"event": "welcome", "data": {}}', '{"event": "prediction_response", "data": {}}', "5"]
)
def test_what_is_no_welcome_is_not_believed(conversation: ClientConversation, answer: str) -> None:
    with pytest.raises(ConnectionLost, match="no tornado-ml service"):
        conversation.welcome(answer)


def test_a_service_that_has_received_more_than_was_sent_is_not_believed(
    conversation: ClientConversation, service: Service
) -> None:
    conversation.disconnected()
    with pytest.raises(ConnectionLost, match="no tornado-ml service"):
        welcome(conversation, resumed=True, received=1)


@pytest.fixture
def session(conversation: ClientConversation, sent: Sent, service: Service, told: Told) -> Iterator[Any]:
    """An open one."""
    session = conversation.open_session({"model_qualified_name": "counter", "parameters": {}}, {}, told)
    (opening,) = sent()
    service("session_opened", opening["id"], {"session": "s1"})
    assert told == ["session_opened"]
    assert (session.id, session.closed) == ("s1", None)
    told.clear()
    return session


def test_a_session_says_why_the_service_has_ended_it(service: Service, session: Any) -> None:
    service("session_closed", data={"session": "s1", "reason": "idle"})
    assert session.closed == "idle"


def test_a_session_is_closed_on_request_and_only_once(
    conversation: ClientConversation, sent: Sent, service: Service, session: Any, told: Told
) -> None:
    conversation.close_session(session, told)
    (closing,) = sent()
    assert (closing["event"], closing["data"]) == ("session_close", {"session": "s1"})
    service("session_closed", closing["id"], {"session": "s1", "reason": "closed"})
    assert (session.closed, told) == ("closed", ["session_closed"])
    conversation.close_session(session, told)
    assert (sent(), told) == ([], ["session_closed"] * 2)


def test_a_session_that_ended_while_it_was_being_closed_keeps_its_own_reason(
    conversation: ClientConversation, sent: Sent, service: Service, session: Any, told: Told
) -> None:
    conversation.close_session(session, told)
    (closing,) = sent()
    service("session_closed", data={"session": "s1", "reason": "worker_died"})
    service("prediction_error", closing["id"], {"code": "NOT_FOUND"})
    assert (session.closed, told) == ("worker_died", ["NOT_FOUND"])


def test_a_session_that_is_not_wanted_any_more_is_closed_as_soon_as_it_is_open(
    conversation: ClientConversation, sent: Sent, service: Service, told: Told
) -> None:
    session = conversation.open_session({}, {}, Told())
    (opening,) = sent()
    conversation.close_session(session, told)
    assert (sent(), told) == ([], ["session_closed"])
    service("session_opened", opening["id"], {"session": "s1"})
    assert [message["event"] for message in sent()] == ["session_close"]


def test_a_session_that_was_never_asked_for_is_not_asked_for_any_more(
    conversation: ClientConversation, sent: Sent, told: Told
) -> None:
    conversation.close_session(conversation.open_session({}, {}, Told()), told)
    welcome(conversation)
    assert (sent(), told) == ([], ["session_closed"])


def test_a_session_and_what_waits_for_it_are_lost_with_the_service(
    conversation: ClientConversation, sent: Sent, session: Any, told: Told
) -> None:
    conversation.disconnected()
    ask(conversation, told, session=session)
    welcome(conversation)
    assert (session.closed, told, sent()) == ("connection_lost", ["lost"], [])


def test_all_that_goes_on_is_ended_by_a_farewell(
    conversation: ClientConversation, sent: Sent, service: Service, session: Any, told: Told
) -> None:
    exchange = ask(conversation, told)
    conversation.subscribe({"topic": "models"}, {}, told)
    _, subscribing = sent()
    service("subscribed", subscribing["id"], {"subscription": "models"})
    ask(conversation, told)
    said = [json.loads(frame) for frame in conversation.farewell()]
    assert [(message["event"], message["data"]) for message in said] == [
        ("prediction_cancel", {}),
        ("session_close", {"session": "s1"}),
        ("unsubscribe", {"subscription": "models"}),
    ]
    assert said[0]["id"] == exchange.id


def test_at_the_end_everyone_is_told(
    conversation: ClientConversation, sent: Sent, service: Service, session: Any, told: Told
) -> None:
    ask(conversation, told)
    sent()
    ask(conversation, told)
    conversation.subscribe({"topic": "models"}, {}, told)
    conversation.end("It is over.")
    assert told == ["lost"] * 3
    assert session.closed == "connection_lost"
    assert (sent(), conversation.unacknowledged_count) == ([], 0)
