from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tornado_ml import __version__


def test_the_module_is_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tornado_ml", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True, timeout=60)
    assert done.stdout == f"tornado-ml, version {__version__}\n"
    assert done.stderr == ""
