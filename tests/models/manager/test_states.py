"""What becomes of models that plugins bring: loading, ready, failed, gone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tornado_ml.errors import ModelLoadError, ModelNotReady, ModelRefused
from tornado_ml.models.manager import Deployment, ModelState, Recipe, Registration

RECIPE = Recipe("directory", "nobody", "nowhere.py", 0)


def test_a_model_is_loading_then_ready(bench: Any) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        model = bench.model(bench.report())
        model.gate = gate.wait
        loading = asyncio.create_task(bench.manager.load([model.by("a")]))
        await bench.soon(lambda: bench.states() == {"echo 1.0": "loading"})
        assert not bench.manager.first_round_is_over
        gate.set()
        await loading
        assert bench.states() == {"echo 1.0": "ready"}
        assert bench.manager.first_round_is_over

    asyncio.run(scenario())


def test_a_model_whose_name_only_its_object_says_is_listed_when_it_is_ready(bench: Any) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        model = bench.model(bench.report(), declared=None)
        model.gate = gate.wait
        loading = asyncio.create_task(bench.manager.load([model.by("a")]))
        await asyncio.sleep(0)
        assert bench.states() == {}
        gate.set()
        await loading
        assert bench.states() == {"echo 1.0": "ready"}

    asyncio.run(scenario())


def test_a_model_that_hangs_holds_up_no_other(bench: Any) -> None:
    async def scenario() -> None:
        hanging, other = bench.model(bench.report("hanging")), bench.model(bench.report("other"))
        hanging.gate = asyncio.Event().wait
        loading = asyncio.create_task(bench.manager.load([hanging.by("a"), other.by("b")]))
        await bench.soon(lambda: bench.states() == {"hanging 1.0": "loading", "other 1.0": "ready"})
        assert bench.manager.find("other").ready_report.qualified_name == "other"
        with pytest.raises(ModelNotReady, match="it is loading"):
            _ = bench.manager.find("hanging").input_validator
        loading.cancel()

    asyncio.run(scenario())


def test_a_model_that_does_not_load_is_failed_with_its_reason_and_the_others_serve(
    bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failing = bench.model(ModelLoadError("OSError: no parameters"), declared=("broken", (1, 0)))
    bench.load(failing.by("a"), bench.model(bench.report("other")).by("a"))
    assert bench.states() == {"broken 1.0": "failed", "other 1.0": "ready"}
    deployment = bench.manager.find("broken")
    assert deployment.reason == "OSError: no parameters"
    assert bench.faults == []
    assert bench.closed == [failing]
    (failed,) = [line for line in caplog.records if line.levelname == "ERROR"]
    assert failed.getMessage() == "Model broken 1.0 failed to load: OSError: no parameters"
    assert failed.__dict__["model"] == "broken"
    with pytest.raises(ModelNotReady, match="it has failed"):
        _ = deployment.input_validator
    with pytest.raises(ModelNotReady):
        _ = deployment.ready_report


def test_a_nameless_model_that_does_not_load_fails_its_plugin_and_all_its_models(bench: Any) -> None:
    nameless = bench.model(ModelRefused("5 is no model."), declared=None)
    bench.load(bench.model(bench.report("good")).by("a"), nameless.by("a"), bench.model(bench.report("other")).by("b"))
    assert bench.faults == [("a", "5 is no model.")]
    assert bench.states() == {"other 1.0": "ready"}
    assert bench.manager.models_of("a") == []


def test_a_late_fault_withdraws_models_that_serve_and_such_as_still_load(bench: Any) -> None:
    async def scenario() -> None:
        gate, never = asyncio.Event(), asyncio.Event()
        faulty, serving, slow = (
            bench.model(ModelRefused("no"), None),
            bench.model(bench.report("serving")),
            bench.model(bench.report("slow")),
        )
        faulty.gate, slow.gate = gate.wait, never.wait
        loading = asyncio.create_task(bench.manager.load(model.by("a") for model in (faulty, serving, slow)))
        await bench.soon(lambda: bench.states() == {"serving 1.0": "ready", "slow 1.0": "loading"})
        gate.set()
        await bench.soon(lambda: bench.states() == {})
        await bench.soon(lambda: set(bench.closed) == {faulty, serving, slow})
        never.set()
        await loading
        assert bench.states() == {}
        assert len(bench.closed) == 3

    asyncio.run(scenario())


def test_a_model_that_fails_after_its_plugin_is_not_reported_again(bench: Any) -> None:
    bench.load(bench.model(ModelRefused("first"), None).by("a"), bench.model(ModelRefused("second"), None).by("a"))
    assert bench.faults == [("a", "first")]


def test_an_object_that_calls_itself_something_else_than_its_class_fails(bench: Any) -> None:
    bench.load(bench.model(bench.report("other", (2, 3)), declared=("echo", (1, 0))).by("a"))
    assert bench.manager.find("echo").reason == "The class calls itself echo 1.0, its object other 2.3."


def test_a_schema_that_cannot_be_compiled_fails_the_model(bench: Any) -> None:
    bench.load(bench.model(bench.report(input_schema={"type": "nonsense"})).by("a"))
    assert bench.states() == {"echo 1.0": "failed"}


def test_a_deployment_says_what_its_class_says_until_its_object_does(bench: Any) -> None:
    class Talker:
        display_name = "Talker"
        description = property(lambda self: "known to the object only")

    deployment = Deployment(Registration("a", Talker, RECIPE, ("talker", (1, 0))), runner=None)  # type: ignore[arg-type]
    assert (deployment.display_name, deployment.description, deployment.model_version) == ("Talker", "", "1.0")
    deployment.became_ready(bench.report("talker"))
    assert (deployment.display_name, deployment.description) == ("Echo", "A model.")


def test_a_deployment_without_a_display_name_shows_its_name() -> None:
    deployment = Deployment(Registration("a", object, RECIPE, ("thing", (1, 0))), runner=None)  # type: ignore[arg-type]
    assert deployment.display_name == "thing"


def test_closing_unloads_all(bench: Any) -> None:
    one, two = bench.model(bench.report("one")), bench.model(bench.report("two"))

    async def scenario() -> None:
        await bench.manager.load([one.by("a"), two.by("a")])
        kept = bench.manager.find("one")
        await bench.manager.close()
        assert kept.state is ModelState.UNLOADING

    asyncio.run(scenario())
    assert set(bench.closed) == {one, two}
    assert bench.states() == {}


def test_a_model_that_can_be_run_no_more_is_failed_with_the_reason(bench: Any) -> None:
    bench.load(bench.model(bench.report()).by("a"))
    deployment = bench.manager.find("echo")
    deployment.runner.on_failed("It died five times in a minute.")
    assert (deployment.state, deployment.reason) == (ModelState.FAILED, "It died five times in a minute.")
    with pytest.raises(ModelNotReady):
        _ = deployment.ready_report
