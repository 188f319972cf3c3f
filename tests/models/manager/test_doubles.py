"""Two models of one name and version: one stays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tornado_ml.errors import ModelRefused

IDENTITY = ("echo", (1, 0))


def test_of_two_models_of_one_name_and_version_the_first_stays_and_the_second_plugin_fails(bench: Any) -> None:
    first, second = bench.model(bench.report(path="a:Echo")), bench.model(bench.report(path="b:Echo"))
    bench.load(first.by("a"), second.by("b"))
    assert bench.faults == [("b", "Model echo 1.0 is there already, from plugin a.")]
    assert bench.manager.find("echo").registration.factory is first
    assert bench.closed == [second]


@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_plugin_whose_model_is_taken_serves_no_other_model_either(bench: Any, place: str) -> None:
    double, other = bench.model(bench.report(path="b:Echo")).by("b"), bench.model(bench.report("other")).by("b")
    bench.load(bench.model(bench.report()).by("a"), *((other, double) if place == "before" else (double, other)))
    assert bench.states() == {"echo 1.0": "ready"}
    assert bench.manager.models_of("b") == []


@pytest.mark.parametrize("slow", ["first", "second"])
@pytest.mark.parametrize("declared", ["neither", "first", "second"])
def test_the_first_found_stays_whichever_is_loaded_first(bench: Any, slow: str, declared: str) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        first = bench.model(bench.report(path="a:Echo"), "as said" if declared == "first" else None)
        second = bench.model(bench.report(path="b:Echo"), "as said" if declared == "second" else None)
        slow_one = first if slow == "first" else second
        slow_one.gate = gate.wait
        loading = asyncio.create_task(bench.manager.load([first.by("a"), second.by("b")]))
        for _ in range(10):
            await asyncio.sleep(0)
        gate.set()
        await loading
        assert bench.faults == [("b", "Model echo 1.0 is there already, from plugin a.")]
        assert bench.manager.find("echo").registration.factory is first
        assert bench.states() == {"echo 1.0": "ready"}

    asyncio.run(scenario())


def test_a_third_double_fails_too(bench: Any) -> None:
    bench.load(*(bench.model(bench.report(path=f"{plugin}:Echo")).by(plugin) for plugin in "abc"))
    assert [plugin for plugin, _ in bench.faults] == ["b", "c"]
    assert bench.states() == {"echo 1.0": "ready"}


def test_two_classes_of_one_plugin_with_one_name_and_version_fail_it(bench: Any) -> None:
    bench.load(bench.model(bench.report(path="a:Echo")).by("a"), bench.model(bench.report(path="a:Other")).by("a"))
    assert bench.faults == [("a", "Model echo 1.0 is there already, from plugin a.")]
    assert bench.states() == {}


@pytest.mark.parametrize("first", [IDENTITY, None])
@pytest.mark.parametrize("second", [IDENTITY, None])
def test_the_same_class_by_two_ways_is_one_model_of_both(bench: Any, first: Any, second: Any) -> None:
    bench.load(bench.echo_by("a", first), bench.echo_by("b", second))
    assert bench.faults == []
    assert bench.states() == {"echo 1.0": "ready"}
    assert bench.manager.models_of("a") == bench.manager.models_of("b") == ["echo"]


@pytest.mark.parametrize("failing", ["a", "b"])
def test_a_model_of_two_plugins_stays_when_one_of_them_fails(bench: Any, failing: str) -> None:
    late = bench.model(ModelRefused("no"), declared=None)
    bench.load(bench.echo_by("a", IDENTITY), bench.echo_by("b", IDENTITY), late.by(failing))
    assert bench.states() == {"echo 1.0": "ready"}
    assert bench.manager.models_of(failing) == []
    other = "b" if failing == "a" else "a"
    assert bench.manager.models_of(other) == ["echo"]


def test_a_model_of_two_plugins_goes_when_both_fail(bench: Any) -> None:
    faulty = [bench.model(ModelRefused("no"), declared=None).by(plugin) for plugin in "ab"]
    bench.load(bench.echo_by("a", IDENTITY), bench.echo_by("b", IDENTITY), *faulty)
    assert bench.states() == {}


def test_a_double_that_two_plugins_brought_fails_both(bench: Any) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        first = bench.model(bench.report(), declared=None)
        first.gate = gate.wait
        doubles = [bench.echo_by(plugin, IDENTITY) for plugin in "bc"]
        loading = asyncio.create_task(bench.manager.load([first.by("a"), *doubles]))
        await bench.soon(lambda: bench.states() == {"echo 1.0": "ready"})
        assert bench.manager.models_of("b") == bench.manager.models_of("c") == ["echo"]
        gate.set()
        await loading
        assert sorted(plugin for plugin, _ in bench.faults) == ["b", "c"]
        assert bench.manager.models_of("a") == ["echo"]

    asyncio.run(scenario())
