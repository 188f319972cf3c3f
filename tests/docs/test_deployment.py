"""The commands that take a systemd or a Docker to run: what can be said of them without."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

needs_systemd = pytest.mark.skipif(shutil.which("systemd-run") is None, reason="NOT RUN: install systemd")


def commands(page: Path, program: str) -> Iterator[list[str]]:
    """The calls of a program on a page, as a shell would take them."""
    for block in re.findall(r"^ *```console\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
        for command in re.findall(r"\$ ((?:.*\\\n)*.*)", block):
            words = shlex.split(command.replace("\\\n", " "))
            if program in words[:2]:
                yield words[words.index(program) + 1 :]


@needs_systemd
@pytest.mark.parametrize("name", ["README.md", "docs/how-to/run-as-a-service.md"])
def test_the_one_liners_ask_systemd_for_what_it_knows(root: Path, tmp_path: Path, name: str) -> None:
    known = subprocess.run(["systemd-run", "--help"], check=True, capture_output=True, text=True).stdout
    found = list(commands(root / name, "systemd-run"))
    assert len(found) == 2
    for number, words in enumerate(found):
        options = [word for word in words if word.startswith("--")]
        assert [one for one in options if one.partition("=")[0] not in re.findall(r"--[a-z-]+", known)] == []
        program, *arguments = words[len(options) :]
        assert (Path(program).name, arguments) == ("tornado-ml", ["serve"])
        given = [one.partition("=")[2] for one in options if one.startswith("--property=")]
        assert "--service-type=notify" in options
        unit = tmp_path / f"transient-{number}.service"
        unit.write_text("\n".join(["[Service]", "Type=notify", f"ExecStart={sys.executable}", *given, ""]))
        done = subprocess.run(
            ["systemd-analyze", "--man=no", "verify", unit], capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_what_docker_is_told_by_hand_is_what_the_composition_says(root: Path) -> None:
    composition = (root / "deploy" / "compose.yaml").read_text()
    (by_hand, *_) = (
        words for words in commands(root / "docs/how-to/run-in-a-container.md", "docker") if "run" in words
    )
    for words in ("no-new-privileges", "127.0.0.1:8765:8765", "ALL", str(Path("/", "tmp"))):
        assert words in by_hand
        assert words in composition
    for option, setting in {"--init": "init: true", "--read-only": "read_only: true"}.items():
        assert option in by_hand
        assert setting in composition
