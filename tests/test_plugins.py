"""Plugins: three ways in, many ways to be broken, and none that hurts another one."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tornado_ml.errors import PluginError
from tornado_ml.plugins import Plugin, PluginHost, PluginOrigin, PluginState, hook_names

GOOD = """
    from tornado_ml import MLModel, hookimpl

    class Good(MLModel):
        qualified_name = "good"
        display_name = description = "Good"
        major_version, minor_version = 1, 2
        input_schema = output_schema = {}

        def predict(self, data):
            return data

    @hookimpl
    def register_models():
        return [Good]
"""

# What the text of a plugin is, and what the reason for its failure begins with.
BROKEN = {
    "import error": ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
    "syntax error": ("def register_models(:", "SyntaxError: invalid syntax (plugin.py, line 1)"),
    "sys.exit at import": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "sys.exit without a word": ("import sys; sys.exit()", "SystemExit"),
    "misspelled hook": (
        GOOD.replace("def register_models", "def register_modles"),
        "It implements the hook register_modles, which is unknown; did you mean register_models?",
    ),
    "wrong hook argument": (
        GOOD.replace("register_models()", "register_models(config)"),
        "Plugin 'tornado_ml_plugin_plugin_",
    ),
    "hook that raises": (GOOD.replace("return [Good]", "return {}['x']"), "KeyError: 'x'"),
    "hook that exits": (GOOD.replace("return [Good]", "raise SystemExit('no')"), "SystemExit: no"),
    "generator that raises": (GOOD.replace("return [Good]", "yield Good; raise OSError('gone')"), "OSError: gone"),
    "forgotten return": (
        GOOD.replace("return [Good]", "[Good]"),
        "register_models returned None; it must return a list of model classes.",
    ),
    "one class, no list": (
        GOOD.replace("return [Good]", "return Good"),
        "register_models returned <class 'tornado_ml_plugin_plugin_",
    ),
    "text": (
        GOOD.replace("return [Good]", "return 'Good'"),
        "register_models returned 'Good'; it must return a list of model classes.",
    ),
    "names of classes": (
        GOOD.replace("return [Good]", "return ['Good']"),
        "register_models returned 'Good'; it must return model classes, not instances.",
    ),
    "int": (
        GOOD.replace("return [Good]", "return [Good, int]"),
        "register_models returned <class 'int'>, which is no model class: it has no predict().",
    ),
    "instance": (GOOD.replace("return [Good]", "return [Good()]"), "register_models returned <tornado_ml_plugin_"),
    "bad name": (GOOD.replace('"good"', '"no good"'), "The qualified_name 'no good' is refused"),
    "abstract class": (GOOD.replace("predict", "forecast"), "The class Good is abstract; it lacks: predict."),
    "constructor with arguments": (
        GOOD.replace("def predict", "def __init__(self, path): ...\n\n        def predict"),
        "<class 'tornado_ml_plugin_plugin_",
    ),
    "unmarked hook": (
        GOOD.replace("@hookimpl", ""),
        "It implements no hook; is register_models marked with @tornado_ml.hookimpl?",
    ),
    "nothing at all": ("", "It implements no hook; is register_models marked with @tornado_ml.hookimpl?"),
}

Drop = Callable[[str, str], Path]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "dropped"
    path.mkdir()
    return path


@pytest.fixture
def drop(directory: Path) -> Drop:
    """Puts a file into the plugin directory."""

    def drop(name: str, text: str = GOOD) -> Path:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.splitlines()
        path.write_text("\n".join(line.removeprefix("    ") for line in lines), encoding="utf-8")
        return path

    return drop


@pytest.fixture(autouse=True)
def forget_imports() -> Iterator[None]:
    before, path = set(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("tornado_ml_plugin_"):
            del sys.modules[name]
    sys.path[:] = path


def loaded_from(*directories: Path, **options: object) -> PluginHost:
    host = PluginHost(directories=directories, **options)  # type: ignore[arg-type]
    host.load()
    return host


def in_directories(host: PluginHost) -> list[Plugin]:
    return [plugin for plugin in host.plugins if plugin.origin is PluginOrigin.DIRECTORY]


def names(host: PluginHost) -> list[str]:
    return [plugin.name for plugin in in_directories(host)]


@pytest.mark.parametrize(("text", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_plugin_fails_with_its_reason_and_the_good_ones_beside_it_load(
    drop: Drop, directory: Path, text: str, reason: str
) -> None:
    drop("plugin.py", text)
    drop("before.py", GOOD)
    drop("zebra.py", GOOD)
    before, broken, zebra = in_directories(loaded_from(directory))
    assert (broken.name, broken.state) == ("plugin", PluginState.FAILED)
    assert broken.reason is not None
    assert broken.reason.startswith(reason)
    assert "\n" not in broken.reason
    assert broken.registrations == []
    for good in (before, zebra):
        assert (good.state, good.reason) == (PluginState.LOADED, None)
        assert [registration.identity for registration in good.registrations] == [("good", (1, 2))]


def test_a_reason_says_what_the_constructor_and_the_hook_want(drop: Drop, directory: Path) -> None:
    drop("constructor.py", BROKEN["constructor with arguments"][0])
    drop("hook.py", BROKEN["wrong hook argument"][0])
    constructor, hook = in_directories(loaded_from(directory))
    assert (constructor.reason or "").endswith(
        "Good'> cannot be called without arguments: missing a required argument: 'path'."
    )
    assert "Argument(s) {'config'} are declared in the hookimpl but can not be found in the hookspec" in (
        hook.reason or ""
    )


def test_a_plugin_that_is_wrong_in_two_ways_leaves_nothing_behind(drop: Drop, directory: Path) -> None:
    both = BROKEN["wrong hook argument"][0] + "\n    @hookimpl\n    def a_hook(): ...\n"
    drop("broken.py", both)
    drop("good.py", GOOD)
    broken, good = in_directories(loaded_from(directory))
    assert (broken.state, good.state) == (PluginState.FAILED, PluginState.LOADED)


def test_a_failure_is_logged_with_name_place_reason_and_traceback(
    drop: Drop, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = drop("broken.py", "1 / 0")
    loaded_from(directory)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == f"Plugin broken from {path} failed: ZeroDivisionError: division by zero"
    assert record.exc_info is not None


def test_ctrl_c_is_not_a_plugins_failure(drop: Drop, directory: Path) -> None:
    drop("interrupted.py", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        loaded_from(directory)


def test_a_plugin_is_a_python_file_or_a_folder_with_an_init_file(drop: Drop, directory: Path) -> None:
    for name in ["file.py", "package/__init__.py", "with-dash.py", "with.dots.py"]:
        drop(name, GOOD)
    for name in ["_private.py", ".hidden.py", "_private_package/__init__.py", ".git/__init__.py", "__init__.py"]:
        drop(name, "raise AssertionError('imported')")
    for name in ["folder/module.py", "notes.txt", "compiled.pyc", "README"]:
        drop(name, "raise AssertionError('imported')")
    (directory / "folder.py").mkdir()
    host = loaded_from(directory)
    assert names(host) == ["file", "package", "with-dash", "with.dots"]
    assert {plugin.state for plugin in in_directories(host)} == {PluginState.LOADED}


def test_a_plugin_says_where_it_is_and_which_version_it_has(drop: Drop, directory: Path) -> None:
    path = drop("one.py", GOOD + "\n    __version__ = '1.2.3'\n")
    drop("two.py", GOOD + "\n    __version__ = 5\n")
    one, two = in_directories(loaded_from(directory))
    assert (one.version, one.location, one.origin.value) == ("1.2.3", str(path), "directory")
    assert two.version is None


def test_a_package_imports_its_own_modules(drop: Drop, directory: Path) -> None:
    drop("package/models.py", GOOD)
    drop(
        "package/__init__.py",
        """
    from tornado_ml import hookimpl
    from . import models

    @hookimpl
    def register_models():
        from .models import Good  # late, as a careful plugin does
        return [Good]
    """,
    )
    (plugin,) = in_directories(loaded_from(directory))
    assert plugin.reason is None
    assert len(plugin.registrations) == 1


def test_a_package_that_fails_leaves_no_module_behind(drop: Drop, directory: Path) -> None:
    drop("package/part.py", "")
    drop("package/__init__.py", "from . import part\n1 / 0")
    loaded_from(directory)
    assert [name for name in sys.modules if name.startswith("tornado_ml_plugin_package")] == []


def test_a_drop_in_shadows_no_other_module(drop: Drop, directory: Path) -> None:
    import json

    drop("json.py", GOOD)
    loaded_from(directory)
    assert sys.modules["json"] is json


def test_files_with_similar_names_are_different_modules(drop: Drop, directory: Path) -> None:
    drop("a_b.py", GOOD)
    drop("a-b.py", GOOD)
    first, second = in_directories(loaded_from(directory))
    assert first.registrations[0].factory.__module__ != second.registrations[0].factory.__module__  # type: ignore[attr-defined]


def test_a_directory_named_twice_is_looked_at_once(drop: Drop, directory: Path) -> None:
    drop("good.py", GOOD)
    link = directory.parent / "link"
    link.symlink_to(directory)
    assert names(loaded_from(directory, directory / ".." / directory.name, link)) == ["good"]


def test_a_directory_that_cannot_be_read_is_a_failed_plugin(drop: Drop, directory: Path, tmp_path: Path) -> None:
    drop("good.py", GOOD)
    missing, file = tmp_path / "missing", tmp_path / "file"
    file.write_text("")
    no_folder, no_directory, good = in_directories(loaded_from(missing, file, directory))
    assert (no_folder.name, no_folder.location, no_folder.state) == ("missing", str(missing), PluginState.FAILED)
    assert no_folder.reason == "The plugin directory cannot be read: No such file or directory."
    assert no_directory.reason == "The plugin directory cannot be read: Not a directory."
    assert good.state is PluginState.LOADED


@pytest.fixture
def public_directory() -> Iterator[Path]:
    """A directory that any user can read, while the tests are no longer root if they were."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def without_privileges() -> Iterator[Callable[[], None]]:
    was_root = os.geteuid() == 0

    def drop_privileges() -> None:
        if was_root:
            os.seteuid(65534)

    yield drop_privileges
    if was_root:
        os.seteuid(0)


