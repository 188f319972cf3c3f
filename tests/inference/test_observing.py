"""What observers see of requests, with models that really answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from tornado_ml import Observer, Record
from tornado_ml.inference.observing import ObserverListener
from tornado_ml.inference.service import InferenceService, Request
from tornado_ml.observers.observers import Observers
from tornado_ml.server.base import Shared


class Watcher(Observer):
    def __init__(self) -> None:
        self.records: list[Record] = []

    def observe(self, records: Sequence[Record]) -> None:
        self.records += records


@pytest.fixture
def observers() -> Observers:
    return Observers()


@pytest.fixture
def service(shared: Shared, observers: Observers) -> InferenceService:
    return InferenceService(shared.manager, listeners=[ObserverListener(observers)])


async def ask(service: InferenceService, *requests: Request) -> list[Any]:
    return await asyncio.gather(*(service.predict(one, client=1) for one in requests), return_exceptions=True)


@pytest.mark.gen_test
async def test_an_observer_sees_what_was_asked_and_answered(service: InferenceService, observers: Observers) -> None:
    watcher = Watcher()
    observers.set("plugin", [watcher])
    began = time.time()
    (answer,) = await ask(service, Request("echo", {"a": 1}))
    await ask(service, Request("broken", {}), Request("nobody", 5))
    await asyncio.to_thread(observers.close)
    first, *refused = watcher.records
    assert (first.model_qualified_name, first.model_version, first.code) == ("echo", "2.0", "OK")
    assert (first.input, first.prediction, first.batch_size) == ({"a": 1}, {"a": 1}, 1)
    assert (first.queue_s, first.predict_s) == (answer.queue_s, answer.predict_s)
    assert first.request_id.startswith("q")
    assert began - 1 <= first.time <= time.time()
    assert (first.is_stream, first.in_session) == (False, False)
    assert {(one.model_qualified_name, one.model_version, one.code, one.prediction) for one in refused} == {
        ("broken", "1.0", "INVALID_INPUT", None),
        ("nobody", None, "MODEL_NOT_FOUND", None),
    }
    assert all(one.total_s >= 0 and one.queue_s is one.predict_s is one.batch_size is None for one in refused)


@pytest.mark.gen_test
async def test_where_nobody_looks_on_nothing_is_made(service: InferenceService, observers: Observers) -> None:
    await ask(service, Request("echo", 1))
    watcher = Watcher()
    observers.set("plugin", [watcher])
    await asyncio.to_thread(observers.close)
    assert watcher.records == []
