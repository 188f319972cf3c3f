"""A source at work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tornado_ml import PushSource


def test_the_next_input_is_taken_when_the_last_one_is_predicted(bench: Any) -> None:
    feeds = bench.bring(bench.numbers())

    async def run() -> None:
        gate = asyncio.Event()
        bench.predictor.gate = gate.wait
        reader = bench.reader()
        subscription = feeds.subscribe("echo", "numbers", reader)
        await bench.until(lambda: bench.predictor.asked)
        await asyncio.sleep(0.02)
        assert bench.predictor.asked == [0]
        gate.set()
        await reader.has(3)
        subscription.close()
        await bench.is_idle()

    asyncio.run(run())


def test_a_newcomer_gets_the_latest_value_at_once_and_once(bench: Any) -> None:
    feeds = bench.bring(bench.numbers())

    async def run() -> None:
        early, late = bench.reader(), bench.reader()
        feeds.subscribe("echo", "numbers", early)
        await early.has(3)
        gate = asyncio.Event()
        bench.predictor.gate = gate.wait
        await bench.until(lambda: len(bench.predictor.asked) > len(early.values))
        feeds.subscribe("echo", "numbers", late)
        await late.has(1)
        assert late.values == [early.values[-1]]
        gate.set()
        await late.has(3)
        assert late.predictions == sorted(set(late.predictions))
        await feeds.close()

    asyncio.run(run())


def test_who_comes_when_a_source_starts_anew_gets_nothing_of_before(bench: Any) -> None:
    feeds = bench.bring(bench.numbers())

    async def run() -> None:
        reader, later = bench.reader(), bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await reader.has(5)
        feeds.set_sources("plugin", [bench.numbers()])
        feeds.subscribe("echo", "numbers", later)
        await later.has(1)
        assert later.predictions[0] == 0
        await feeds.close()

    asyncio.run(run())


def test_a_source_faster_than_its_model_loses_its_oldest_inputs_and_the_log_counts_them(
    bench: Any, logged: Callable[[], str]
) -> None:
    source = PushSource("numbers", "Pushed.", "echo", max_waiting=2)
    feeds = bench.bring(source)

    async def run() -> None:
        gate = asyncio.Event()
        bench.predictor.gate = gate.wait
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await asyncio.sleep(0)
        source.publish(0)
        await bench.until(lambda: bench.predictor.asked == [0])
        for number in range(1, 10):
            source.publish(number)
        gate.set()
        await reader.has(3)
        assert reader.predictions == [0, 8, 9]
        told = {(metric.name.removeprefix("tornado_ml_"), *labels): value for metric, labels, value in feeds.samples()}
        assert told == {
            ("subscriptions", "echo", "numbers"): 1,
            ("feed_values_total", "echo", "numbers"): 3,
            ("feed_delivered_total", "echo", "numbers"): 3,
            ("feed_dropped_total", "echo", "numbers", "input"): 7,
            ("feed_dropped_total", "echo", "numbers", "rate"): 0,
            ("feed_dropped_total", "echo", "numbers", "replaced"): 0,
        }
        await feeds.close()

    asyncio.run(run())
    assert "Source echo/numbers is faster than its model: 7 inputs have been dropped so far." in logged()


def test_a_subscriber_that_fails_or_leaves_in_the_middle_of_a_round_hurts_no_other(bench: Any) -> None:
    feeds = bench.bring(bench.numbers())

    async def run() -> None:
        subscriptions: dict[str, Any] = {}

        class Failing(bench.reader):  # type: ignore[misc]
            def deliver(self, value: Any) -> None:
                raise ValueError("no")

        class Leaving(bench.reader):  # type: ignore[misc]
            def deliver(self, value: Any) -> None:
                super().deliver(value)
                subscriptions["leaving"].close()
                subscriptions["pushed out"].close()

        failing, leaving, pushed_out, good = Failing(), Leaving(), bench.reader(), bench.reader()
        feeds.subscribe("echo", "numbers", failing)
        subscriptions["leaving"] = feeds.subscribe("echo", "numbers", leaving)
        subscriptions["pushed out"] = feeds.subscribe("echo", "numbers", pushed_out)
        feeds.subscribe("echo", "numbers", good)
        await good.has(3)
        assert (len(leaving.values), len(pushed_out.values)) == (1, 0)
        assert [error.code for error in failing.errors] == ["INTERNAL"]
        assert feeds.subscriber_count == 1
        await feeds.close()

    asyncio.run(run())


def test_a_thinned_subscriber_and_one_that_takes_all_share_a_feed(bench: Any) -> None:
    feeds = bench.bring(bench.numbers())

    async def run() -> None:
        thinned, all_of_it = bench.reader(), bench.reader()
        loop = asyncio.get_running_loop()
        started = loop.time()
        feeds.subscribe("echo", "numbers", thinned, max_rate_hz=20)
        feeds.subscribe("echo", "numbers", all_of_it)
        await thinned.has(3)
        await all_of_it.has(31)
        assert len(thinned.values) < 1.1 + 20 * (loop.time() - started)
        assert set(thinned.predictions) < set(all_of_it.predictions)
        await feeds.close()

    asyncio.run(run())
