from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import click
import pytest

from tornado_ml import __version__
from tornado_ml.cli.main import main

Run = Callable[..., subprocess.CompletedProcess[str]]


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(arguments, prog_name="tornado-ml")
    code = end.value.code
    assert isinstance(code, int)
    return code


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out == f"tornado-ml, version {__version__}\n"


@pytest.mark.parametrize("how", ["-h", "--help"])
def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str], how: str) -> None:
    assert call(how) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2]
    assert re.findall(r"^  (\w+) ", listed, re.MULTILINE) == sorted(main.commands)
    assert {"check", "models", "plugins", "predict", "serve"} <= set(main.commands)


@pytest.mark.parametrize("command", list(main.commands))
def test_each_command_explains_itself_and_each_of_its_options(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert call(command, "--help") == 0
    assert capsys.readouterr().out.startswith(f"Usage: tornado-ml {command} ")
    options = [param for param in main.commands[command].params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_what_is_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("serf") == 2
    assert "No such command 'serf'" in capsys.readouterr().err


def test_what_the_operator_can_mend_is_said_without_a_traceback(run: Run) -> None:
    done = run("models", "--settings", "nowhere.toml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: nowhere.toml: cannot be read: No such file or directory\n"
