"""What strangers' bytes are read by: each target of `targets.py` with pieces of its seeds, and fuzzed by coverage."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
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
    options = [f"-runs={RUNS}", f"-max_total_time={MOST_S}", "-timeout=5", "-rss_limit_mb=1024", "-max_len=4096"]
    command = [sys.executable, str(HERE / "guided.py"), name, str(corpus), *options]
    done = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    assert "Done " in done.stderr


def test_no_target_is_forgotten() -> None:
    assert list(runpy.run_path(str(HERE / "targets.py"))["TARGETS"]) == TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_each_takes_its_seeds_and_pieces_of_them(name: str) -> None:
    target = runpy.run_path(str(HERE / "targets.py"))["TARGETS"][name]
    for seed in target.seeds:
        for end in range(0, len(seed), max(1, len(seed) // 100)):
            target.run(seed[:end])
        target.run(seed)
