"""The sessions of one client."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.errors import InvalidInput

OPEN = {"model_qualified_name": "m", "parameters": {"a": 1}}


@pytest.fixture
def session(world: Any, talker: Any) -> str:
    """One that is open."""
    talker.send("session_open", OPEN, "o")
    world.service.opening[0].open()
    (opened,) = talker.read()
    return str(opened["data"]["session"])


def test_a_session_is_told_of_when_it_is_open(world: Any, talker: Any) -> None:
    talker.send("session_open", OPEN, "o")
    assert talker.read() == []
    world.service.opening[0].open()
    (opened,) = talker.read()
    name = world.service.sessions[0].id
    assert opened == {"event": "session_opened", "id": "o", "data": {"session": name}}


def test_one_that_cannot_be_opened_is_answered_with_the_reason_and_counts_no_more(world: Any, talker: Any) -> None:
    for _ in range(5):
        talker.send("session_open", OPEN, "o")
        world.service.opening[0].open(InvalidInput())
        (answer,) = talker.read()
        assert (answer["id"], answer["data"]["code"]) == ("o", "INVALID_INPUT")
        assert answer["data"]["model_qualified_name"] == "m"


def test_only_so_many_may_be_open(world: Any, talker: Any) -> None:
    for _ in range(2):
        talker.send("session_open", OPEN)
    frame = talker.ask("session_open", OPEN, "more")
    assert (frame["data"]["code"], frame["id"]) == ("OVERLOADED", "more")
    assert frame["data"]["retry_after_ms"] > 0


def test_a_request_in_a_session_is_handed_on_with_it(world: Any, talker: Any, session: str) -> None:
    talker.send("prediction_request", {"model_qualified_name": "m", "input_data": 1}, "r", session=session)
    assert world.service.open[0].request.session is world.service.sessions[0]


def test_a_session_that_is_not_there_or_of_another_model_is_not_found(talker: Any, session: str) -> None:
    ask = {"model_qualified_name": "m", "input_data": 1}
    assert talker.code("prediction_request", ask, session="s999") == "NOT_FOUND"
    assert talker.code("prediction_request", {**ask, "model_qualified_name": "n"}, session=session) == "NOT_FOUND"
    assert talker.code("session_close", {"session": "s999"}) == "NOT_FOUND"


def test_the_session_of_another_client_is_not_found(world: Any, make_talker: Any, session: str) -> None:
    other = make_talker(world)
    ask = {"model_qualified_name": "m", "input_data": 1}
    assert other.code("prediction_request", ask, session=session) == "NOT_FOUND"
    assert other.code("session_close", {"session": session}) == "NOT_FOUND"


def test_one_that_is_being_opened_or_closed_cannot_be_used(world: Any, talker: Any, session: str) -> None:
    talker.send("session_close", {"session": session}, "c")
    ask = {"model_qualified_name": "m", "input_data": 1}
    assert talker.code("prediction_request", ask, session=session) == "NOT_FOUND"
    assert talker.code("session_close", {"session": session}) == "NOT_FOUND"
    assert talker.code("session_open", OPEN, "c") == "DUPLICATE_ID"
    talker.send("session_open", OPEN, "o")
    opening = world.service.opening[0].id
    assert talker.code("prediction_request", ask, session=opening) == "NOT_FOUND"


def test_a_session_that_is_closed_says_so_under_the_id_that_asked_for_it(world: Any, talker: Any, session: str) -> None:
    talker.send("session_close", {"session": session}, "c")
    assert talker.read() == []
    assert world.service.sessions[0].is_closing
    world.service.sessions[0].end("closed")
    (closed,) = talker.read()
    assert closed == {"event": "session_closed", "id": "c", "data": {"session": session, "reason": "closed"}}
    talker.send("session_open", OPEN, "c")
    assert talker.read() == [], "the id is free again"


@pytest.mark.parametrize("reason", ["idle", "worker_died", "unloaded"])
def test_a_session_that_ends_by_itself_says_why(world: Any, talker: Any, session: str, reason: str) -> None:
    world.service.sessions[0].end(reason)
    assert talker.read() == [{"event": "session_closed", "data": {"session": session, "reason": reason}}]


def test_sessions_of_a_client_that_is_gone_are_ended(world: Any, talker: Any, session: str) -> None:
    talker.send("session_open", OPEN)
    talker.connection.close()
    assert world.is_empty()
