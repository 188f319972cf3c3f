"""Makes the README's picture of the page: the iris model's form with an answer.

    python tests/web/screenshot.py [FILE]

Needs what the browser tests need, and the iris plugin installed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from conftest import Service, launch_chromium
from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "predict.png"
SIZE = {"width": 1200, "height": 830}


def main(picture: Path = PICTURE) -> None:
    picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        service = Service(Path(directory))
        service.start()
        try:
            browser = launch_chromium(playwright)
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto(f"{service.url}/models/iris_model/predict")
            page.get_by_role("button", name="Example 3").click()
            page.get_by_role("button", name="Predict").click()
            page.get_by_role("region", name="Prediction").wait_for()
            page.mouse.move(0, 0)
            page.evaluate("document.activeElement.blur()")
            page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
            page.screenshot(path=picture)
            browser.close()
        finally:
            service.stop()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
