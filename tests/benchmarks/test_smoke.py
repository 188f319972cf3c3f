"""That the benchmarks run. How fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_report_makes_of_the_results() -> None:
    command = [sys.executable, "-m", "benchmarks.report", "benchmarks/results.json"]
    page = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True, timeout=60).stdout
    assert (ROOT / "docs" / "benchmarks.md").read_text() == page


def test_a_scenario_leaves_its_figures_and_every_run_and_a_page_is_made_of_them(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks", "iris", "--seconds", "1", "--repeat", "1", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True, timeout=110)
    assert done.returncode == 0, done.stderr

    results = json.loads(file.read_text())
    (iris,) = results["scenarios"]
    assert [len(runs) for runs in iris["runs"].values()] == [1, 1, 1, 1]
    for (run,) in iris["runs"].values():
        assert run["answered"] == run["sent"] > 0
        assert run["errors"] == {}
        assert run["unanswered"] == run["dropped_connections"] == 0
        assert run["front_cpu_us"] > 0
    assert f"## {iris['title']}" in done.stdout
    assert results["machine"]["versions"] in done.stdout
    assert all(figure["name"] in done.stdout for figure in iris["figures"])
