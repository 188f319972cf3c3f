from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TALLY = Path(__file__).resolve().parents[2] / ".ci" / "tally.py"
PASSED = '<testcase name="a"/>'
FAILED = '<testcase name="b"><failure message="no"/></testcase>'
SKIPPED = '<testcase name="c"><skipped message="there is no chromium: install it"/></testcase>'


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def _tally(tox: Path, *names: str, **cases: str) -> subprocess.CompletedProcess[str]:
    reports = tox / "reports"
    reports.mkdir(exist_ok=True)
    for name, content in cases.items():
        (reports / f"{name}.xml").write_text(f"<testsuites><testsuite>{content}</testsuite></testsuites>", "utf-8")
    return subprocess.run([sys.executable, TALLY, tox, *names], capture_output=True, check=False, text=True)


def test_it_says_which_pythons_ran_what_did_not_and_why_and_counts_last(tmp_path: Path) -> None:
    (tmp_path / "py313" / "bin").mkdir(parents=True)
    (tmp_path / "py313" / "bin" / "python").touch()
    done = _tally(tmp_path, "py311", "py312", "py313", "e2e", py311=PASSED * 2 + FAILED + SKIPPED, e2e=SKIPPED)
    assert done.stdout.splitlines() == [
        "Python 3.11: 2 passed, 1 failed, 1 skipped: there is no chromium: install it",
        "Python 3.12: NOT RUN: there is no Python 3.12 here",
        "Python 3.13: NO RESULT: it was left out, or broke off (see above)",
        "e2e:         NOT RUN: there is no chromium: install it",
        "2 passed, 1 failed, 2 skipped",
    ]
    assert (tmp_path / "reports" / "tally.txt").read_text(encoding="utf-8") == done.stdout
    assert done.returncode == 0


def test_it_counts_no_report_twice(tmp_path: Path) -> None:
    _tally(tmp_path, "py311", py311=PASSED)
    assert "Python 3.11: NOT RUN" in _tally(tmp_path, "py311").stdout


def test_it_fails_when_no_unit_test_ran(tmp_path: Path) -> None:
    done = _tally(tmp_path, "py311", "e2e", e2e=PASSED)
    assert done.returncode == 1
    assert "FAILED: no unit test ran" in done.stdout


def test_it_fails_in_ci_when_a_test_was_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert _tally(tmp_path, "py311", py311=PASSED).returncode == 0
    done = _tally(tmp_path, "py311", "e2e", py311=PASSED, e2e=SKIPPED)
    assert done.returncode == 1
    assert "FAILED: in CI no test may be skipped" in done.stdout


def test_it_does_not_fail_for_want_of_a_program_that_ci_could_not_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("CI_LACKS", "nginx chromium")
    done = _tally(tmp_path, "py311", "e2e", py311=PASSED, e2e=SKIPPED)
    assert done.returncode == 0
    assert "there is no chromium" in done.stdout
