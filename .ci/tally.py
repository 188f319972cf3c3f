"""Tells what a run of the tests covered: which Pythons ran, what did not run and why, and how many tests passed.

    python .ci/tally.py .tox py311 py312 py313 e2e wheel

reads .tox/reports/ENVIRONMENT.xml (JUnit, as pytest writes it), takes it away, so that none is counted twice, and
leaves what it prints in .tox/reports/tally.txt too. Fails when no unit test ran on any Python, as such a run proves
nothing, and with CI=true when a test was skipped, but for want of a program that CI_LACKS names.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Report:
    passed: int
    failed: int
    reasons: tuple[str, ...]
    """Why tests were skipped, one for each skipped test."""


def main(tox: Path, environments: list[str]) -> int:
    reports = {name: take(tox / "reports" / f"{name}.xml") for name in environments}
    known = [report for report in reports.values() if report]
    passed, failed = sum(report.passed for report in known), sum(report.failed for report in known)
    skipped = sum(len(report.reasons) for report in known)
    lacking = os.environ.get("CI_LACKS", "").split()
    unexplained = [
        reason for report in known for reason in report.reasons if not any(name in reason for name in lacking)
    ]
    lines = [
        f"{title(name) + ':':13}{sentence(report) if report else absence(tox, name)}"
        for name, report in reports.items()
    ]
    if not any(report and report.passed for name, report in reports.items() if python_version(name)):
        lines.append("FAILED: no unit test ran on any Python.")
    if unexplained and os.environ.get("CI"):
        lines.append("FAILED: in CI no test may be skipped, but for want of what CI_LACKS names.")
    lines.append(f"{passed} passed, {failed} failed, {skipped} skipped")
    text = "\n".join(lines)
    (tox / "reports").mkdir(parents=True, exist_ok=True)
    (tox / "reports" / "tally.txt").write_text(text + "\n", encoding="utf-8")
    print(text)
    return int("FAILED" in text)


def take(path: Path) -> Report | None:
    """The report at `path`, which is gone afterwards; None if there is none."""
    if not path.exists():
        return None
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    path.unlink()
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    reasons = tuple(case.find("skipped").get("message", "") for case in cases if case.find("skipped") is not None)
    return Report(len(cases) - len(failed) - len(reasons), len(failed), reasons)


def sentence(report: Report) -> str:
    reasons = "; ".join(dict.fromkeys(report.reasons))
    if not report.passed and not report.failed:
        return f"NOT RUN: {reasons or 'it has no tests'}"
    failed = f", {report.failed} failed" if report.failed else ""
    skipped = f", {len(report.reasons)} skipped: {reasons}" if reasons else ""
    return f"{report.passed} passed{failed}{skipped}"


def absence(tox: Path, name: str) -> str:
    version = python_version(name)
    if version and not (tox / name / "bin" / "python").exists():
        return f"NOT RUN: there is no Python {version} here"
    return "NO RESULT: it was left out, or broke off (see above)"


def title(name: str) -> str:
    version = python_version(name)
    return f"Python {version}" if version else name


def python_version(name: str) -> str | None:
    found = re.fullmatch(r"py(\d)(\d+)", name)
    return ".".join(found.groups()) if found else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
