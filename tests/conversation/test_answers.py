"""The documents that answer a client, as the contract writes them."""

from __future__ import annotations

from tornado_ml.conversation import answers
from tornado_ml.errors import Cancelled, Internal, NotFound
from tornado_ml.inference.service import Partial, Prediction

MADE = Prediction("m", "1.2", {"x": 1}, 0.001, 0.0020004, 0.0040006, 8)


def test_a_response_carries_id_prediction_version_timing_and_batch_size() -> None:
    assert answers.response(MADE, "r1") == {
        "event": "prediction_response",
        "id": "r1",
        "data": {"model_qualified_name": "m", "prediction": {"x": 1}},
        "meta": {"model_version": "1.2", "timing_ms": {"queue": 1.0, "predict": 2.0, "total": 4.001}, "batch_size": 8},
    }


def test_what_is_pushed_names_its_subscription() -> None:
    assert answers.pushed(MADE, "m/s")["meta"]["subscription"] == "m/s"
    assert "id" not in answers.pushed(MADE, "m/s")


def test_a_partial_carries_its_index() -> None:
    document = answers.partial(Partial("m", "a", 3), 0)
    assert document == {
        "event": "prediction_partial",
        "id": 0,
        "data": {"model_qualified_name": "m", "prediction": "a"},
        "meta": {"index": 3},
    }


def test_a_failure_carries_what_the_log_names_it_by_and_what_became_of_it() -> None:
    unforeseen = Internal()
    unforeseen.request_id = "q7"
    assert answers.failure(unforeseen, "m", None)["meta"] == {"request_id": "q7"}
    assert answers.failure(Cancelled("stopped"), "m", 1)["meta"] == {"outcome": "stopped"}
    assert "meta" not in answers.failure(NotFound(), None, 1)


def test_the_end_of_a_subscription_carries_code_and_message() -> None:
    data = answers.unsubscribed("m/s", NotFound("It is over."))["data"]
    assert data == {"subscription": "m/s", "code": "NOT_FOUND", "message": "It is over."}
