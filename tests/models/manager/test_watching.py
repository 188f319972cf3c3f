"""Who watches the manager is told of each change of a model."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from tornado_ml.errors import ModelLoadError
from tornado_ml.models.manager import shown


class Diary(list[list[str]]):
    """What a watcher was told: the versions of the model that had changed, and their states."""

    def __init__(self, bench: Any) -> None:
        self.unwatch = bench.manager.watch(self.note)

    def note(self, versions: Any) -> None:
        self.append([f"{shown(one.known_identity)} {one.state}" for one in versions])


@pytest.fixture
def diary(bench: Any) -> Diary:
    return Diary(bench)


def test_loading_and_what_comes_of_it_are_told_model_by_model(bench: Any, diary: Diary) -> None:
    good, bad = bench.report("good"), bench.model(ModelLoadError("no file"), declared=("bad", (1, 0)))
    bench.load(bench.model(good).by("a"), bad.by("b"))
    assert diary[:2] == [["bad 1.0 loading"], ["good 1.0 loading"]]
    assert sorted(diary[2:]) == [["bad 1.0 failed"], ["good 1.0 ready"]]


def test_one_whose_name_only_the_constructed_model_says_is_told_of_then(bench: Any, diary: Diary) -> None:
    bench.load(bench.model(bench.report(), declared=None).by("a"))
    assert diary == [["echo 1.0 ready"]]


def test_all_versions_are_told_newest_first(bench: Any, diary: Diary) -> None:
    bench.load(*(bench.model(bench.report(version=(major, 0))).by("a") for major in (1, 3, 2)))
    assert diary[0] == ["echo 3.0 loading", "echo 2.0 loading", "echo 1.0 loading"]
    assert diary[-1] == ["echo 3.0 ready", "echo 2.0 ready", "echo 1.0 ready"]


def test_a_model_that_can_be_run_no_more_is_told(bench: Any, diary: Diary) -> None:
    bench.load(bench.model(bench.report()).by("a"))
    (deployment,) = bench.manager.deployments()
    deployment.runner.on_failed("its worker died too often")
    assert diary[-1] == ["echo 1.0 failed"]


def test_a_reload_is_told_when_it_is_over_and_one_that_fails_is_not(bench: Any, diary: Diary) -> None:
    model = bench.model(bench.report())
    bench.load(model.by("a"))
    diary.clear()
    asyncio.run(bench.manager.reload("echo"))
    assert diary == [["echo 1.0 ready"]]
    model.said = ModelLoadError("no file any more")
    with contextlib.suppress(ModelLoadError):
        asyncio.run(bench.manager.reload("echo"))
    assert diary == [["echo 1.0 ready"]]


def test_a_plugin_that_brings_another_model_now_tells_of_both(bench: Any, diary: Diary) -> None:
    bench.load(bench.model(bench.report("old")).by("a"), bench.model(bench.report("stays")).by("b"))
    diary.clear()
    asyncio.run(bench.manager.renew("a", [bench.model(bench.report("new")).by("a")]))
    assert diary == [["new 1.0 ready"], ["old 1.0 unloading"]]


def test_a_model_that_is_gone_is_told_with_its_last_versions(bench: Any, diary: Diary) -> None:
    bench.load(*(bench.model(bench.report(version=(1, minor))).by("a") for minor in (0, 1)))
    asyncio.run(bench.manager.renew("a", []))
    assert diary[-1] == ["echo 1.1 unloading", "echo 1.0 unloading"]
    assert bench.manager.deployments() == []


def test_who_watches_no_more_is_told_no_more(bench: Any, diary: Diary) -> None:
    other = Diary(bench)
    diary.unwatch()
    diary.unwatch()
    bench.load(bench.model(bench.report()).by("a"))
    assert diary == []
    assert other == [["echo 1.0 loading"], ["echo 1.0 ready"]]