def test_what_may_not_be_read_is_a_failed_plugin_and_its_neighbours_load(
    public_directory: Path, without_privileges: Callable[[], None]
) -> None:
    folder, file, good = (public_directory / name for name in ("folder", "file.py", "good.py"))
    folder.mkdir(mode=0o700)
    file.touch(mode=0o000)
    good.write_text("from tornado_ml import hookimpl\n@hookimpl\ndef register_models(): return []")
    good.chmod(0o644)
    if os.geteuid() != 0:
        folder.chmod(0o000)
    without_privileges()
    host = loaded_from(public_directory)
    folder.chmod(0o700) if os.geteuid() == folder.stat().st_uid else None
    assert {plugin.name: (plugin.reason or "").partition(" ")[0] for plugin in in_directories(host)} == {
        "file": "PermissionError:",
        "folder": "PermissionError:",
        "good": "",
    }


def test_a_disabled_plugin_is_listed_and_not_imported(drop: Drop, directory: Path) -> None:
    drop("good.py", GOOD)
    drop("unwanted.py", "raise AssertionError('imported')")
    good, unwanted = in_directories(loaded_from(directory, disabled=["unwanted", "unheard-of"]))
    assert (good.state, unwanted.state) == (PluginState.LOADED, PluginState.DISABLED)
    assert (unwanted.registrations, unwanted.reason) == ([], None)


