"""The documents that answer a client, from what the service and the feeds tell."""

from __future__ import annotations

from tornado_ml.errors import Cancelled, ServiceError
from tornado_ml.inference.service import Partial, Prediction
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.messages import RequestId
from tornado_ml.protocol.payloads import Document


def response_data(prediction: Prediction | Partial) -> Document:
    """The `data` of a `prediction_response` or `prediction_partial`."""
    return {"model_qualified_name": prediction.model_qualified_name, "prediction": prediction.prediction}


def response_meta(prediction: Prediction) -> Document:
    """The `meta` of a `prediction_response`."""
    return {
        "model_version": prediction.model_version,
        "timing_ms": {
            "queue": _ms(prediction.queue_s),
            "predict": _ms(prediction.predict_s),
            "total": _ms(prediction.total_s),
        },
        "batch_size": prediction.batch_size,
    }


def response(prediction: Prediction, id: RequestId | None) -> Document:
    """The answer to a request."""
    return messages.server_message(
        events.PREDICTION_RESPONSE, response_data(prediction), id=id, meta=response_meta(prediction)
    )


def partial(part: Partial, id: RequestId | None) -> Document:
    """A partial answer to a request."""
    return messages.server_message(events.PREDICTION_PARTIAL, response_data(part), id=id, meta={"index": part.index})


def pushed(prediction: Prediction, subscription: str) -> Document:
    """What a subscription pushes."""
    meta = {**response_meta(prediction), "subscription": subscription}
    return messages.server_message(events.PREDICTION_RESPONSE, response_data(prediction), meta=meta)


def unsubscribed(subscription: str, error: ServiceError) -> Document:
    """That the service has ended a subscription."""
    data = {"subscription": subscription, "code": error.code, "message": str(error)}
    return messages.server_message(events.UNSUBSCRIBED, data)


def failure(error: ServiceError, name: str | None, id: RequestId | None) -> Document:
    """The answer to whatever failed."""
    meta: Document = {}
    if error.request_id is not None:
        meta["request_id"] = error.request_id
    if isinstance(error, Cancelled):
        meta["outcome"] = error.outcome
    return messages.server_message(events.PREDICTION_ERROR, messages.error_data(error, name), id=id, meta=meta)


def _ms(seconds: float) -> float:
    return int(seconds * 1_000_000 + 0.5) / 1000  # a third of what round(…, 3) takes
