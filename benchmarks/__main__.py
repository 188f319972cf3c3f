"""`python -m benchmarks [SCENARIO ...]`"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.harness import Effort, progress
from benchmarks.machine import describe
from benchmarks.report import page
from benchmarks.scenarios import NAMES, OPTIONAL, scenario


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the service; prints a page.")
    parser.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        help=f"of {', '.join(NAMES)}; {', '.join(OPTIONAL)}; all but the last",
    )
    parser.add_argument("--seconds", type=float, default=4, help="how long each run is measured (%(default)s)")
    parser.add_argument(
        "--repeat", type=int, default=5, help="how many runs each figure is the median of (%(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured here")
    given = parser.parse_args()
    if unknown := sorted(set(given.scenarios) - {*NAMES, *OPTIONAL}):
        parser.error(f"no such scenario: {', '.join(unknown)}")
    results: dict[str, Any] = {
        "machine": describe(),
        "effort": f"medians of {given.repeat} runs of {given.seconds:g} s, by turns",
        "scenarios": [],
    }
    for name in given.scenarios or NAMES:
        progress(name)
        one = scenario(name)
        findings = one.run(Effort(given.seconds, given.repeat))
        results["scenarios"].append({"name": name, "title": one.title, "what": one.what, **asdict(findings)})
        if given.json:
            given.json.write_text(json.dumps(results) + "\n", encoding="utf-8")
    sys.stdout.write(page(results))


if __name__ == "__main__":
    main()
