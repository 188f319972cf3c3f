"""The shape of the tree: small files, a test beside each module, nothing of anyone's own machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

MAX_LINES = 400
TESTED_ELSEWHERE = {
    "tornado_ml/client/exchange.py": "tests/client/test_conversation.py",
    "tornado_ml/hookspecs.py": "tests/plugins/test_loading.py",
    "tornado_ml/inference/executors/known.py": "tests/inference/test_runner.py",
    "tornado_ml/settings/__main__.py": "tests/settings/test_reference.py",
    "tornado_ml/settings/declaration.py": "tests/settings/test_reading.py",
}
"""Modules without a test module of their own, and what tests them."""


def test_no_module_is_longer_than_400_lines(root: Path, tracked: Sequence[Path]) -> None:
    lengths = {
        path.as_posix(): len((root / path).read_text(encoding="utf-8").splitlines())
        for path in tracked
        if path.suffix in {".py", ".js", ".css"} and "vendor" not in path.parts
    }
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_each_module_has_a_test_module_in_the_mirror_or_is_listed_with_what_tests_it(tracked: Sequence[Path]) -> None:
    present = {path.as_posix() for path in tracked}
    modules = [path for path in tracked if path.parts[0] == "tornado_ml" and path.suffix == ".py"]
    untested = {
        module.as_posix()
        for module in modules
        if module.name != "__init__.py" and not any(_tests(module, candidate) for candidate in present)
    }
    assert untested == set(TESTED_ELSEWHERE)
    assert [path for path in TESTED_ELSEWHERE.values() if path not in present] == []


def _tests(module: Path, candidate: str) -> bool:
    """Whether `candidate` is tests/…/test_NAME.py, one of several test_NAME_….py there, or in tests/…/NAME/."""
    mirrored = (Path("tests", *module.parts[1:-1]) / f"test_{module.stem}").as_posix()
    folder = Path("tests", *module.parts[1:]).with_suffix("").as_posix()
    return candidate == f"{mirrored}.py" or candidate.startswith((f"{mirrored}_", f"{folder}/test_"))


def test_no_file_names_a_place_on_someones_machine(root: Path, tracked: Sequence[Path]) -> None:
    private = re.compile(r"(?<![\w.])/(?:root|work|tmp)/\w")
    texts = {path: content for path in tracked if b"\0" not in (content := (root / path).read_bytes())}
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, content in texts.items()
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1)
        if private.search(line)
    ]
    assert found == []
