"""Tells what a run of the tests covered: which Pythons ran, what did not run and why, and how many tests passed.

    python .ci/tally.py REPORTS ENVIRONMENT...

reads REPORTS/ENVIRONMENT.xml (JUnit, as pytest writes it), leaves what it prints in REPORTS/tally.txt too, and takes
the reports away, so that none is counted twice. Fails when no unit test ran on any Python: such a run proves nothing.
"""

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


def main(directory: Path, environments: list[str]) -> int:
    reports = {name: take(directory / f"{name}.xml") for name in environments}
    known = [report for report in reports.values() if report]
    passed, failed = sum(report.passed for report in known), sum(report.failed for report in known)
    skipped = sum(len(report.reasons) for report in known)
    lines = [f"{title(name) + ':':13}{sentence(name, report)}" for name, report in reports.items()]
    lines.append(f"{passed} passed, {failed} failed, {skipped} skipped")
    text = "\n".join(lines)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "tally.txt").write_text(text + "\n", encoding="utf-8")
    print(text)
    if not any(report and report.passed for name, report in reports.items() if python_version(name)):
        print("No unit test ran: install one of the Pythons named above.", file=sys.stderr)
        return 1
    return 0


def take(path: Path) -> Report | None:
    """The report at `path`, which is gone afterwards; None if there is none."""
    if not path.exists():
        return None
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    path.unlink()
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    reasons = tuple(case.find("skipped").get("message", "") for case in cases if case.find("skipped") is not None)
    return Report(len(cases) - len(failed) - len(reasons), len(failed), reasons)


def sentence(name: str, report: Report | None) -> str:
    if report is None:
        version = python_version(name)
        missing = f"there is no Python {version} here, or " if version else ""
        return f"NOT RUN: {missing}its environment could not be made (see above)"
    counts = f"{report.passed} passed" + (f", {report.failed} failed" if report.failed else "")
    if not report.reasons:
        return counts
    skipped = f"{len(report.reasons)} skipped ({'; '.join(dict.fromkeys(report.reasons))})"
    return f"{counts}, {skipped}" if report.passed or report.failed else "; ".join(dict.fromkeys(report.reasons))


def title(name: str) -> str:
    version = python_version(name)
    return f"Python {version}" if version else name


def python_version(name: str) -> str | None:
    found = re.fullmatch(r"py(\d)(\d+)", name)
    return ".".join(found.groups()) if found else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
