"""Which models there are: states, versions, doubles, and plugins that turn out to be at fault."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tornado_ml import MLModel
from tornado_ml.errors import ModelLoadError, ModelNotFound, ModelNotReady, ModelRefused
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import (
    Deployment,
    ModelManager,
    ModelState,
    Recipe,
    Registration,
    Version,
    newest,
    shown,
)


class Echo(MLModel):
    qualified_name = "echo"
    display_name = "Echo"
    description = "A model."
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}

    def predict(self, data: Any) -> Any:
        return data


def report(name: str = "echo", version: Version = (1, 0), path: str = "echo.py:Echo", **said: Any) -> ModelReport:
    """What a constructed echo says of itself, but for what is given."""
    major, minor = version
    names = {"qualified_name": name, "major_version": major, "minor_version": minor, "class_path": path}
    return dataclasses.replace(LoadedModel(Echo).report, **names, **said)


class Runner:
    """Does as the model tells it, and keeps book."""

    def __init__(self, registration: Registration, book: list[tuple[str, Any]]) -> None:
        self._factory: Any = registration.factory
        self._book = book
        self.on_failed: Callable[[str], None] = lambda _: None

    async def load(self, on_failed: Callable[[str], None]) -> ModelReport:
        self.on_failed = on_failed
        if self._factory is Echo:
            return LoadedModel(Echo).report
        loaded: ModelReport = await self._factory.load()
        return loaded

    async def finish(self, timeout_s: float) -> None:
        self._book.append(("finished", self._factory))

    async def close(self) -> None:
        self._book.append(("closed", self._factory))


class Bench:
    """A manager, and what it did with models and plugins."""

    def __init__(self) -> None:
        self.book: list[tuple[str, Any]] = []
        self.faults: list[tuple[str, str]] = []
        self.manager = ModelManager(lambda registration: Runner(registration, self.book), self._note_fault)

    def _note_fault(self, plugin: str, reason: str) -> None:
        self.faults.append((plugin, reason))

    @property
    def closed(self) -> list[Any]:
        return [factory for deed, factory in self.book if deed == "closed"]

    def states(self) -> dict[str, str]:
        return {shown(one.known_identity): one.state.value for one in self.manager.deployments()}


RECIPE = Recipe("directory", "nobody", "nowhere.py", 0)


class Model:
    """What a plugin registers, and what comes of it: a report, or an error, once the gate opens.

    Args:
        said: what the constructed model says of itself, or the error it is constructed with.
        declared: whether the class says its name and version.
    """

    def __init__(self, said: ModelReport | Exception, declared: Any = "as said") -> None:
        self.said = said
        self.identity = said.identity if declared == "as said" and isinstance(said, ModelReport) else None
        if declared != "as said":
            self.identity = declared
        self.gate: Callable[[], Awaitable[Any]] = lambda: asyncio.sleep(0)

    async def load(self) -> ModelReport:
        await self.gate()
        if isinstance(self.said, Exception):
            raise self.said
        return self.said

    def by(self, plugin: str) -> Registration:
        return Registration(plugin, self, RECIPE, self.identity)  # type: ignore[arg-type]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def load(bench: Bench, *registrations: Registration) -> None:
    asyncio.run(bench.manager.load(registrations))


async def soon(condition: Callable[[], bool]) -> None:
    """Returns when the condition holds."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


def test_a_model_is_loading_then_ready(bench: Bench) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        model = Model(report())
        model.gate = gate.wait
        loading = asyncio.create_task(bench.manager.load([model.by("a")]))
        await soon(lambda: bench.states() == {"echo 1.0": "loading"})
        assert not bench.manager.first_round_is_over
        gate.set()
        await loading
        assert bench.states() == {"echo 1.0": "ready"}
        assert bench.manager.first_round_is_over

    asyncio.run(scenario())


def test_a_model_whose_name_only_its_object_says_is_listed_when_it_is_ready(bench: Bench) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        model = Model(report(), declared=None)
        model.gate = gate.wait
        loading = asyncio.create_task(bench.manager.load([model.by("a")]))
        await asyncio.sleep(0)
        assert bench.states() == {}
        gate.set()
        await loading
        assert bench.states() == {"echo 1.0": "ready"}

    asyncio.run(scenario())


def test_a_model_that_hangs_holds_up_no_other(bench: Bench) -> None:
    async def scenario() -> None:
        hanging, other = Model(report("hanging")), Model(report("other"))
        hanging.gate = asyncio.Event().wait
        loading = asyncio.create_task(bench.manager.load([hanging.by("a"), other.by("b")]))
        await soon(lambda: bench.states() == {"hanging 1.0": "loading", "other 1.0": "ready"})
        assert bench.manager.find("other").ready_report.qualified_name == "other"
        with pytest.raises(ModelNotReady, match="it is loading"):
            _ = bench.manager.find("hanging").input_validator
        loading.cancel()

    asyncio.run(scenario())


