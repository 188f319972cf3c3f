"""What the code keeps away from, wherever it is: running what comes as data, and opening what a client names."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

SERIALISERS_OF_CODE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "torch"}
CLIENTS = {
    *("urllib.request", "http.client", "requests", "httpx", "aiohttp", "ftplib", "smtplib"),
    *("tornado.httpclient", "tornado.simple_httpclient", "tornado.tcpclient"),
}
RUNNERS = {"eval", "exec", "compile", "execfile"}
SHELLS = {"os.system", "os.popen", "subprocess.getoutput", "asyncio.create_subprocess_shell"}


def _trees(root: Path, tracked: Sequence[Path]) -> Iterator[tuple[str, ast.Module]]:
    for path in tracked:
        is_code = path.parts[0] in {"tornado_ml", "plugins"} and "tests" not in path.parts
        if is_code and path.suffix == ".py":
            yield path.as_posix(), ast.parse((root / path).read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _called(tree: ast.Module) -> Iterator[str]:
    return (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_nothing_is_unpickled_but_what_our_own_processes_send(root: Path, tracked: Sequence[Path]) -> None:
    found = {path for path, tree in _trees(root, tracked) if SERIALISERS_OF_CODE & set(_imported(tree))}
    assert found == {"tornado_ml/inference/executors/process/channel.py"}


def test_no_text_is_run_as_code(root: Path, tracked: Sequence[Path]) -> None:
    assert {
        path: RUNNERS & set(_called(tree)) for path, tree in _trees(root, tracked) if RUNNERS & set(_called(tree))
    } == {}
    assert {path for path, tree in _trees(root, tracked) if SHELLS & set(_called(tree))} == set()
    shells = [
        path
        for path, tree in _trees(root, tracked)
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "shell"
    ]
    assert shells == []


def test_the_service_opens_no_address(root: Path, tracked: Sequence[Path]) -> None:
    """The client and the kit for tests do: they are no part of it."""
    found = {path for path, tree in _trees(root, tracked) if CLIENTS & set(_imported(tree))}
    assert {path for path in found if not path.startswith("tornado_ml/client/")} == {"tornado_ml/testing.py"}


def test_the_security_rules_are_on_for_all_but_tests(root: Path) -> None:
    """`assert` (S101) says what a reader may rely on, and nothing that a client could bring about."""
    lint = tomllib.loads((root / "ruff.toml").read_text(encoding="utf-8"))["lint"]
    assert "S" in lint["select"]
    assert [rule for rule in lint["ignore"] if rule.startswith("S")] == ["S101"]
    exempt = {
        pattern
        for pattern, rules in lint["per-file-ignores"].items()
        if any(re.match(r"S\d*$", rule) for rule in rules)
    }
    assert exempt == {".ci/**", "tests/**", "plugins/*/tests/**"}
