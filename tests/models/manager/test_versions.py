"""Which version answers."""

from __future__ import annotations

from typing import Any

import pytest

from tornado_ml.errors import ModelLoadError, ModelNotFound
from tornado_ml.models.manager import ModelState, Version, newest


def versions(bench: Any, *wanted: tuple[Version, bool]) -> None:
    """Load versions of echo; the flag says whether it becomes ready."""
    registrations = []
    for version, is_ready in wanted:
        said = bench.report(version=version) if is_ready else ModelLoadError("no")
        registrations.append(bench.model(said, declared=("echo", version)).by("a"))
    bench.load(*registrations)


def test_the_newest_ready_version_answers(bench: Any) -> None:
    versions(bench, ((1, 0), True), ((1, 10), True), ((1, 9), True), ((2, 0), True), ((3, 0), False))
    find = bench.manager.find
    assert find("echo").model_version == "2.0"
    assert find("echo", "1").model_version == "1.10"
    assert find("echo", "1.9").model_version == "1.9"
    assert find("echo", "3").state is ModelState.FAILED
    assert [one.model_version for one in bench.manager.versions("echo")] == ["3.0", "2.0", "1.10", "1.9", "1.0"]
    assert [one.model_version for one in bench.manager.versions("echo", "1")] == ["1.10", "1.9", "1.0"]


def test_the_newest_ready_one_of_a_major_version_answers_for_it(bench: Any) -> None:
    versions(bench, ((1, 0), True), ((1, 2), False))
    assert bench.manager.find("echo", "1").model_version == "1.0"
    assert bench.manager.find("echo", "1.2").state is ModelState.FAILED


@pytest.mark.parametrize(("name", "version"), [("nobody", None), ("echo", "2"), ("echo", "1.1"), ("Echo", None)])
def test_a_model_or_version_that_is_not_there_is_not_found(bench: Any, name: str, version: str | None) -> None:
    versions(bench, ((1, 0), True))
    with pytest.raises(ModelNotFound):
        bench.manager.find(name, version)


def test_models_stand_by_name_and_newest_version_first(bench: Any) -> None:
    wanted = [("b", (1, 2)), ("a", (1, 0)), ("b", (10, 0)), ("b", (2, 0))]
    bench.load(*(bench.model(bench.report(name, version)).by("p") for name, version in wanted))
    assert list(bench.states()) == ["a 1.0", "b 10.0", "b 2.0", "b 1.2"]


def test_newest_prefers_a_ready_one(bench: Any) -> None:
    versions(bench, ((1, 0), True), ((2, 0), False))
    all_versions = bench.manager.versions("echo")
    assert newest(all_versions).model_version == "1.0"
    assert newest(all_versions[:1]).model_version == "2.0"
