"""Sources that fail, inputs that do not fit, and models that are not there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml import PushSource, Source
from tornado_ml.errors import (
    Fault,
    Internal,
    InvalidInput,
    ModelNotFound,
    ModelNotReady,
    Overloaded,
    ServiceError,
    ShuttingDown,
)
from tornado_ml.feeds import feed as feed_module
from tornado_ml.feeds.backoff import Backoff

FAILURES = {
    "exception": ValueError("no signal"),
    "exit": SystemExit(3),
    "cancelled": asyncio.CancelledError(),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_source_that_fails_is_started_anew_for_the_same_subscribers(
    bench: Any, logged: Callable[[], str], kind: str
) -> None:
    source = bench.numbers()
    source.failures = [FAILURES[kind]]
    feeds = bench.bring(source)

    async def run() -> None:
        reader = bench.reader()
        subscription = feeds.subscribe("echo", "numbers", reader)
        await reader.has(4)
        assert reader.predictions[:4] == [0, 0, 1, 2]
        subscription.close()
        await bench.is_idle()

    asyncio.run(run())
    assert source.book == ["begun", "closed", "begun", "closed"]
    name = type(FAILURES[kind]).__name__
    assert f"Source echo/numbers has failed, and is started anew: {name}" in logged()
    assert bench.predictor.closed_count == 1


def test_a_source_that_fails_again_and_again_is_logged_at_a_bounded_rate(bench: Any, logged: Callable[[], str]) -> None:
    source = bench.numbers()
    source.failures = [ValueError("no signal") for _ in range(50)]
    feeds = bench.bring(source)

    async def run() -> None:
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await bench.until(lambda: not source.failures)
        await feeds.close()

    asyncio.run(run())
    assert logged().count("has failed") == 1


def test_one_that_ran_well_before_it_failed_is_tried_again_soon(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    resets = []
    monkeypatch.setattr(feed_module, "RAN_WELL_S", 0)
    monkeypatch.setattr(Backoff, "reset", lambda self: resets.append(self))
    source = bench.numbers()
    source.failures = [ValueError("no signal")]
    feeds = bench.bring(source)

    async def run() -> None:
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await reader.has(3)
        await feeds.close()

    asyncio.run(run())
    assert len(resets) == 1


class NoGenerator(Source):
    name = "numbers"
    description = "An iterator that cannot be closed."
    model_qualified_name = "echo"

    def inputs(self) -> Any:
        return self

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        return 7


def test_an_iterator_that_is_no_generator_will_do(bench: Any) -> None:
    feeds = bench.bring(NoGenerator())

    async def run() -> None:
        reader = bench.reader()
        subscription = feeds.subscribe("echo", "numbers", reader)
        await reader.has(2)
        subscription.close()
        await bench.is_idle()

    asyncio.run(run())


def test_what_is_no_iterator_fails_like_any_source(
    bench: Any, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NoGenerator, "__aiter__", None)
    feeds = bench.bring(NoGenerator())

    async def run() -> None:
        feeds.subscribe("echo", "numbers", bench.reader())
        await bench.until(lambda: "TypeError" in logged())
        await feeds.close()

    asyncio.run(run())


def test_a_source_that_keeps_its_cancellation_to_itself_ends_all_the_same(bench: Any) -> None:
    book = []
    waits = asyncio.Event()

    class Deaf(bench.numbers):  # type: ignore[misc]
        async def inputs(self) -> Any:
            yield 0
            waits.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                book.append("not I")
            yield 1

    feeds = bench.bring(Deaf())

    async def run() -> None:
        reader = bench.reader()
        subscription = feeds.subscribe("echo", "numbers", reader)
        await waits.wait()
        subscription.close()
        await bench.is_idle()
        assert reader.predictions == [0]

    asyncio.run(run())
    assert book == ["not I"]


def test_a_source_that_fails_while_it_is_closed_is_logged(bench: Any, logged: Callable[[], str]) -> None:
    waits = asyncio.Event()

    class Clumsy(bench.numbers):  # type: ignore[misc]
        async def inputs(self) -> Any:
            try:
                yield 0
                waits.set()
                await asyncio.Event().wait()
            finally:
                sys.exit("the cable is stuck")

    feeds = bench.bring(Clumsy())

    async def run() -> None:
        reader = bench.reader()
        subscription = feeds.subscribe("echo", "numbers", reader)
        await waits.wait()
        subscription.close()
        await bench.is_idle()

    asyncio.run(run())
    assert "Source echo/numbers has failed while it was closed." in logged()


def test_an_input_without_a_prediction_is_passed_over_and_logged_without_itself(
    bench: Any, logged: Callable[[], str]
) -> None:
    source = PushSource("numbers", "Pushed.", "echo")
    feeds = bench.bring(source)
    unforeseen = Internal()
    unforeseen.request_id = "q7"
    bench.predictor.answers = [
        InvalidInput(details=[Fault("/a", "must be a number, not 'secret'")]),
        InvalidInput("'secret' is no good"),
        unforeseen,
    ]

    async def run() -> None:
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await asyncio.sleep(0)
        for data in ("secret", "secret", "secret", "good"):
            source.publish(data)
        await reader.has(1)
        assert reader.predictions == ["good"]
        await feeds.close()

    asyncio.run(run())
    assert bench.predictor.asked == ["secret", "secret", "secret", "good"]
    assert "An input of source echo/numbers is passed over: INVALID_INPUT at /a" in logged()
    assert "secret" not in logged()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InvalidInput("no good"), "INVALID_INPUT at the whole"),
        (InvalidInput(details=[Fault("", "no"), Fault("/b", "no")]), "INVALID_INPUT at the whole, /b"),
        (Internal(), "INTERNAL"),
    ],
)
def test_the_log_says_what_was_wrong_with_an_input(
    bench: Any, logged: Callable[[], str], error: ServiceError, told: str
) -> None:
    feeds = bench.bring(bench.numbers())
    bench.predictor.answers = [error]

    async def run() -> None:
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await reader.has(1)
        await feeds.close()

    asyncio.run(run())
    assert f"is passed over: {told}\n" in logged()


def test_the_request_id_of_a_failure_is_in_the_log(bench: Any, logged: Callable[[], str]) -> None:
    feeds = bench.bring(bench.numbers())
    error = Internal()
    error.request_id = "q7"
    bench.predictor.answers = [error]

    async def run() -> None:
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await reader.has(1)
        await feeds.close()

    asyncio.run(run())
    assert "is passed over: INTERNAL, request q7\n" in logged()


def test_a_source_that_never_waits_lets_others_run_whatever_comes_of_its_inputs(bench: Any) -> None:
    class Refusing:
        async def predict(self, data: Any) -> Any:
            raise InvalidInput

        def close(self) -> None:
            pass

    bench.predictor = Refusing()
    feeds = bench.bring(bench.numbers())

    async def run() -> None:
        subscription = feeds.subscribe("echo", "numbers", bench.reader())
        await asyncio.sleep(0.02)
        subscription.close()
        await bench.is_idle()

    asyncio.run(run())


def test_an_input_waits_for_a_model_that_will_be_ready(bench: Any) -> None:
    feeds = bench.bring(bench.numbers())
    bench.predictor.answers = [ModelNotReady(), ModelNotReady(), Overloaded(retry_after_s=0.01)]

    async def run() -> None:
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await reader.has(2)
        assert reader.predictions[:2] == [0, 1]
        await feeds.close()

    asyncio.run(run())
    assert bench.predictor.asked[:5] == [0, 0, 0, 0, 1]


def failed_model() -> ModelNotReady:
    error = ModelNotReady("The model is not ready: it has failed.")
    error.retryable = False
    return error


@pytest.mark.parametrize("error", [ModelNotFound(), ShuttingDown(), failed_model()], ids=lambda error: error.code)
def test_a_model_that_predicts_no_more_ends_all_subscriptions(bench: Any, error: ServiceError) -> None:
    source = bench.numbers()
    feeds = bench.bring(source)
    bench.predictor.answers = [error, error]

    async def run() -> None:
        reader, later = bench.reader(), bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        assert await reader.has_ended() == f"{error.code}: {error}"
        await bench.is_idle()
        feeds.subscribe("echo", "numbers", later)
        await later.has_ended()
        await bench.is_idle()
        feeds.subscribe("echo", "numbers", later)
        await later.has(1)
        await feeds.close()

    asyncio.run(run())
    assert source.book == ["begun", "closed"] * 3


def test_a_source_that_always_runs_waits_for_a_model_that_is_mended(bench: Any) -> None:
    source = bench.numbers(always=True)
    feeds = bench.bring(source)
    bench.predictor.answers = [failed_model(), ModelNotFound()]

    async def run() -> None:
        reader = bench.reader()
        feeds.start()
        feeds.subscribe("echo", "numbers", reader)
        assert await reader.has_ended() == "MODEL_NOT_READY: The model is not ready: it has failed."
        await bench.until(lambda: 1 in bench.predictor.asked)
        assert feeds.running_count == 1
        await feeds.close()

    asyncio.run(run())
    assert source.book == ["begun", "closed"]


def test_one_that_always_runs_and_comes_to_its_end_runs_again_for_a_subscriber(bench: Any) -> None:
    source = bench.numbers(stop=2, always=True)
    feeds = bench.bring(source)

    async def run() -> None:
        feeds.start()
        await bench.until(lambda: source.book == ["begun", "closed"])
        await bench.is_idle()
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await reader.has_ended()
        assert reader.predictions == [0, 1]
        await bench.is_idle()

    asyncio.run(run())
    assert source.book == ["begun", "closed"] * 2
