"""The many ways a plugin can be broken: each is told, and none hurts another plugin."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from tornado_ml.plugins import Plugin, PluginHost, PluginState

Drop = Callable[..., Path]
Load = Callable[..., PluginHost]
Dropped = Callable[[PluginHost], list[Plugin]]

NO_HOOK = "It implements no hook; is register_models marked with @tornado_ml.hookimpl?"
# What is changed in a good plugin into what, or all it has instead, and what its reason begins with.
BROKEN = {
    "import error": ("", "import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
    "syntax error": ("", "def register_models(:", "SyntaxError: invalid syntax (plugin.py, line 1)"),
    "sys.exit at import": ("", "import sys; sys.exit(3)", "SystemExit: 3"),
    "sys.exit without a word": ("", "import sys; sys.exit()", "SystemExit"),
    "misspelled hook": (
        "def register_models",
        "def register_modles",
        "It implements the hook register_modles, which is unknown; did you mean register_models?",
    ),
    "unmarked hook": ("@hookimpl", "", NO_HOOK),
    "nothing at all": ("", "", NO_HOOK),
    "wrong hook argument": ("register_models()", "register_models(config)", "Plugin 'tornado_ml_plugin_plugin_"),
    "hook that raises": ("return [Good]", "return {}['x']", "KeyError: 'x'"),
    "hook that exits": ("return [Good]", "raise SystemExit('no')", "SystemExit: no"),
    "generator that raises": ("return [Good]", "yield Good; raise OSError('gone')", "OSError: gone"),
    "forgotten return": (
        "return [Good]",
        "[Good]",
        "register_models returned None; it must return a list of model classes.",
    ),
    "one class, no list": (
        "return [Good]",
        "return Good",
        "register_models returned <class 'tornado_ml_plugin_plugin_",
    ),
    "text": (
        "return [Good]",
        "return 'Good'",
        "register_models returned 'Good'; it must return a list of model classes.",
    ),
    "names of classes": (
        "return [Good]",
        "return ['Good']",
        "register_models returned 'Good'; it must return model classes, not instances.",
    ),
    "int": (
        "return [Good]",
        "return [Good, int]",
        "register_models returned <class 'int'>, which is no model class: it has no predict().",
    ),
    "instance": ("return [Good]", "return [Good()]", "register_models returned <tornado_ml_plugin_"),
    "bad name": ('"good"', '"no good"', "The qualified_name 'no good' is refused"),
    "abstract class": ("predict", "forecast", "The class Good is abstract; it lacks: predict."),
    "constructor with arguments": (
        "def predict",
        "def __init__(self, path): ...\n\n    def predict",
        "<class 'tornado_ml_plugin_plugin_",
    ),
}


def broken(good: str, how: str) -> str:
    old, new, _ = BROKEN[how]
    return good.replace(old, new) if old else new


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_plugin_fails_with_its_reason_and_the_good_ones_beside_it_load(
    drop: Drop, directory: Path, good: str, load: Load, dropped: Dropped, how: str
) -> None:
    drop("plugin.py", broken(good, how))
    drop("before.py")
    drop("zebra.py")
    before, plugin, zebra = dropped(load(directory))
    assert (plugin.name, plugin.state) == ("plugin", PluginState.FAILED)
    assert plugin.reason is not None
    assert plugin.reason.startswith(BROKEN[how][2])
    assert "\n" not in plugin.reason
    assert plugin.registrations == []
    for other in (before, zebra):
        assert (other.state, other.reason) == (PluginState.LOADED, None)
        assert [registration.identity for registration in other.registrations] == [("good", (1, 2))]


def test_a_reason_says_what_the_constructor_and_the_hook_want(
    drop: Drop, directory: Path, good: str, load: Load, dropped: Dropped
) -> None:
    drop("constructor.py", broken(good, "constructor with arguments"))
    drop("hook.py", broken(good, "wrong hook argument"))
    constructor, hook = (plugin.reason or "" for plugin in dropped(load(directory)))
    assert constructor.endswith("Good'> cannot be called without arguments: missing a required argument: 'path'.")
    assert "Argument(s) {'config'} are declared in the hookimpl but can not be found in the hookspec" in hook


def test_a_plugin_that_is_wrong_in_two_ways_leaves_nothing_behind(
    drop: Drop, directory: Path, good: str, load: Load, dropped: Dropped
) -> None:
    drop("broken.py", broken(good, "wrong hook argument") + "\n@hookimpl\ndef a_hook(): ...\n")
    drop("good.py")
    assert [plugin.state for plugin in dropped(load(directory))] == [PluginState.FAILED, PluginState.LOADED]


def test_a_failure_is_logged_with_name_place_reason_and_traceback(
    drop: Drop, directory: Path, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    path = drop("broken.py", "1 / 0")
    load(directory)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == f"Plugin broken from {path} failed: ZeroDivisionError: division by zero"
    assert record.exc_info is not None


def test_what_a_person_can_mend_is_logged_without_a_traceback(
    drop: Drop, directory: Path, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    drop("broken.py", "")
    load(directory)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is None


def test_ctrl_c_is_not_a_plugins_failure(drop: Drop, directory: Path, load: Load) -> None:
    drop("interrupted.py", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load(directory)


def test_a_fault_that_shows_later_fails_a_plugin_once(
    drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    drop("good.py")
    host = load(directory)
    (plugin,) = dropped(host)
    host.fail("nobody", "no such plugin")
    host.fail(plugin.key, "its model is no model")
    host.fail(plugin.key, "and another thing")
    assert plugin.reason == "its model is no model"
    assert host.failed() == [plugin]
    assert plugin.registrations == []
