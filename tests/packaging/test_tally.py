from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TALLY = Path(__file__).resolve().parents[2] / ".ci" / "tally.py"
PASSED = '<testcase name="a"/>'
FAILED = '<testcase name="b"><failure message="no"/></testcase>'
SKIPPED = '<testcase name="c"><skipped message="NOT RUN: install Chromium"/></testcase>'


def _tally(reports: Path, *names: str, **cases: str) -> subprocess.CompletedProcess[str]:
    for name, content in cases.items():
        (reports / f"{name}.xml").write_text(f"<testsuites><testsuite>{content}</testsuite></testsuites>", "utf-8")
    command = [sys.executable, str(TALLY), str(reports), *names]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def test_it_says_which_pythons_ran_what_did_not_and_why_and_counts_last(tmp_path: Path) -> None:
    done = _tally(tmp_path, "py311", "py312", "e2e", py311=PASSED * 2 + FAILED, e2e=SKIPPED)
    assert done.stdout.splitlines() == [
        "Python 3.11: 2 passed, 1 failed",
        "Python 3.12: NOT RUN: there is no Python 3.12 here, or its environment could not be made (see above)",
        "e2e:         NOT RUN: install Chromium",
        "2 passed, 1 failed, 1 skipped",
    ]
    assert (tmp_path / "tally.txt").read_text(encoding="utf-8") == done.stdout
    assert done.returncode == 0


def test_it_counts_no_report_twice(tmp_path: Path) -> None:
    _tally(tmp_path, "py311", py311=PASSED)
    assert "Python 3.11: NOT RUN" in _tally(tmp_path, "py311").stdout


def test_it_fails_when_no_unit_test_ran(tmp_path: Path) -> None:
    done = _tally(tmp_path, "py311", "e2e", e2e=PASSED)
    assert done.returncode == 1
    assert "No unit test ran" in done.stderr
