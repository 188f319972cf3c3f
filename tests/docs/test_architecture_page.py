"""The picture in docs/architecture.md is that of the tree, and of the contract that import-linter holds it to."""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def pictures(root: Path, blocks: Callable[[Path], Any]) -> Sequence[str]:
    """The tree, and the layers."""
    tree, layers = (block.text for block in blocks(root / "docs" / "architecture.md"))
    return tree, layers


def test_the_tree_shows_what_is_in_the_package(pictures: Sequence[str], root: Path) -> None:
    shown = set(re.findall(r"^[├└]── ([\w.]+)", pictures[0], re.MULTILINE))
    there = {path.name for path in (root / "tornado_ml").iterdir() if path.name != "__pycache__"}
    assert shown == there


def test_the_tree_shows_folders_and_files_that_exist(pictures: Sequence[str], root: Path) -> None:
    shown = re.findall(r"^([\w.]+/?)", pictures[0], re.MULTILINE)
    assert [name for name in shown if not (root / name).exists()] == []


def test_the_layers_are_those_of_the_contract(pictures: Sequence[str], root: Path) -> None:
    contract = configparser.ConfigParser()
    contract.read(root / "setup.cfg", encoding="utf-8")
    assert pictures[1].split("\n") == [*contract["importlinter:contract:layers"]["layers"].strip().split("\n"), ""]
