"""Which token a command shows: that of the file, or else of the variable."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tornado_ml.cli.identity import token_option


@click.command()
@token_option
def command(token: str | None) -> None:
    click.echo(repr(token))


def told(*arguments: str, **variables: str) -> str:
    result = CliRunner().invoke(command, arguments, env={"TORNADO_ML_TOKEN": None, **variables})
    return str(result.output)


def test_without_any_there_is_none() -> None:
    assert told() == "None\n"
    assert told(TORNADO_ML_TOKEN="") == "None\n"


def test_the_file_goes_before_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("t1\n")
    assert told(TORNADO_ML_TOKEN="t2") == "'t2'\n"
    assert told("--token-file", str(file), TORNADO_ML_TOKEN="t2") == "'t1'\n"


@pytest.mark.parametrize("content", [b"", b"\n", b"a b", b"a\nb", b"\xff"])
def test_a_file_with_anything_else_in_it_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    assert told("--token-file", str(file)) == f"Error: {file} must have one token in it, and nothing else.\n"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "cannot be read: No such file or directory." in told("--token-file", str(tmp_path / "none"))


def test_no_token_can_be_given_on_the_command_line() -> None:
    assert "No such option" in told("--token", "t1")
