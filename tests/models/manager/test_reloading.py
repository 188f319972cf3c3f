"""Models that are loaded anew while they serve."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from tornado_ml.errors import ModelLoadError, ModelNotFound
from tornado_ml.models.manager import ModelState

IDENTITY = ("echo", (1, 0))


def test_a_reloaded_model_answers_throughout_and_the_old_instance_finishes_its_work(bench: Any) -> None:
    async def scenario() -> None:
        model = bench.model(bench.report(examples=("old",)))
        await bench.manager.load([model.by("a")])
        old = bench.manager.find("echo")
        gate = asyncio.Event()
        model.gate, model.said = gate.wait, bench.report(examples=("new",))
        reloading = asyncio.create_task(bench.manager.reload("echo"))
        await asyncio.sleep(0)
        assert bench.manager.find("echo").ready_report.examples == ("old",)
        gate.set()
        await reloading
        assert bench.manager.find("echo").ready_report.examples == ("new",)
        assert bench.manager.models_of("a") == ["echo"]
        assert old.state is ModelState.UNLOADING
        assert bench.book == [("finished", model), ("closed", model)]

    asyncio.run(scenario())


def test_the_log_names_the_model_that_is_loaded_anew(bench: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        await bench.manager.load([bench.model(bench.report()).by("a")])
        caplog.clear()
        await bench.manager.reload("echo")

    caplog.set_level(logging.INFO)
    asyncio.run(scenario())
    assert [(line.getMessage(), line.__dict__["model"]) for line in caplog.records] == [
        ("Model echo 1.0 is loaded anew.", "echo")
    ]


def test_a_failed_model_can_be_reloaded(bench: Any) -> None:
    async def scenario() -> None:
        model = bench.model(ModelLoadError("no parameters"), declared=IDENTITY)
        await bench.manager.load([model.by("a")])
        model.said = bench.report()
        await bench.manager.reload("echo")
        assert bench.states() == {"echo 1.0": "ready"}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (ModelLoadError("no parameters"), "no parameters"),
        ({"version": (2, 0)}, "It calls itself echo 2.0 now, which is there already."),
        ({"input_schema": {"type": "nonsense"}}, ""),
    ],
)
def test_a_model_goes_on_as_it_was_when_it_cannot_be_reloaded(bench: Any, said: Any, reason: str) -> None:
    async def scenario() -> None:
        model, next_one = bench.model(bench.report()), bench.model(bench.report(version=(2, 0)))
        await bench.manager.load([model.by("a"), next_one.by("a")])
        model.said = bench.report(**said) if isinstance(said, dict) else said
        with pytest.raises(ModelLoadError) as failure:
            await bench.manager.reload("echo")
        assert str(failure.value).startswith(f"echo 1.0 goes on as it was: {reason}")
        assert bench.states() == {"echo 2.0": "ready", "echo 1.0": "ready"}
        assert bench.manager.find("echo", "1").ready_report.identity == IDENTITY

    asyncio.run(scenario())


def test_a_model_may_call_itself_something_new_when_it_is_reloaded(bench: Any) -> None:
    async def scenario() -> None:
        model = bench.model(bench.report())
        await bench.manager.load([model.by("a")])
        model.said = bench.report(version=(1, 5))
        await bench.manager.reload("echo")
        assert bench.states() == {"echo 1.5": "ready"}

    asyncio.run(scenario())


def test_what_is_not_there_cannot_be_reloaded(bench: Any) -> None:
    with pytest.raises(ModelNotFound):
        asyncio.run(bench.manager.reload("nobody"))


def test_a_model_that_was_unloaded_while_it_was_reloaded_stays_away(bench: Any) -> None:
    async def scenario() -> None:
        model = bench.model(bench.report())
        await bench.manager.load([model.by("a")])
        gate = asyncio.Event()
        model.gate = gate.wait
        reloading = asyncio.create_task(bench.manager.reload("echo"))
        await asyncio.sleep(0)
        await bench.manager.close()
        gate.set()
        with pytest.raises(ModelLoadError, match="It has been unloaded in the meantime"):
            await reloading
        assert bench.states() == {}
        assert bench.closed == [model, model]

    asyncio.run(scenario())


def test_what_a_plugin_registers_now_takes_the_place_of_what_it_registered_before(bench: Any) -> None:
    async def scenario() -> None:
        kept, gone, added = (bench.model(bench.report(name)) for name in ("kept", "gone", "added"))
        other = bench.model(bench.report("other"))
        await bench.manager.load([kept.by("a"), gone.by("a"), other.by("b")])
        await bench.manager.renew("a", [kept.by("a"), added.by("a")])
        assert bench.states() == {"added 1.0": "ready", "kept 1.0": "ready", "other 1.0": "ready"}
        assert bench.manager.models_of("a") == ["added", "kept"]
        assert sorted(bench.closed, key=id) == sorted([kept, gone], key=id)

    asyncio.run(scenario())


def test_all_goes_on_as_it_was_when_one_of_a_plugins_new_models_fails(bench: Any) -> None:
    async def scenario() -> None:
        old, good, bad = (bench.model(bench.report(name)) for name in ("old", "good", "bad"))
        bad.said = ModelLoadError("no parameters")
        await bench.manager.load([old.by("a")])
        with pytest.raises(ModelLoadError, match=r"^old 1\.0 goes on as it was: no parameters$"):
            await bench.manager.renew("a", [good.by("a"), bad.by("a")])
        assert bench.states() == {"old 1.0": "ready"}
        assert {good, bad} == set(bench.closed)

    asyncio.run(scenario())


def test_a_plugins_new_models_may_not_be_another_ones_nor_each_others_doubles(bench: Any) -> None:
    async def scenario() -> None:
        old, other = bench.model(bench.report("old")), bench.model(bench.report("other"))
        await bench.manager.load([old.by("a"), other.by("b")])
        for new in ([bench.report("other")], [bench.report("new"), bench.report("new")]):
            with pytest.raises(ModelLoadError, match="which is there already"):
                await bench.manager.renew("a", [bench.model(report).by("a") for report in new])
        assert bench.states() == {"old 1.0": "ready", "other 1.0": "ready"}

    asyncio.run(scenario())