def test_without_discovery_only_the_models_of_the_settings_are_there(drop: Drop, directory: Path) -> None:
    drop("good.py", GOOD)
    host = loaded_from(directory, discover=False, named_models=[("some.module", "Some")])
    (plugin,) = host.plugins
    assert (plugin.name, plugin.location, plugin.origin.value) == (
        "some.module:Some",
        "some.module:Some",
        "settings",
    )


def test_the_module_of_a_named_model_is_imported_only_to_construct_it(
    drop: Drop, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("named_and_lazy.py", GOOD)
    monkeypatch.syspath_prepend(directory)
    host = PluginHost(named_models=[("named_and_lazy", "Good")], discover=False)
    (registration,) = host.load()
    assert registration.identity is None
    assert "named_and_lazy" not in sys.modules
    model = registration.factory()
    assert (type(model).__module__, type(model).__name__) == ("named_and_lazy", "Good")
    del sys.modules["named_and_lazy"]


def test_a_named_model_that_is_not_there_is_found_out_when_it_is_constructed() -> None:
    host = PluginHost(named_models=[("json", "Nothing"), ("nowhere", "Model")], discover=False)
    no_class, no_module = host.load()
    with pytest.raises(PluginError, match=r"Module json has no class Nothing\."):
        no_class.factory()
    with pytest.raises(ModuleNotFoundError):
        no_module.factory()


def install(folder: Path, distribution: str, version: str, entry_points: str) -> None:
    """What pip leaves behind, as far as it matters here."""
    info = folder / f"{distribution}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[tornado_ml]\n{entry_points}\n")


