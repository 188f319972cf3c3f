"""Tells observers what became of requests, as one of those who listen to the service."""

from __future__ import annotations

import time

from tornado_ml.inference.tickets import Prediction, Settled
from tornado_ml.observers.base import OK, Record
from tornado_ml.observers.observers import Observers


class ObserverListener:
    """Hands each request to the observers when it is over."""

    def __init__(self, observers: Observers) -> None:
        self._observers = observers

    def __call__(self, settled: Settled) -> None:
        if self._observers:
            self._observers.put(record_of(settled))


def record_of(settled: Settled) -> Record:
    """What observers are shown of a request."""
    request, answer = settled.request, settled.answer
    total_s = settled.ended - settled.started
    record = Record(
        settled.request_id,
        time.time() - total_s,
        request.model_qualified_name,
        settled.model_version,
        request.input_data,
        None,
        OK,
        None,
        None,
        total_s,
        None,
        settled.partial_count > 0,
        request.session is not None,
    )
    if isinstance(answer, Prediction):
        record.prediction = answer.prediction
        record.queue_s, record.predict_s, record.batch_size = answer.queue_s, answer.predict_s, answer.batch_size
    else:
        record.code = answer.code
    return record
