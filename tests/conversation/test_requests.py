"""What one client has asked and is not answered yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tornado_ml.errors import Internal
from tornado_ml.inference.service import Prediction

ASK = {"model_qualified_name": "m", "input_data": 1}


def test_what_is_asked_is_handed_to_the_service_as_it_was_said(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, "a", model_version="1.2", deadline_ms=250)
    (ticket,) = world.service.open
    asked = ticket.request
    assert (asked.model_qualified_name, asked.input_data, asked.model_version) == ("m", 1, "1.2")
    assert asked.deadline_s == 0.25
    assert asked.session is None
    assert ticket.credit == 0, "nobody has asked for partial predictions"


def test_partials_come_with_their_index_and_the_answer_last(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, "a", stream=True)
    (ticket,) = world.service.open
    ticket.emit(), ticket.emit(), ticket.answer()
    first, second, last = talker.read()
    assert first == {
        "event": "prediction_partial",
        "id": "a",
        "data": {"model_qualified_name": "m", "prediction": 0},
        "meta": {"index": 0},
    }
    assert second["meta"] == {"index": 1}
    assert (last["event"], last["id"]) == ("prediction_response", "a")


def test_a_partial_counts_as_read_when_it_has_left_and_not_before(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, "a", stream=True)
    (ticket,) = world.service.open
    before = ticket.credit
    ticket.emit(), ticket.emit()
    assert ticket.credit == before - 2
    talker.connection.take()
    assert ticket.credit == before - 1
    talker.connection.take()
    assert ticket.credit == before


def test_stream_false_is_as_if_it_were_not_there(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, "a", stream=False)
    assert world.service.open[0].credit == 0


def test_a_request_whose_id_is_in_use_by_anything_that_is_open_is_refused(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, 1)
    talker.send("session_open", {"model_qualified_name": "m"}, 2)
    for id in (1, 2):
        for event, data in (
            ("prediction_request", ASK),
            ("session_open", {"model_qualified_name": "m"}),
            ("subscribe", {"model_qualified_name": "m", "source": "s"}),
        ):
            assert talker.code(event, data, id) == "DUPLICATE_ID"
    world.service.open[0].answer()
    talker.read()
    talker.send("prediction_request", ASK, 1)
    assert len(world.service.open) == 1


def test_an_answer_that_cannot_be_encoded_is_internal_and_the_id_is_free(
    world: Any, talker: Any, logged: Callable[[], str]
) -> None:
    talker.send("prediction_request", ASK, "a")
    world.service.open[0].answer(Prediction("m", "1.0", object(), 0.0, 0.0, 0.0, 1))
    (answer,) = talker.read()
    assert (answer["id"], answer["data"]["code"]) == ("a", "INTERNAL")
    assert f"Request {answer['meta']['request_id']} of model m could not be answered." in logged()
    talker.send("prediction_request", ASK, "a")
    assert talker.read() == []


def test_requests_of_a_client_that_is_gone_are_forgotten(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, "a")
    talker.send("prediction_request", ASK, "b", stream=True)
    talker.connection.close()
    assert world.is_empty()


def test_a_failure_is_answered_with_the_models_name(world: Any, talker: Any) -> None:
    talker.send("prediction_request", ASK, "a")
    world.service.open[0].answer(Internal())
    (answer,) = talker.read()
    assert (answer["data"]["code"], answer["data"]["model_qualified_name"]) == ("INTERNAL", "m")


def test_a_cancel_of_a_session_that_is_being_opened_is_ignored(world: Any, talker: Any) -> None:
    talker.send("session_open", {"model_qualified_name": "m"}, "s")
    talker.send("prediction_cancel", {}, "s")
    assert talker.read() == []
    assert len(world.service.opening) == 1
