"""The security page: the limits are those that are declared, and each claim has its test."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

from tornado_ml.settings.reference import describe

NO_LIMITS = {"server.port", "models.NAME.workers", "models.NAME.max_batch_wait_s"}
"""Numbers among the settings that bound nothing that anybody takes."""
HOLDERS = ("connection", "token", "address")


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_limit_among_the_settings_is_there_with_its_default(page: str) -> None:
    declared = {
        f"{section.header.strip('[]')}.{setting.key}": setting.default
        for section in describe()
        for setting in section.settings
        if setting.default is not None and re.fullmatch(r"[0-9.]+", setting.default)
    }
    said = {}
    for name, default in re.findall(r"^\| `([\w*.]+\.\w+)` \| ([0-9.]+) \|", page, re.MULTILINE):
        names = [name.replace("*", holder) for holder in HOLDERS] if "*" in name else [name]
        said |= {one: default for one in names if "*" not in name or one in declared}
    assert said == {name: default for name, default in declared.items() if name not in NO_LIMITS}


def test_every_constant_has_the_value_that_is_said(page: str) -> None:
    rows = re.findall(r"^\| `([\w.]+):(\w+)` \| ([0-9.]+) \|", page, re.MULTILINE)
    assert rows
    said = {f"{module}:{name}": float(value) for module, name, value in rows}
    assert said == {
        f"{module}:{name}": getattr(importlib.import_module(f"tornado_ml.{module}"), name) for module, name, _ in rows
    }


def test_every_claim_names_tests_and_they_exist(page: str, root: Path) -> None:
    chapter = page.partition("## What has gone wrong elsewhere")[2].partition("\n## ")[0]
    claims = re.findall(r"^- (.+?)(?=^- |^#|\Z)", chapter, re.DOTALL | re.MULTILINE)
    assert len(claims) > 25
    assert [claim for claim in claims if "`tests/" not in claim] == []
    named = re.findall(r"`(tests/[^`:]+)::([^`]+)`", page)
    assert [f"{path}::{name}" for path, name in named if not _exists(root / path, name)] == []


def _exists(file: Path, name: str) -> bool:
    if not file.is_file():
        return False
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".js":
        return f'test("{name}"' in text
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, functions) and node.name == name for node in ast.parse(text).body)
