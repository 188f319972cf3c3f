"""What strangers' bytes are read by, fuzzed by coverage: each target of `targets.py`, in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TARGETS = ["json", "msgpack", "tensors", "hosts", "credentials", "forwarded", "toml"]
RUNS = 1_000_000
MOST_S = 30
"""Whichever comes first."""


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_that_is_read_comes_as_a_surprise(name: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="NOT RUN: atheris is not installed (pip install 'tornado-ml[soak]')")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    script = Path(__file__).with_name("targets.py")
    options = [f"-runs={RUNS}", f"-max_total_time={MOST_S}", "-timeout=5", "-rss_limit_mb=1024", "-max_len=4096"]
    command = [sys.executable, str(script), name, str(corpus), *options]
    done = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    assert "Done " in done.stderr


def test_no_target_is_forgotten() -> None:
    text = Path(__file__).with_name("targets.py").read_text(encoding="utf-8")
    assert re.findall(r'^    "(\w+)": Target\(', text, re.MULTILINE) == TARGETS