def test_a_model_that_does_not_load_is_failed_with_its_reason_and_the_others_serve(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Model(ModelLoadError("OSError: no parameters"), declared=("broken", (1, 0)))
    load(bench, failing.by("a"), Model(report("other")).by("a"))
    assert bench.states() == {"broken 1.0": "failed", "other 1.0": "ready"}
    deployment = bench.manager.find("broken")
    assert deployment.reason == "OSError: no parameters"
    assert bench.faults == []
    assert bench.closed == [failing]
    assert "Model broken 1.0 failed to load: OSError: no parameters" in caplog.text
    with pytest.raises(ModelNotReady, match="it is failed"):
        _ = deployment.input_validator
    with pytest.raises(ModelNotReady):
        _ = deployment.ready_report


def test_a_nameless_model_that_does_not_load_fails_its_plugin_and_all_its_models(bench: Bench) -> None:
    nameless = Model(ModelRefused("5 is no model."), declared=None)
    load(bench, Model(report("good")).by("a"), nameless.by("a"), Model(report("other")).by("b"))
    assert bench.faults == [("a", "5 is no model.")]
    assert bench.states() == {"other 1.0": "ready"}
    assert bench.manager.models_of("a") == []


def test_a_late_fault_withdraws_models_that_serve_and_such_as_still_load(bench: Bench) -> None:
    async def scenario() -> None:
        gate, never = asyncio.Event(), asyncio.Event()
        faulty, serving, slow = Model(ModelRefused("no"), None), Model(report("serving")), Model(report("slow"))
        faulty.gate, slow.gate = gate.wait, never.wait
        loading = asyncio.create_task(bench.manager.load(model.by("a") for model in (faulty, serving, slow)))
        await soon(lambda: bench.states() == {"serving 1.0": "ready", "slow 1.0": "loading"})
        gate.set()
        await soon(lambda: bench.states() == {})
        await soon(lambda: set(bench.closed) == {faulty, serving, slow})
        never.set()
        await loading
        assert bench.states() == {}
        assert len(bench.closed) == 3

    asyncio.run(scenario())


def test_a_model_that_fails_after_its_plugin_is_not_reported_again(bench: Bench) -> None:
    load(bench, Model(ModelRefused("first"), None).by("a"), Model(ModelRefused("second"), None).by("a"))
    assert bench.faults == [("a", "first")]


def test_an_object_that_calls_itself_something_else_than_its_class_fails(bench: Bench) -> None:
    load(bench, Model(report("other", (2, 3)), declared=("echo", (1, 0))).by("a"))
    assert bench.manager.find("echo").reason == "The class calls itself echo 1.0, its object other 2.3."


def test_a_schema_that_cannot_be_compiled_fails_the_model(bench: Bench) -> None:
    load(bench, Model(report(input_schema={"type": "nonsense"})).by("a"))
    assert bench.states() == {"echo 1.0": "failed"}


def test_of_two_models_of_one_name_and_version_the_first_stays_and_the_second_plugin_fails(bench: Bench) -> None:
    first, second = Model(report(path="a:Echo")), Model(report(path="b:Echo"))
    load(bench, first.by("a"), second.by("b"))
    assert bench.faults == [("b", "Model echo 1.0 is there already, from plugin a.")]
    assert bench.manager.find("echo").registration.factory is first
    assert bench.closed == [second]


@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_plugin_whose_model_is_taken_serves_no_other_model_either(bench: Bench, place: str) -> None:
    double, other = Model(report(path="b:Echo")).by("b"), Model(report("other")).by("b")
    load(bench, Model(report()).by("a"), *((other, double) if place == "before" else (double, other)))
    assert bench.states() == {"echo 1.0": "ready"}
    assert bench.manager.models_of("b") == []


@pytest.mark.parametrize("slow", ["first", "second"])
@pytest.mark.parametrize("declared", ["neither", "first", "second"])
def test_the_first_found_stays_whichever_is_loaded_first(bench: Bench, slow: str, declared: str) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        first = Model(report(path="a:Echo"), "as said" if declared == "first" else None)
        second = Model(report(path="b:Echo"), "as said" if declared == "second" else None)
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


def test_a_third_double_fails_too(bench: Bench) -> None:
    load(bench, *(Model(report(path=f"{plugin}:Echo")).by(plugin) for plugin in "abc"))
    assert [plugin for plugin, _ in bench.faults] == ["b", "c"]
    assert bench.states() == {"echo 1.0": "ready"}


def test_two_classes_of_one_plugin_with_one_name_and_version_fail_it(bench: Bench) -> None:
    load(bench, Model(report(path="a:Echo")).by("a"), Model(report(path="a:Other")).by("a"))
    assert bench.faults == [("a", "Model echo 1.0 is there already, from plugin a.")]
    assert bench.states() == {}


IDENTITY = ("echo", (1, 0))


@pytest.mark.parametrize("first", [IDENTITY, None])
@pytest.mark.parametrize("second", [IDENTITY, None])
def test_the_same_class_by_two_ways_is_one_model_of_both(bench: Bench, first: Any, second: Any) -> None:
    load(bench, Registration("a", Echo, RECIPE, first), Registration("b", Echo, RECIPE, second))
    assert bench.faults == []
    assert bench.states() == {"echo 1.0": "ready"}
    assert bench.manager.models_of("a") == bench.manager.models_of("b") == ["echo"]


@pytest.mark.parametrize("failing", ["a", "b"])
def test_a_model_of_two_plugins_stays_when_one_of_them_fails(bench: Bench, failing: str) -> None:
    late = Model(ModelRefused("no"), declared=None)
    load(bench, Registration("a", Echo, RECIPE, IDENTITY), Registration("b", Echo, RECIPE, IDENTITY), late.by(failing))
    assert bench.states() == {"echo 1.0": "ready"}
    assert bench.manager.models_of(failing) == []
    other = "b" if failing == "a" else "a"
    assert bench.manager.models_of(other) == ["echo"]


def test_a_model_of_two_plugins_goes_when_both_fail(bench: Bench) -> None:
    faulty = [Model(ModelRefused("no"), declared=None).by(plugin) for plugin in "ab"]
    load(bench, Registration("a", Echo, RECIPE, IDENTITY), Registration("b", Echo, RECIPE, IDENTITY), *faulty)
    assert bench.states() == {}


def test_a_double_that_two_plugins_brought_fails_both(bench: Bench) -> None:
    async def scenario() -> None:
        gate = asyncio.Event()
        first = Model(report(), declared=None)
        first.gate = gate.wait
        doubles = [Registration(plugin, Echo, RECIPE, IDENTITY) for plugin in "bc"]
        loading = asyncio.create_task(bench.manager.load([first.by("a"), *doubles]))
        await soon(lambda: bench.states() == {"echo 1.0": "ready"})
        assert bench.manager.models_of("b") == bench.manager.models_of("c") == ["echo"]
        gate.set()
        await loading
        assert sorted(plugin for plugin, _ in bench.faults) == ["b", "c"]
        assert bench.manager.models_of("a") == ["echo"]

    asyncio.run(scenario())


def versions(bench: Bench, *wanted: tuple[Version, bool]) -> None:
    """Load versions of echo; the flag says whether it becomes ready."""
    registrations = []
    for version, is_ready in wanted:
        said = report(version=version) if is_ready else ModelLoadError("no")
        registrations.append(Model(said, declared=("echo", version)).by("a"))
    load(bench, *registrations)


def test_the_newest_ready_version_answers(bench: Bench) -> None:
    versions(bench, ((1, 0), True), ((1, 10), True), ((1, 9), True), ((2, 0), True), ((3, 0), False))
    find = bench.manager.find
    assert find("echo").model_version == "2.0"
    assert find("echo", "1").model_version == "1.10"
    assert find("echo", "1.9").model_version == "1.9"
    assert find("echo", "3").state is ModelState.FAILED
    assert [one.model_version for one in bench.manager.versions("echo")] == ["3.0", "2.0", "1.10", "1.9", "1.0"]
    assert [one.model_version for one in bench.manager.versions("echo", "1")] == ["1.10", "1.9", "1.0"]


def test_the_newest_ready_one_of_a_major_version_answers_for_it(bench: Bench) -> None:
    versions(bench, ((1, 0), True), ((1, 2), False))
    assert bench.manager.find("echo", "1").model_version == "1.0"
    assert bench.manager.find("echo", "1.2").state is ModelState.FAILED


@pytest.mark.parametrize(("name", "version"), [("nobody", None), ("echo", "2"), ("echo", "1.1"), ("Echo", None)])
def test_a_model_or_version_that_is_not_there_is_not_found(bench: Bench, name: str, version: str | None) -> None:
    versions(bench, ((1, 0), True))
    with pytest.raises(ModelNotFound):
        bench.manager.find(name, version)


def test_models_stand_by_name_and_newest_version_first(bench: Bench) -> None:
    wanted = [("b", (1, 2)), ("a", (1, 0)), ("b", (10, 0)), ("b", (2, 0))]
    load(bench, *(Model(report(name, version)).by("p") for name, version in wanted))
    assert list(bench.states()) == ["a 1.0", "b 10.0", "b 2.0", "b 1.2"]


def test_a_deployment_says_what_its_class_says_until_its_object_does() -> None:
    class Talker:
        display_name = "Talker"
        description = property(lambda self: "known to the object only")

    deployment = Deployment(Registration("a", Talker, RECIPE, ("talker", (1, 0))), runner=None)  # type: ignore[arg-type]
    assert (deployment.display_name, deployment.description, deployment.model_version) == ("Talker", "", "1.0")
    deployment.became_ready(report("talker"))
    assert (deployment.display_name, deployment.description) == ("Echo", "A model.")


def test_a_deployment_without_a_display_name_shows_its_name() -> None:
    deployment = Deployment(Registration("a", object, RECIPE, ("thing", (1, 0))), runner=None)  # type: ignore[arg-type]
    assert deployment.display_name == "thing"


def test_closing_unloads_all(bench: Bench) -> None:
    one, two = Model(report("one")), Model(report("two"))

    async def scenario() -> None:
        await bench.manager.load([one.by("a"), two.by("a")])
        kept = bench.manager.find("one")
        await bench.manager.close()
        assert kept.state is ModelState.UNLOADING

    asyncio.run(scenario())
    assert set(bench.closed) == {one, two}
    assert bench.states() == {}


def test_newest_prefers_a_ready_one(bench: Bench) -> None:
    versions(bench, ((1, 0), True), ((2, 0), False))
    all_versions = bench.manager.versions("echo")
    assert newest(all_versions).model_version == "1.0"
    assert newest(all_versions[:1]).model_version == "2.0"


def test_a_model_that_can_be_run_no_more_is_failed_with_the_reason(bench: Bench) -> None:
    load(bench, Model(report()).by("a"))
    deployment = bench.manager.find("echo")
    deployment.runner.on_failed("It died five times in a minute.")
    assert (deployment.state, deployment.reason) == (ModelState.FAILED, "It died five times in a minute.")
    with pytest.raises(ModelNotReady):
        _ = deployment.ready_report


def test_a_reloaded_model_answers_throughout_and_the_old_instance_finishes_its_work(bench: Bench) -> None:
    async def scenario() -> None:
        model = Model(report(examples=("old",)))
        await bench.manager.load([model.by("a")])
        old = bench.manager.find("echo")
        gate = asyncio.Event()
        model.gate, model.said = gate.wait, report(examples=("new",))
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


def test_a_failed_model_can_be_reloaded(bench: Bench) -> None:
    async def scenario() -> None:
        model = Model(ModelLoadError("no parameters"), declared=IDENTITY)
        await bench.manager.load([model.by("a")])
        model.said = report()
        await bench.manager.reload("echo")
        assert bench.states() == {"echo 1.0": "ready"}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (ModelLoadError("no parameters"), "echo 1.0 goes on as it was: no parameters"),
        (report("other"), "echo 1.0 goes on as it was: It calls itself other now."),
        (report(version=(2, 0)), "echo 1.0 goes on as it was: It calls itself echo 2.0 now, which is there already."),
        (report(input_schema={"type": "nonsense"}), "echo 1.0 goes on as it was: "),
    ],
)
def test_a_model_goes_on_as_it_was_when_it_cannot_be_reloaded(bench: Bench, said: Any, reason: str) -> None:
    async def scenario() -> None:
        model, next_one = Model(report()), Model(report(version=(2, 0)))
        await bench.manager.load([model.by("a"), next_one.by("a")])
        model.said = said
        with pytest.raises(ModelLoadError) as failure:
            await bench.manager.reload("echo")
        assert str(failure.value).startswith(reason)
        assert bench.states() == {"echo 2.0": "ready", "echo 1.0": "ready"}
        assert bench.manager.find("echo", "1").ready_report.identity == IDENTITY

    asyncio.run(scenario())


def test_what_is_not_there_cannot_be_reloaded(bench: Bench) -> None:
    with pytest.raises(ModelNotFound):
        asyncio.run(bench.manager.reload("nobody"))


def test_a_model_that_was_unloaded_while_it_was_reloaded_stays_away(bench: Bench) -> None:
    async def scenario() -> None:
        model = Model(report())
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
