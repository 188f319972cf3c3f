from __future__ import annotations

from tornado_ml.client.errors import PredictionError, SessionClosed


def test_an_error_of_the_service_has_its_code_and_all_that_it_said() -> None:
    data = {"type": "ERROR", "code": "MODEL_NOT_FOUND", "message": "Model not found."}
    error = PredictionError(data)
    assert (error.code, error.data, str(error)) == ("MODEL_NOT_FOUND", data, "MODEL_NOT_FOUND: Model not found.")


def test_a_session_that_has_ended_says_why() -> None:
    error = SessionClosed("idle")
    assert (error.reason, str(error)) == ("idle", "The session has ended: idle.")
