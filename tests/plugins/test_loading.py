"""What loading a plugin gives."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tornado_ml.errors import PluginError
from tornado_ml.plugins import Plugin, PluginHost, factory_of

Drop = Callable[..., Path]
Load = Callable[..., PluginHost]
Dropped = Callable[[PluginHost], list[Plugin]]


def test_a_package_imports_its_own_modules(drop: Drop, directory: Path, load: Load, dropped: Dropped) -> None:
    drop("package/models.py")
    hook = "@hookimpl\ndef register_models():\n    from .models import Good\n    return [Good]\n"
    drop("package/__init__.py", f"from tornado_ml import hookimpl\nfrom . import models\n{hook}")
    (plugin,) = dropped(load(directory))
    assert plugin.reason is None
    assert len(plugin.registrations) == 1


def test_a_package_that_fails_leaves_no_module_behind(drop: Drop, directory: Path, load: Load) -> None:
    drop("package/part.py", "")
    drop("package/__init__.py", "from . import part\n1 / 0")
    load(directory)
    assert [name for name in sys.modules if name.startswith("tornado_ml_plugin_package")] == []


def test_a_drop_in_shadows_no_other_module(drop: Drop, directory: Path, load: Load) -> None:
    import json

    drop("json.py")
    load(directory)
    assert sys.modules["json"] is json


def test_files_with_similar_names_are_different_modules(
    drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    drop("a_b.py")
    drop("a-b.py")
    first, second = dropped(load(directory))
    assert first.registrations[0].factory.__module__ != second.registrations[0].factory.__module__  # type: ignore[attr-defined]


def test_factories_are_taken_as_they_are_and_not_called(
    drop: Drop, directory: Path, load: Load, dropped: Dropped, good: str
) -> None:
    text = good + "\ndef make():\n    raise AssertionError('called')\n"
    drop("factory.py", text.replace("[Good]", "(make, lambda: Good(), Good)"))
    (plugin,) = dropped(load(directory))
    assert [registration.identity for registration in plugin.registrations] == [None, None, ("good", (1, 2))]
    assert {registration.plugin for registration in plugin.registrations} == {plugin.key}


def test_a_class_says_its_identity_only_if_it_says_name_and_version(
    drop: Drop, directory: Path, load: Load, dropped: Dropped, good: str
) -> None:
    drop("silent.py", good.replace('qualified_name = "good"', "qualified_name = property(lambda self: 'good')"))
    drop("text.py", good.replace("= 1, 2", "= '1', '2'"))
    drop("versionless.py", good.replace("major_version, minor_version = 1, 2", ""))
    host = load(directory)
    assert [plugin.registrations[0].identity for plugin in dropped(host)] == [None, ("good", (1, 2)), None]


def test_another_process_finds_the_same_models_by_their_recipes(
    drop: Drop, directory: Path, good: str, load: Load, dropped: Dropped
) -> None:
    drop("two.py", good.replace("[Good]", "(factory for factory in (Good, lambda: Good()))"))
    drop("package/__init__.py")
    plugins = dropped(load(directory))
    registrations = [registration for plugin in plugins for registration in plugin.registrations]
    assert len(registrations) == 3
    for registration in registrations:
        recipe = pickle.loads(pickle.dumps(registration.recipe))
        assert type(factory_of(recipe)()).__qualname__ == "Good"


def test_installed_and_named_models_are_found_by_their_recipes_too(
    drop: Drop, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("installed_good.py")
    info = directory / "good-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: good\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tornado_ml]\ngood = installed_good\n")
    monkeypatch.syspath_prepend(directory)
    host = PluginHost(named_models=[("installed_good", "Good")])
    recipes = [registration.recipe for registration in host.load() if "installed_good" in registration.recipe.location]
    assert [recipe.origin for recipe in recipes] == ["entry_point", "settings"]
    assert [type(factory_of(recipe)()).__qualname__ for recipe in recipes] == ["Good", "Good"]
    (info / "entry_points.txt").write_text("")
    with pytest.raises(PluginError, match="The entry point good = installed_good is no longer installed"):
        factory_of(recipes[0])


def test_a_file_that_has_changed_is_read_anew(drop: Drop, directory: Path, good: str, load: Load) -> None:
    path = drop("good.py")
    recipe = next(one.recipe for one in load(directory).plugins[-1].registrations)
    path.write_text(good.replace('"Good"', '"Better"'))
    assert factory_of(recipe)().display_name == "Better"  # type: ignore[attr-defined]
    path.write_text(good.replace("[Good]", "[]"))
    with pytest.raises(PluginError, match=r"Plugin good registers 0 models now; this was number 1\."):
        factory_of(recipe)
