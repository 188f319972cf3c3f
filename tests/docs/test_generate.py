"""What is derived is not stale, and says so when it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def generate(root: Path):
    def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "docs/generate.py", *map(str, arguments)]
        return subprocess.run(command, cwd=root, capture_output=True, check=False, text=True)

    return generate


def test_no_derived_file_is_stale(generate) -> None:
    done = generate("--check")
    assert done.stderr == ""
    assert done.returncode == 0


def test_what_was_made_is_not_made_again_and_what_is_stale_is_named(generate, tmp_path: Path) -> None:
    made = generate("--into", tmp_path).stdout
    assert "docs/reference/protocol.md is made anew." in made
    assert generate("--into", tmp_path).stdout == ""
    stale = tmp_path / "docs" / "reference" / "rest.md"
    stale.write_text("old", encoding="utf-8")
    (tmp_path / "settings.toml").unlink()
    checked = generate("--check", "--into", tmp_path)
    assert checked.returncode == 1
    assert checked.stderr.splitlines() == [
        "settings.toml is stale: run `make docs`.",
        "docs/reference/rest.md is stale: run `make docs`.",
    ]
    assert stale.read_text(encoding="utf-8") == "old"


def test_every_file_in_the_reference_is_derived(generate, root: Path, tmp_path: Path) -> None:
    generate("--into", tmp_path)
    made = {path.name for path in (tmp_path / "docs" / "reference").iterdir()}
    assert {path.name for path in (root / "docs" / "reference").iterdir()} == made


def test_a_template_that_names_an_unknown_part_or_leaves_one_out_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(root / "docs"))
    from generator.pages import BadTemplate, filled

    parts = {"events": lambda: "| events |", "errors": lambda: "| errors |"}
    assert filled("# {{ events }}\n{{ errors }}", parts, "x.md") == "# | events |\n| errors |"
    with pytest.raises(BadTemplate, match=r"docs/templates/x.md: unknown \['evnts'\], missing \['errors', 'events'\]"):
        filled("# {{ evnts }}", parts, "x.md")