def test_installed_packages_bring_plugins_by_entry_points(
    drop: Drop, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("installed_well.py", GOOD)
    install(directory, "zoo", "0.3", "same = installed_well")
    install(directory, "ape", "1.0", "same = installed_badly\nother = installed_well:nothing")
    monkeypatch.syspath_prepend(directory)
    host = loaded_from()
    found = [plugin for plugin in host.plugins if "installed" in plugin.location]
    assert [(plugin.name, plugin.version, plugin.location) for plugin in found] == [
        ("other", "1.0", "installed_well:nothing"),
        ("same", "1.0", "installed_badly"),
        ("same", "0.3", "installed_well"),
    ]
    assert [plugin.reason for plugin in found] == [
        "AttributeError: module 'installed_well' has no attribute 'nothing'",
        "ModuleNotFoundError: No module named 'installed_badly'",
        None,
    ]
    assert {plugin.origin.value for plugin in found} == {"entry_point"}
    del sys.modules["installed_well"]


def test_factories_are_taken_as_they_are_and_not_called(drop: Drop, directory: Path) -> None:
    text = GOOD + "\n    def make():\n        raise AssertionError('called')\n"
    drop("factory.py", text.replace("[Good]", "(make, lambda: Good(), Good)"))
    (plugin,) = in_directories(loaded_from(directory))
    assert [registration.identity for registration in plugin.registrations] == [None, None, ("good", (1, 2))]
    assert {registration.plugin for registration in plugin.registrations} == {plugin.key}


def test_a_class_says_its_identity_only_if_it_says_name_and_version(drop: Drop, directory: Path) -> None:
    drop("silent.py", GOOD.replace('qualified_name = "good"', "qualified_name = property(lambda self: 'good')"))
    drop("text.py", GOOD.replace("= 1, 2", "= '1', '2'"))
    drop("versionless.py", GOOD.replace("major_version, minor_version = 1, 2", ""))
    host = loaded_from(directory)
    assert [plugin.registrations[0].identity for plugin in in_directories(host)] == [None, ("good", (1, 2)), None]


def test_a_fault_that_shows_later_fails_a_plugin_once(drop: Drop, directory: Path) -> None:
    drop("good.py", GOOD)
    host = loaded_from(directory)
    (plugin,) = in_directories(host)
    host.fail("nobody", "no such plugin")
    host.fail(plugin.key, "its model is no model")
    host.fail(plugin.key, "and another thing")
    assert plugin.reason == "its model is no model"
    assert host.failed() == [plugin]
    assert plugin.registrations == []


def test_finding_plugins_imports_none(drop: Drop, directory: Path) -> None:
    drop("plugin.py", "raise AssertionError('imported')")
    host = PluginHost(directories=[directory])
    assert [plugin.name for plugin in host.find() if plugin.origin is PluginOrigin.DIRECTORY] == ["plugin"]


def test_the_hooks_there_are_can_be_named() -> None:
    assert hook_names() == ["register_models"]
