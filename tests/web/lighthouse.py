"""Prints what Lighthouse says of the page: its first load on a simulated phone on slow 4G, and its accessibility.

    python tests/web/lighthouse.py [--runs 5] [PATH …]

Needs what the browser tests need, npx (which fetches Lighthouse, 185 MB, when it is first asked), and the iris plugin
installed. The figures depend on the machine and on what else it does: they are for people, and no test asks for them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from conftest import CHROMIUM_ARGUMENTS, Service, chromium

LIGHTHOUSE = "lighthouse@12.8.2"
PATHS = ["/models/iris_model/predict", "/models/iris_model/metadata", "/"]
TRIES = 3
TIMEOUT_S = 300
FIGURES = {
    "first paint, ms": "first-contentful-paint",
    "largest paint, ms": "largest-contentful-paint",
    "speed index, ms": "speed-index",
    "main thread blocked, ms": "total-blocking-time",
    "layout shift": "cumulative-layout-shift",
    "transferred, bytes": "total-byte-weight",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", default=PATHS, metavar="PATH")
    parser.add_argument("--runs", type=int, default=5, help="the median of this many is printed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        service = Service(Path(directory))
        service.start()
        try:
            service.wait_until_loaded()
            for path in options.paths:
                show(path, [judged(service.url + path) for _ in range(options.runs)])
        finally:
            service.stop()


def judged(url: str) -> dict[str, Any]:
    """Lighthouse's report, by its defaults: a slow phone (4 times slower), 150 ms round trip, 1.6 Mbit/s, simulated."""
    command = ["npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json"]
    command += [f"--chrome-flags=--headless=new {' '.join(CHROMIUM_ARGUMENTS)}"]
    command += ["--only-categories=performance,accessibility"]
    environment = os.environ | {"CHROME_PATH": chromium() or ""}
    for left in reversed(range(TRIES)):  # now and then it misses the beginning of its own trace
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, timeout=TIMEOUT_S, check=not left)
        if done.returncode == 0:
            break
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def show(path: str, reports: list[dict[str, Any]]) -> None:
    print(path)
    for name in ("performance", "accessibility"):
        score = statistics.median(100 * one["categories"][name]["score"] for one in reports)
        print(f"  {name + ', of 100':26}{score:.0f}")
    for words, audit in FIGURES.items():
        print(f"  {words:26}{statistics.median(one['audits'][audit]['numericValue'] for one in reports):.4g}")
    requests = reports[0]["audits"]["network-requests"]["details"]["items"]
    print(f"  {'requests':26}{len(requests)}")
    faults = [
        audit["title"]
        for audit in reports[0]["audits"].values()
        if audit["score"] is not None and audit["score"] < 0.9 and audit["scoreDisplayMode"] != "informative"
    ]
    for fault in faults:
        print(f"    - {fault}")


if __name__ == "__main__":
    main()
