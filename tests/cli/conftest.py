"""The real command, in a process of its own, and folders of plugins for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

WARNINGS = ["-W", "error", "-W", "ignore:unclosed <socket.socket:ResourceWarning"]
"""Each is an error, but for that of Tornado 6.6, which does not close a socket that it cannot bind."""

MODEL = """
    class {name}(MLModel):
        qualified_name = "{name}".lower()
        display_name = "{name}"
        description = "Answers with its input."
        major_version, minor_version = 1, 0
        input_schema = output_schema = {{}}

        def predict(self, data):
            return data
"""
PLUGIN = """
    from tornado_ml import MLModel, hookimpl
    {model}
    @hookimpl
    def register_models():
        return [{name}]
"""


@pytest.fixture(scope="session")
def environment() -> Mapping[str, str]:
    """The environment variables without any setting."""
    ours = re.compile(r"TORNADO_ML_|APP_SETTINGS$")
    return {name: value for name, value in os.environ.items() if not ours.match(name)}


@pytest.fixture(scope="session")
def run(environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs `tornado-ml` to its end, in an empty folder; a warning is an error."""

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *WARNINGS, "-P", "-m", "tornado_ml", *map(str, arguments)],
            cwd=tmp_path_factory.mktemp("elsewhere"),
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture(scope="session")
def plugin_text() -> Callable[[str], str]:
    """The text of a plugin with one model of that name, which answers with its input."""
    return lambda name: textwrap.dedent(PLUGIN).format(model=textwrap.dedent(MODEL).format(name=name), name=name)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """A folder with these files: `folder(echo="import nothing")` has an `echo.py`."""

    def folder(**texts: str) -> Path:
        path = tmp_path / "plugins"
        path.mkdir()
        for name, text in texts.items():
            (path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return folder


@pytest.fixture
def settings(tmp_path: Path, no_examples: str) -> Callable[..., Path]:
    """A settings file with this text; the example plugins are disabled in it."""

    def settings(text: str = "", *, directories: Path | None = None) -> Path:
        file = tmp_path / "settings.toml"
        found = "" if directories is None else f"directories = ['{directories}']\n"
        file.write_text(no_examples + found + textwrap.dedent(text), encoding="utf-8")
        return file

    return settings
