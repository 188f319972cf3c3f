"""Which files, packages and settings are plugins."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tornado_ml.errors import PluginError
from tornado_ml.plugins import Plugin, PluginHost, PluginOrigin, PluginState

Drop = Callable[..., Path]
Load = Callable[..., PluginHost]
Dropped = Callable[[PluginHost], list[Plugin]]


def test_a_plugin_is_a_python_file_or_a_folder_with_an_init_file(
    drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    for name in ["file.py", "package/__init__.py", "with-dash.py", "with.dots.py"]:
        drop(name)
    for name in ["_private.py", ".hidden.py", "_private_package/__init__.py", ".git/__init__.py", "__init__.py"]:
        drop(name, "raise AssertionError('imported')")
    for name in ["folder/module.py", "notes.txt", "compiled.pyc", "README"]:
        drop(name, "raise AssertionError('imported')")
    (directory / "folder.py").mkdir()
    host = load(directory)
    assert [plugin.name for plugin in dropped(host)] == ["file", "package", "with-dash", "with.dots"]
    assert {plugin.state for plugin in dropped(host)} == {PluginState.LOADED}


def test_a_plugin_says_where_it_is_and_which_version_it_has(
    drop: Drop, directory: Path, load: Load, dropped: Dropped, good: str
) -> None:
    path = drop("one.py", good + "\n__version__ = '1.2.3'\n")
    drop("two.py", good + "\n__version__ = 5\n")
    one, two = dropped(load(directory))
    assert (one.version, one.location, one.origin.value) == ("1.2.3", str(path), "directory")
    assert two.version is None


def test_a_directory_named_twice_is_looked_at_once(drop: Drop, directory: Path, load: Load, dropped: Dropped) -> None:
    drop("good.py")
    link = directory.parent / "link"
    link.symlink_to(directory)
    host = load(directory, directory / ".." / directory.name, link)
    assert [plugin.name for plugin in dropped(host)] == ["good"]


def test_a_directory_that_cannot_be_read_is_a_failed_plugin(
    drop: Drop, directory: Path, tmp_path: Path, load: Load, dropped: Dropped
) -> None:
    drop("good.py")
    missing, file = tmp_path / "missing", tmp_path / "file"
    file.write_text("")
    no_folder, no_directory, good = dropped(load(missing, file, directory))
    assert (no_folder.name, no_folder.location, no_folder.state) == ("missing", str(missing), PluginState.FAILED)
    assert no_folder.reason == "The plugin directory cannot be read: No such file or directory."
    assert no_directory.reason == "The plugin directory cannot be read: Not a directory."
    assert good.state is PluginState.LOADED


@pytest.fixture
def unreadable() -> Iterator[Path]:
    """A directory with a good plugin, and with a file and a folder that this process may not read, even as root."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    (path / "good.py").write_text("from tornado_ml import hookimpl\n@hookimpl\ndef register_models(): return []")
    (path / "file.py").touch(mode=0o000)
    (path / "folder").mkdir(mode=0o000)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    yield path
    if was_root:
        os.seteuid(0)
    (path / "folder").chmod(0o700)
    shutil.rmtree(path)


def test_what_may_not_be_read_is_a_failed_plugin_and_its_neighbours_load(
    unreadable: Path, load: Load, dropped: Dropped
) -> None:
    assert {plugin.name: (plugin.reason or "").partition(" ")[0] for plugin in dropped(load(unreadable))} == {
        "file": "PermissionError:",
        "folder": "PermissionError:",
        "good": "",
    }


def test_a_disabled_plugin_is_listed_and_not_imported(
    drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    drop("good.py")
    drop("unwanted.py", "raise AssertionError('imported')")
    good, unwanted = dropped(load(directory, disabled=["unwanted", "unheard-of"]))
    assert (good.state, unwanted.state) == (PluginState.LOADED, PluginState.DISABLED)
    assert (unwanted.registrations, unwanted.reason) == ([], None)


def test_without_discovery_only_the_models_of_the_settings_are_there(drop: Drop, directory: Path, load: Load) -> None:
    drop("good.py")
    host = load(directory, discover=False, named_models=[("some.module", "Some")])
    (plugin,) = host.plugins
    assert (plugin.name, plugin.location, plugin.origin.value) == (
        "some.module:Some",
        "some.module:Some",
        "settings",
    )


def test_the_module_of_a_named_model_is_imported_only_to_construct_it(
    drop: Drop, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("named_and_lazy.py")
    monkeypatch.syspath_prepend(directory)
    host = PluginHost(named_models=[("named_and_lazy", "Good")], discover=False)
    (registration,) = host.load()
    assert registration.identity is None
    assert "named_and_lazy" not in sys.modules
    model = registration.factory()
    assert (type(model).__module__, type(model).__name__) == ("named_and_lazy", "Good")


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
    drop: Drop, directory: Path, monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    drop("installed_well.py")
    install(directory, "zoo", "0.3", "same = installed_well")
    install(directory, "ape", "1.0", "same = installed_badly\nother = installed_well:nothing")
    monkeypatch.syspath_prepend(directory)
    host = load()
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


def test_finding_plugins_imports_none(drop: Drop, directory: Path) -> None:
    drop("plugin.py", "raise AssertionError('imported')")
    host = PluginHost(directories=[directory])
    assert [plugin.name for plugin in host.find() if plugin.origin is PluginOrigin.DIRECTORY] == ["plugin"]
