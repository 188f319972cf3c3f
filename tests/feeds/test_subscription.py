"""What one subscriber is given, and how often."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from tornado_ml.errors import NotFound, ServiceError
from tornado_ml.feeds.subscription import Subscription, Tally, Value

INTERVAL_S = 0.05


@pytest.fixture
def reader(bench: Any) -> Any:
    return bench.reader()


def subscription_of(reader: Any, interval_s: float = 0, closed: list[Any] | None = None) -> Subscription:
    return Subscription("echo/numbers", reader, interval_s, [].append if closed is None else closed.append, Tally())


def test_every_value_is_delivered_at_once_without_a_rate(reader: Any) -> None:
    async def run() -> None:
        subscription = subscription_of(reader)
        for number in range(100):
            subscription.offer(Value(number))
        assert reader.predictions == list(range(100))

    asyncio.run(run())


def test_with_a_rate_the_first_is_delivered_at_once_and_then_the_newest_at_each_interval(bench: Any) -> None:
    times: list[float] = []

    class Timed(bench.reader):  # type: ignore[misc]
        def deliver(self, value: Value) -> None:
            times.append(asyncio.get_running_loop().time())
            super().deliver(value)

    async def run() -> None:
        reader = Timed()
        subscription = subscription_of(reader, INTERVAL_S)
        number = 0
        while len(reader.values) < 5:
            subscription.offer(Value(number))
            number += 1
            await asyncio.sleep(0.001)
        assert reader.predictions[0] == 0
        assert min(b - a for a, b in itertools.pairwise(times)) > 0.9 * INTERVAL_S
        subscription.offer(Value("newest"))
        await reader.has(6)
        await asyncio.sleep(1.5 * INTERVAL_S)
        assert (len(reader.values), reader.predictions[-1]) == (6, "newest")
        subscription.offer(Value("after a pause"))
        assert reader.predictions[-1] == "after a pause"
        assert subscription.tally.delivered == len(reader.values)
        assert subscription.tally.delivered + subscription.tally.thinned == number + 2
        subscription.close()

    asyncio.run(run())


def test_the_latest_value_comes_first_and_once(reader: Any) -> None:
    async def run() -> None:
        subscription = subscription_of(reader)
        subscription.begin_with(Value("latest"))
        assert reader.values == []
        await asyncio.sleep(0)
        assert reader.predictions == ["latest"]

    asyncio.run(run())


def test_the_latest_value_is_left_out_if_a_newer_one_is_quicker(reader: Any) -> None:
    async def run() -> None:
        subscription = subscription_of(reader)
        subscription.begin_with(Value("latest"))
        subscription.offer(Value("newer"))
        await asyncio.sleep(0)
        assert reader.predictions == ["newer"]

    asyncio.run(run())


def test_who_has_closed_is_told_nothing_more(reader: Any) -> None:
    closed: list[Any] = []

    async def run() -> None:
        subscription = subscription_of(reader, INTERVAL_S, closed)
        subscription.begin_with(Value("latest"))
        subscription.close()
        subscription.close()
        subscription.offer(Value(1))
        subscription.end(NotFound())
        await asyncio.sleep(0)
        assert closed == [subscription]

    asyncio.run(run())
    assert reader.values == reader.errors == []


def test_a_value_that_waits_for_its_interval_goes_with_the_subscription(reader: Any) -> None:
    async def run() -> None:
        subscription = subscription_of(reader, INTERVAL_S)
        subscription.offer(Value(1))
        subscription.offer(Value(2))
        subscription.end(NotFound("It is over."))
        await asyncio.sleep(2 * INTERVAL_S)

    asyncio.run(run())
    assert reader.predictions == [1]
    assert [str(error) for error in reader.errors] == ["It is over."]


@pytest.mark.parametrize("fails_at_its_end", [False, True])
def test_a_subscriber_that_fails_is_given_up(bench: Any, logged: Any, fails_at_its_end: bool) -> None:
    closed: list[Any] = []

    class Failing(bench.reader):  # type: ignore[misc]
        def deliver(self, value: Value) -> None:
            super().deliver(value)
            raise ValueError("no")

        def ended(self, error: ServiceError) -> None:
            super().ended(error)
            if fails_at_its_end:
                raise ValueError("nor this")

    reader = Failing()

    async def run() -> None:
        subscription = subscription_of(reader, closed=closed)
        subscription.offer(Value(1))
        subscription.offer(Value(2))
        assert closed == [subscription]

    asyncio.run(run())
    assert reader.predictions == [1]
    assert [error.code for error in reader.errors] == ["INTERNAL"]
    assert "A subscriber of echo/numbers has failed, and is given up." in logged()
