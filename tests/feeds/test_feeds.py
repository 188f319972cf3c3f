"""Sources, and who listens to them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from tornado_ml.errors import NotFound, ShuttingDown
from tornado_ml.feeds import feeds as feeds_module


def test_the_sources_of_a_model_are_listed_by_name(bench: Any) -> None:
    feeds = bench.bring(bench.numbers("b"), bench.numbers("a"))
    assert [source.name for source in feeds.sources_of("echo")] == ["a", "b"]
    assert feeds.sources_of("other") == []


def test_a_source_that_is_not_there_is_refused(bench: Any) -> None:
    feeds = bench.bring(bench.numbers())
    for model, source in [("echo", "letters"), ("other", "numbers")]:
        with pytest.raises(NotFound, match="The model has no such source"):
            feeds.subscribe(model, source, bench.reader())


def test_a_source_runs_while_somebody_listens_and_is_closed_when_the_last_one_leaves(bench: Any) -> None:
    source = bench.numbers()
    feeds = bench.bring(source)

    async def run() -> None:
        assert feeds.running_count == 0
        first, second = bench.reader(), bench.reader()
        subscriptions = [feeds.subscribe("echo", "numbers", one) for one in (first, second)]
        assert {subscription.name for subscription in subscriptions} == {"echo/numbers"}
        await first.has(3)
        subscriptions[0].close()
        left_with = len(first.values)
        await second.has(left_with + 3)
        assert feeds.running_count == 1
        assert feeds.subscriber_count == 1
        subscriptions[1].close()
        subscriptions[1].close()
        await bench.is_idle()
        assert len(first.values) == left_with
        assert first.errors == second.errors == []

    asyncio.run(run())
    assert source.book == ["begun", "closed"]
    assert bench.predictor.closed_count == 1


def test_each_input_is_predicted_once_and_all_subscribers_get_the_same_object(bench: Any) -> None:
    feeds = bench.bring(bench.numbers(stop=5))

    async def run() -> None:
        readers = [bench.reader() for _ in range(10)]
        for reader in readers:
            feeds.subscribe("echo", "numbers", reader)
        for reader in readers:
            assert await reader.has_ended() == "NOT_FOUND: The source numbers has come to its end."
            assert all(mine is theirs for mine, theirs in zip(reader.values, readers[0].values, strict=True))
        await bench.is_idle()

    asyncio.run(run())
    assert bench.predictor.asked == [0, 1, 2, 3, 4]


def test_who_comes_back_while_the_source_is_being_closed_waits_for_that(bench: Any) -> None:
    source = bench.numbers()
    feeds = bench.bring(source)

    async def run() -> None:
        reader, next_reader = bench.reader(), bench.reader()
        subscription = feeds.subscribe("echo", "numbers", reader)
        await reader.has(1)
        subscription.close()
        again = feeds.subscribe("echo", "numbers", next_reader)
        await next_reader.has(1)
        assert next_reader.predictions[0] == 0
        again.close()
        await bench.is_idle()

    asyncio.run(run())
    assert source.book == ["begun", "closed", "begun", "closed"]


def test_a_source_that_always_runs_does_so_from_the_start_to_the_close(bench: Any) -> None:
    source = bench.numbers(always=True)
    feeds = bench.bring(source, bench.numbers("other"))

    async def run() -> None:
        feeds.start()
        await bench.until(lambda: len(bench.predictor.asked) >= 3)
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader).close()
        feeds.set_sources("late", [late := bench.numbers("late", always=True)])
        await bench.until(lambda: late.book == ["begun"])
        assert feeds.running_count == 2
        await feeds.close()
        await bench.is_idle()

    asyncio.run(run())
    assert source.book == ["begun", "closed"]


def test_closing_ends_all_subscriptions_and_admits_no_more(bench: Any) -> None:
    feeds = bench.bring(bench.numbers())

    async def run() -> None:
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await reader.has(1)
        await feeds.close()
        assert [error.code for error in reader.errors] == ["SHUTTING_DOWN"]
        with pytest.raises(ShuttingDown):
            feeds.subscribe("echo", "numbers", reader)
        await bench.is_idle()
        await feeds.close()

    asyncio.run(run())


def test_closing_does_not_wait_for_ever(bench: Any, monkeypatch: pytest.MonkeyPatch, logged: Any) -> None:
    monkeypatch.setattr(feeds_module, "CLOSE_S", 0.05)
    gate, waits = asyncio.Event(), asyncio.Event()

    class Stubborn(bench.numbers):  # type: ignore[misc]
        async def inputs(self) -> Any:
            yield 1
            waits.set()
            while not gate.is_set():
                with suppress(asyncio.CancelledError):
                    await gate.wait()

    feeds = bench.bring(Stubborn())

    async def run() -> None:
        reader = bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        await waits.wait()
        await feeds.close()
        gate.set()
        await bench.is_idle()

    asyncio.run(run())
    assert "The feed echo/numbers does not come to its end." in logged()


def test_a_source_that_a_plugin_brings_anew_goes_on_for_its_subscribers(bench: Any) -> None:
    old, new = bench.numbers(), bench.numbers()
    feeds = bench.bring(old)

    async def run() -> None:
        reader = bench.reader()
        subscription = feeds.subscribe("echo", "numbers", reader)
        await reader.has(2)
        bench.bring(old)
        assert old.book == ["begun"]
        bench.bring(new)
        await bench.until(lambda: old.book == ["begun", "closed"])
        count = len(reader.values)
        await reader.has(count + 2)
        assert new.book == ["begun"]
        assert feeds.sources_of("echo") == [new]
        assert reader.errors == []
        subscription.close()
        await bench.is_idle()

    asyncio.run(run())


def test_the_subscribers_of_a_source_that_is_gone_are_told(bench: Any) -> None:
    source = bench.numbers()
    feeds = bench.bring(source, bench.numbers("other"))
    feeds.set_sources("another plugin", [bench.numbers("third")])

    async def run() -> None:
        reader, other = bench.reader(), bench.reader()
        feeds.subscribe("echo", "numbers", reader)
        feeds.subscribe("echo", "third", other)
        await reader.has(1)
        feeds.remove_sources("plugin")
        assert await reader.has_ended() == "NOT_FOUND: The source numbers is gone."
        assert [source.name for source in feeds.sources_of("echo")] == ["third"]
        assert other.errors == []
        assert feeds.running_count == 2
        await feeds.close()
        await bench.is_idle()

    asyncio.run(run())
    assert source.book == ["begun", "closed"]
