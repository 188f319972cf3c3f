from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import pytest

from tornado_ml.cli.options import MakeWorld, World, world_options
from tornado_ml.errors import SettingsError
from tornado_ml.plugins import PluginOrigin

Ask = Callable[..., World]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The world of a command that is called with these arguments."""
    monkeypatch.delenv("APP_SETTINGS", raising=False)

    def ask(*arguments: str | Path, **overrides: object) -> World:
        @click.command()
        @world_options
        @click.option("--other")
        def command(make_world: MakeWorld, other: str | None) -> None:
            worlds.append(make_world(overrides))

        worlds: list[World] = []
        command.main([str(one) for one in arguments], standalone_mode=False)
        return worlds[0]

    return ask


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        [server]
        port = 1111
        host = "127.0.0.2"
        [plugins]
        disabled = ["iris"]
        models = [{module_name = "a", class_name = "A"}]
        directories = ["dropins"]
        [environments.Loud.server]
        port = 2222
        """
    )
    return path


def test_without_options_all_is_as_shipped(ask: Ask) -> None:
    world = ask()
    assert world.settings.server.port == 8765
    assert not world.settings.plugins.strict


def test_the_later_wins_file_environment_command_line(ask: Ask, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("--settings", file).settings.server.port == 1111
    assert ask("--settings", file, "--env", "Loud").settings.server.port == 2222
    monkeypatch.setenv("APP_SETTINGS", "Loud")
    assert ask("--settings", file).settings.server.port == 2222
    assert ask("--settings", file, "--env", "ProdConfig").settings.server.port == 1111
    monkeypatch.setenv("TORNADO_ML_SERVER__PORT", "3333")
    assert ask("--settings", file).settings.server.port == 3333
    world = ask("--settings", file, server={"port": 4444})
    assert (world.settings.server.port, world.settings.server.host) == (4444, "127.0.0.2")


def test_strict_comes_on_top_of_what_else_is_given(ask: Ask, file: Path) -> None:
    settings = ask("--settings", file, "--strict", server={"port": 4444}).settings
    assert (settings.plugins.strict, settings.server.port, settings.plugins.disabled) == (True, 4444, ("iris",))


def test_what_is_wrong_is_named(ask: Ask, file: Path) -> None:
    with pytest.raises(SettingsError, match=r'^--env: there is no environment "Quiet"; known are .*Loud'):
        ask("--settings", file, "--env", "Quiet")


def test_plugins_come_from_all_three_ways_unless_told_otherwise(ask: Ask, file: Path) -> None:
    (file.parent / "dropins").mkdir()
    (file.parent / "dropins" / "dropped.py").touch()
    found = {(plugin.name, plugin.origin) for plugin in ask("--settings", file).plugins.find()}
    assert {("dropped", PluginOrigin.DIRECTORY), ("a:A", PluginOrigin.SETTINGS)} <= found
    only = ask("--settings", file, "--no-plugins").plugins.find()
    assert [plugin.name for plugin in only] == ["a:A"]


def python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = [sys.executable, *options, "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)


NOISE = """
import os, subprocess, sys
from tornado_ml.cli.options import answers_only

def make_noise(when):
    print(f"print {when}")
    os.write(1, f"write {when}\\n".encode())
    subprocess.run(["echo", f"echo {when}"])

print("before")
with answers_only() as out:
    make_noise("during")
    out.write("the ä\\ud800nswer\\n")
    assert not out.isatty()
    make_noise("still")
print("after")
"""


def test_standard_output_is_for_answers_whoever_prints() -> None:
    done = python(NOISE)
    assert done.stdout == "before\nthe ä\\ud800nswer\nafter\n"
    lines = done.stderr.splitlines()
    assert set(lines) == {f"{how} {when}" for how in ("print", "write", "echo") for when in ("during", "still")}


def test_an_answer_is_there_as_soon_as_its_line_is_written() -> None:
    code = "import os\nfrom tornado_ml.cli.options import answers_only\n"
    code += "with answers_only() as out:\n    out.write('answer\\n')\n    os._exit(0)"
    assert python(code).stdout == "answer\n"


def test_standard_output_comes_back_after_an_exception() -> None:
    code = "from tornado_ml.cli.options import answers_only\ntry:\n    with answers_only() as out:\n        1 / 0\n"
    assert python(code + "except ZeroDivisionError:\n    print('back')").stdout == "back\n"
