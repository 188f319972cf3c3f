"""Prints what a live chart costs: 60 values a second for a minute, of the page's main thread and of its memory.

    python tests/web/chart_cost.py [--seconds 60]

Needs what the browser tests need. The figures depend on the machine and on what else it does: they are for people, and
no test asks for them.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from conftest import TIMEOUT_MS, Service, launch_chromium, make_service
from playwright.sync_api import sync_playwright

LOOK_EVERY_S = 10
SETTLE_S = 3


class Cost:
    """What the main thread of a page has done so far, and what it holds, as the DevTools protocol tells it."""

    def __init__(self, page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")

    def look(self) -> dict[str, float]:
        self._session.send("HeapProfiler.collectGarbage")
        return {one["name"]: one["value"] for one in self._session.send("Performance.getMetrics")["metrics"]}


def start_wave(page, service: Service) -> None:
    page.goto(f"{service.url}/models/wave/predict")
    page.get_by_role("button", name="Start ticking").click()
    page.locator(".chart canvas").first.wait_for()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as started:
        service = make_service(Path(directory))
        browser = launch_chromium(started)
        service.start()
        try:
            service.wait_until_loaded("wave")
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            page.set_default_timeout(TIMEOUT_MS)
            start_wave(page, service)
            measure(page, options.seconds)
        finally:
            browser.close()
            service.stop()


def measure(page, seconds: int) -> None:
    page.wait_for_timeout(SETTLE_S * 1000)
    cost = Cost(page)
    first = before = cost.look()
    print("after, s  main thread, %  script, %  layout and style, %  memory, kB  nodes")
    for passed in range(LOOK_EVERY_S, seconds + 1, LOOK_EVERY_S):
        page.wait_for_timeout(LOOK_EVERY_S * 1000)
        now = cost.look()
        print(f"{passed:8}  {told(before, now)}")
        before = now
    print(f"in all    {told(first, before)}")


def told(before: dict[str, float], now: dict[str, float]) -> str:
    """What was used between two looks, in percent of the time, and what is held at the second."""
    took = now["Timestamp"] - before["Timestamp"]

    def share(*names: str) -> float:
        return 100 * sum(now[name] - before[name] for name in names) / took

    thread, script = share("TaskDuration"), share("ScriptDuration")
    layout = share("LayoutDuration", "RecalcStyleDuration")
    heap = now["JSHeapUsedSize"] / 1000
    return f"{thread:14.1f}  {script:9.1f}  {layout:19.1f}  {heap:10.0f}  {now['Nodes']:5.0f}"


if __name__ == "__main__":
    main()
