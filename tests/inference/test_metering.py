"""What is counted of requests, with models that really answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tornado_ml.errors import ServiceError
from tornado_ml.inference.metering import RequestMeter
from tornado_ml.inference.service import InferenceService, Request
from tornado_ml.metrics import Metrics, declarations
from tornado_ml.server.base import Shared

HISTOGRAMS = (
    declarations.REQUEST_SECONDS,
    declarations.QUEUE_SECONDS,
    declarations.PREDICT_SECONDS,
    declarations.BATCH_SIZE,
)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def service(shared: Shared, metrics: Metrics) -> InferenceService:
    return InferenceService(shared.manager, listeners=[RequestMeter(metrics)])


async def ask(service: InferenceService, *requests: Request) -> list[Any]:
    return await asyncio.gather(*(service.predict(one, client=1) for one in requests), return_exceptions=True)


@pytest.mark.gen_test
async def test_requests_are_counted_by_model_version_and_outcome(service: InferenceService, metrics: Metrics) -> None:
    await ask(service, Request("echo", 1), Request("echo", 2), Request("echo", 3, "1.0"), Request("broken", {}))
    await ask(service, Request("broken", {"how": "raise"}), Request("unloadable", {}))
    assert metrics.values()[declarations.REQUESTS] == {
        ("echo", "2.0", "OK"): 2,
        ("echo", "1.0", "OK"): 1,
        ("broken", "1.0", "INVALID_INPUT"): 1,
        ("broken", "1.0", "INTERNAL"): 1,
        ("unloadable", "1.0", "MODEL_NOT_READY"): 1,
    }


@pytest.mark.gen_test
async def test_a_client_cannot_make_labels_by_naming_models_that_are_not_there(
    service: InferenceService, metrics: Metrics
) -> None:
    answers = await ask(service, *(Request(f"nobody{number}", 1, f"{number}.0") for number in range(20)))
    assert all(isinstance(answer, ServiceError) for answer in answers)
    service.is_draining = True
    await ask(service, Request("nobody", 1))
    assert metrics.values()[declarations.REQUESTS] == {
        ("", "", "MODEL_NOT_FOUND"): 20,
        ("", "", "SHUTTING_DOWN"): 1,
    }


@pytest.mark.gen_test
async def test_each_prediction_is_observed_in_every_histogram_and_failures_in_none(
    service: InferenceService, metrics: Metrics
) -> None:
    answers = await ask(service, Request("slow", {"seconds": 0.03}), Request("slow", {"seconds": 0.03}))
    await ask(service, Request("slow", {"seconds": 0.1}, deadline_s=0.001))
    observed = {metric: metrics.distribution(metric, "slow", "1.0") for metric in HISTOGRAMS}
    assert [sum(one.counts) for one in observed.values()] == [2, 2, 2, 2]
    assert [one.total for one in observed.values()] == pytest.approx(
        [sum(getattr(one, key) for one in answers) for key in ("total_s", "queue_s", "predict_s", "batch_size")]
    )
    assert observed[declarations.REQUEST_SECONDS].total > observed[declarations.PREDICT_SECONDS].total > 0.06


@pytest.mark.gen_test
async def test_partial_predictions_are_counted_with_their_model(service: InferenceService, metrics: Metrics) -> None:
    answered = asyncio.get_running_loop().create_future()
    ticket = service.submit(Request("counter", {"to": 5}), 1, answered.set_result, lambda _: ticket.partial_taken())
    await answered
    assert metrics.values()[declarations.PARTIALS] == {("counter", "1.0"): 5}
