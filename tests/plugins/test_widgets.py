"""The widgets of all plugins, and which of the files beside them are public."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tornado_ml.models.widget import Widget
from tornado_ml.plugins import Plugin, PluginHost, PluginOrigin, PluginState, Widgets
from tornado_ml.plugins.widgets import WidgetFolder

Drop = Callable[..., Path]
Load = Callable[..., PluginHost]
Dropped = Callable[[PluginHost], list[Plugin]]

PLUGIN = """
from pathlib import Path
from tornado_ml import Widget, hookimpl

HERE = Path(__file__).parent

@hookimpl
def register_widgets():
    return [Widget("bars", "output", HERE / "shown" / "bars.js"), Widget("dial", "input", HERE / "shown" / "dial.mjs")]
"""


@pytest.fixture
def shown(directory: Path) -> Path:
    """The folder of the widgets."""
    path = directory / "shown"
    (path / "deep").mkdir(parents=True)
    for name in ("bars.js", "dial.mjs", "deep/lines.js", "look.css", "_draft.js", ".hidden", "picture.png"):
        (path / name).write_text("export function output() {}")
    return path


def plugin(name: str, *widgets: Widget) -> Plugin:
    return Plugin(name, None, PluginOrigin.DIRECTORY, f"{name}.py", load=object, widgets=list(widgets))


@pytest.mark.usefixtures("shown")
def test_a_plugin_brings_widgets(drop: Drop, directory: Path, load: Load, dropped: Dropped) -> None:
    drop("a.py", PLUGIN)
    (found,) = dropped(load(directory))
    assert (found.reason, [widget.full_name for widget in found.widgets]) == (None, ["output/bars", "input/dial"])


# What is changed in the plugin into what, and how its reason ends, or what it holds.
BROKEN = {
    "no widget": ('Widget("bars", "output", HERE / "shown" / "bars.js")', "'bars'", "instances of tornado_ml.Widget."),
    "bad name": ('"bars",', '"bar chart",', "starts with a letter, a digit or '_'."),
    "bad model": ('"bars.js")', '"bars.js", "/")', "starts with a letter, a digit or '_'."),
    "bad kind": ('"output"', '"both"', 'has the kind \'both\'; it is "input" or "output".'),
    "text for a path": ('HERE / "shown" / "bars.js"', '"bars.js"', "is no pathlib.Path."),
    "relative path": ('HERE / "shown" / "bars.js"', 'Path("bars.js")', "begin it with Path(__file__).parent."),
    "no module": ('"bars.js"', '"look.css"', "must end in .js or .mjs, and not start with '_' or '.'."),
    "hidden module": ('"bars.js"', '"_draft.js"', "must end in .js or .mjs, and not start with '_' or '.'."),
    "not there": ('"bars.js"', '"lost.js"', "lost.js, is not there."),
    "two of one name": ('Widget("dial", "input"', 'Widget("bars", "output"', "returned two output widgets bars."),
    "two folders": ('"bars.js"', '"deep" / "lines.js"', "put them into one folder."),
}


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("kind", BROKEN)
def test_a_plugin_with_a_bad_widget_fails_with_its_reason(
    kind: str, drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    before, after, reason = BROKEN[kind]
    assert before in PLUGIN
    drop("a.py", PLUGIN.replace(before, after))
    (found,) = dropped(load(directory))
    assert found.state is PluginState.FAILED
    assert (found.reason or "").endswith(reason)
    assert found.widgets == []


def test_a_widget_beside_python_files_is_refused_since_all_there_is_public(
    drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    drop("a.py", PLUGIN.replace(' / "shown"', ""))
    (directory / "bars.js").touch()
    (found,) = dropped(load(directory))
    assert "stands beside Python files" in (found.reason or "")


@pytest.mark.usefixtures("shown")
def test_of_two_plugins_that_bring_the_same_widget_the_later_one_fails(
    drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    drop("a.py", PLUGIN)
    drop("b.py", PLUGIN)
    first, second = dropped(load(directory))
    assert second.reason == f"The output widget bars is there already, from plugin {first.key}."


@pytest.mark.usefixtures("shown")
def test_of_two_plugins_of_one_name_only_one_has_widgets(directory: Path, dropped: Dropped, drop: Drop) -> None:
    drop("a.py", PLUGIN)
    drop("more/a.py", PLUGIN.replace("HERE =", "HERE = Path(__file__).parents[1] #").replace('"bars"', '"others"'))
    host = PluginHost(directories=[directory, directory / "more"])
    host.load()
    first, second = dropped(host)
    assert second.reason == f"Widgets of a plugin a are served already, from {first.location}."


def test_a_model_has_the_widgets_that_are_for_any_and_those_that_are_for_it(shown: Path) -> None:
    widgets = Widgets()
    widgets.set(plugin("b/ä", Widget("bars", "output", shown / "bars.js")))
    widgets.set(plugin("a", Widget("dial", "input", shown / "dial.mjs", "iris")))
    version = WidgetFolder(shown).version
    assert [(one.widget.full_name, one.address) for one in widgets.of_model("iris")] == [
        ("input/dial", f"/widgets/a/{version}/dial.mjs"),
        ("output/bars", f"/widgets/b%2F%C3%A4/{version}/bars.js"),
    ]
    assert [one.widget.name for one in widgets.of_model("other")] == ["bars"]


def test_a_plugin_that_brings_none_any_more_has_no_folder(shown: Path) -> None:
    widgets = Widgets()
    found = plugin("a", Widget("bars", "output", shown / "bars.js"))
    widgets.set(found)
    assert widgets.folder("a") is not None
    found.bring_nothing()
    widgets.set(found)
    assert (widgets.folder("a"), widgets.of_model("iris")) == (None, [])


@pytest.mark.parametrize("path", ["bars.js", "deep/lines.js", "look.css", "picture.png"])
def test_what_stands_in_the_folder_is_public(shown: Path, path: str) -> None:
    file = WidgetFolder(shown).file(path)
    assert file is not None
    assert file.content == (shown / path).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            ".",
            "..",
            "../a.py",
            "deep/../../a.py",
            "/etc/passwd",
            "//etc/passwd",
            "deep//lines.js",
            "deep",
            "deep/",
        ),
        *("_draft.js", ".hidden", "lost.js", "bars.js/", "bars.js\0", "x" * 5000, "late.py"),
        *("secret.js", "outside/a.py", "loop.js"),
    ],
)
def test_nothing_else_is(shown: Path, path: str) -> None:
    (shown.parent / "a.py").write_text("secret")
    (shown / "late.py").write_text("secret")
    (shown / "secret.js").symlink_to(shown.parent / "a.py")
    (shown / "outside").symlink_to(shown.parent)
    (shown / "loop.js").symlink_to(shown / "loop.js")
    assert WidgetFolder(shown).file(path) is None


def test_the_version_changes_with_any_public_file_and_with_no_other(shown: Path) -> None:
    folder = WidgetFolder(shown)
    before = folder.version
    (shown / "_draft.js").write_text("another draft")
    assert folder.version == before
    (shown / "deep" / "lines.js").write_text("export const output = null;")
    os.utime(shown / "deep" / "lines.js", (1, 1))
    assert folder.version != before
