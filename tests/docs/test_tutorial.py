"""The tutorial, followed to its end in an empty folder."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path
from typing import Any

import pytest

PAGE = "docs/tutorial/first-model.md"
INSTALLATION = ".venv/bin/python -m pip install --editable ../tornado-ml"
# Instead of installing the service and all that it needs, the new environment borrows them from the test's own, without
# the example models. Python 3.11 puts a setuptools of its own, and an old one, into each new environment.
BORROWED = f"""
.venv/bin/python -m pip uninstall --quiet --yes setuptools
for entry in '{sysconfig.get_path("purelib")}'/*; do
    case $entry in
        *anomaly_model* | *digits_model* | *iris_model* | *text_model*) ;;
        *) ln -s "$entry" .venv/lib/python3.*/site-packages/ 2>/dev/null || true ;;
    esac
done
printf '#!/bin/sh\\nexec "$(dirname "$0")/python" -m tornado_ml "$@"\\n' > .venv/bin/tornado-ml
chmod +x .venv/bin/tornado-ml
"""
ENVIRON = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # which means that there is none: pip reads it as what `build_isolation` shall be
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


@pytest.mark.skipif(shutil.which("curl") is None, reason="NOT RUN: install curl")
def test_the_tutorial_works_from_its_first_line_to_its_last(root: Path, tmp_path: Path, reader: Any) -> None:
    (tmp_path / ".venv").unlink()
    page = root / PAGE
    assert page.read_text(encoding="utf-8").count(INSTALLATION) == 1
    reader.replaced = {INSTALLATION: BORROWED}
    reader.environ = ENVIRON
    reader.follow(page)
