from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

from tornado_ml.testing import running_server

Run = Callable[..., subprocess.CompletedProcess[str]]
Settings = Callable[..., Path]
Folder = Callable[..., Path]
Text = Callable[[str], str]

LATE = """
    import os
    print("a plugin may print")
    os.write(1, b"and write\\n")

    from tornado_ml import hookimpl

    @hookimpl
    def register_models():
        return [lambda: 5]
"""


@pytest.fixture
def motley(dropins: Path, folder: Folder, settings: Settings) -> Path:
    """Settings with plugins that load and plugins that fail, at once and late."""
    file = settings()
    late = folder(late=LATE, early="import nowhere", unwanted="1 / 0")
    text = file.read_text().replace("'text'", "'text', 'unwanted'")
    file.write_text(f"{text}directories = ['{dropins}', '{late}']\n[models.ghost]\n")
    return file


def rows(done: subprocess.CompletedProcess[str]) -> list[list[str]]:
    return [line.split(maxsplit=3) for line in done.stdout.splitlines()]


def test_the_models_are_listed_with_their_versions_and_states(run: Run, motley: Path) -> None:
    done = run("models", "--settings", motley)
    assert rows(done) == [
        ["MODEL", "VERSION", "STATE"],
        ["adder", "1.0", "ready", "Adder"],
        ["broken", "1.0", "ready", "Broken"],
        ["counter", "1.0", "ready", "Counter"],
        ["echo", "2.0", "ready", "Echo"],
        ["echo", "1.2", "ready", "Echo"],
        ["echo", "1.0", "ready", "Echo"],
        ["slow", "1.0", "ready", "Slow"],
        ["unloadable", "1.0", "failed", "OSError: the parameters are not there"],
    ]
    assert done.returncode == 0
    assert "Plugins that failed: early, late. See: tornado-ml plugins\n" in done.stderr


def test_the_plugins_are_listed_with_what_they_brought_or_why_they_failed(run: Run, motley: Path) -> None:
    done = run("plugins", "--settings", motley)
    found = {name: (state, what) for name, _, state, what in rows(done)[1:]}
    assert found["broken"] == ("loaded", "broken, unloadable")
    assert found["echo"] == ("loaded", "echo")
    assert found["early"] == ("failed", "ModuleNotFoundError: No module named 'nowhere'")
    assert found["unwanted"][0] == "disabled"
    assert found["late"][0] == "failed"
    assert found["late"][1].startswith("5 is no model: ")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


@pytest.mark.parametrize("command", ["models", "plugins"])
def test_json_is_the_document_of_rest_and_nothing_else(run: Run, motley: Path, command: str) -> None:
    done = run(command, "--json", "--settings", motley)
    opener = build_opener(ProxyHandler({}))
    with running_server(settings=motley) as server, opener.open(f"{server.url}/api/{command}") as response:
        assert json.loads(done.stdout) == json.load(response)


def test_a_long_reason_is_wrapped_and_its_paths_can_be_copied(run: Run, folder: Folder, settings: Settings) -> None:
    path = "/".join(["somewhere"] * 20)
    done = run(
        "plugins", "--settings", settings(directories=folder(bad=f"raise OSError('not found: {path} is not there')"))
    )
    lines = done.stdout.splitlines()
    (start,) = [number for number, line in enumerate(lines) if line.startswith("bad ")]
    said = lines[start : start + 3]
    assert said[1].strip() == path
    assert said[2].strip() == "is not there"


@pytest.mark.parametrize("command", ["models", "plugins"])
def test_strict_mode_lists_all_and_exits_1_naming_the_faults(run: Run, motley: Path, command: str) -> None:
    done = run(command, "--json", "--strict", "--settings", motley)
    assert done.returncode == 1
    assert json.loads(done.stdout)[command]
    for fault in [
        "Error: Plugin early failed: ModuleNotFoundError: No module named 'nowhere'\n",
        "Plugin late failed: 5 is no model",
        "Model unloadable 1.0 failed: OSError: the parameters are not there\n",
        "The settings have [models.ghost], and there is no such model.\n",
    ]:
        assert fault in done.stderr


@pytest.mark.parametrize("command", ["models", "plugins"])
def test_nothing_to_list_is_said_with_what_to_do(run: Run, command: str) -> None:
    done = run(command, "--no-plugins")
    assert done.stdout.startswith(f"There are no {command}. Install a model package, or ")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(run(command, "--no-plugins", "--json").stdout) == {command: []}


def test_a_plugin_without_models_is_listed_with_its_place(run: Run, folder: Folder, settings: Settings) -> None:
    text = "from tornado_ml import hookimpl\n__version__ = '0.7'\n@hookimpl\ndef register_models():\n    return []\n"
    path = folder(idle=text)
    done = run("plugins", "--settings", settings(directories=path))
    (row,) = [row for row in rows(done) if row[0] == "idle"]
    assert row == ["idle", "0.7", "loaded", f"from {path / 'idle.py'}"]


def test_a_plugin_is_listed_with_its_sources(run: Run, folder: Folder, settings: Settings) -> None:
    text = """
    from tornado_ml import PushSource, hookimpl
    @hookimpl
    def register_sources():
        return [PushSource(name, name, "echo") for name in ("ticks", "countdown")]
    """
    done = run("plugins", "--settings", settings(directories=folder(ticking=text)))
    (row,) = [row for row in rows(done) if row[0] == "ticking"]
    assert row == ["ticking", "-", "loaded", "echo/countdown, echo/ticks"]


def test_the_same_class_by_two_ways_is_one_model_of_both_plugins(
    run: Run, folder: Folder, settings: Settings, plugin_text: Text
) -> None:
    path = folder(echo=plugin_text("Echo"))
    file = settings("[[plugins.models]]\nmodule_name = 'echo'\nclass_name = 'Echo'", directories=path)
    done = run("plugins", "--json", "--settings", file, PYTHONPATH=str(path))
    found: Any = {one["name"]: one for one in json.loads(done.stdout)["plugins"] if one["origin"] != "entry_point"}
    none: dict[str, list[str]] = {"widgets": [], "observers": [], "authenticators": []}
    assert {name: (one["state"], one["registered"]) for name, one in found.items()} == {
        "echo": ("loaded", {"models": ["echo"], "sources": [], **none}),
        "echo:Echo": ("loaded", {"models": ["echo"], "sources": [], **none}),
    }
