"""Makes the pictures of the page that the documentation shows.

    python tests/web/screenshot.py [NAME ...]

Needs what the browser tests need, and the example plugins installed. Without names, all are made.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import MODELS, Service, launch_chromium
from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).parents[2] / "docs" / "images"


@dataclass(frozen=True)
class Picture:
    path: str
    act: Callable[[Any], None]
    width: int = 1200
    height: int = 830
    color_scheme: str = "light"


def look(page: Any) -> None:
    page.locator(".model-card").first.wait_for()


def ask(example: str) -> Callable[[Any], None]:
    def act(page: Any) -> None:
        page.get_by_role("button", name=example).click()
        page.get_by_role("button", name="Predict", exact=True).click()
        page.get_by_role("region", name="Prediction", exact=True).wait_for()

    return act


def write(page: Any) -> None:
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict", exact=True).click()
    page.wait_for_function("() => document.querySelector('.written')?.textContent.length > 220")
    page.evaluate("scrollTo(0, 0)")


def listen(page: Any) -> None:
    page.get_by_role("button", name="Start elnino_fast").click()
    page.wait_for_function("() => document.querySelectorAll('.values tbody tr').length > 5")
    page.locator(".live-card").last.evaluate("card => card.scrollIntoView()")
    # Until the line goes from one side to the other.
    page.wait_for_timeout(6500)


def compare(page: Any) -> None:
    page.get_by_role("button", name="Example 2").click()
    page.locator("summary", has_text="Versions side by side").click()
    page.get_by_role("button", name="Compare versions").click()
    page.get_by_role("table", name="Versions side by side").wait_for()
    page.locator("#versions").evaluate("tool => tool.scrollIntoView()")


def fill_in(page: Any) -> None:
    page.get_by_role("button", name="Example 2").click()


SHOTS = {
    "predict": Picture("/models/iris_model/predict", ask("Example 3"), height=860),
    "list": Picture("/", look, height=760),
    "text": Picture("/models/text_model/predict", write, 1000, 760),
    "live": Picture("/models/anomaly_model/predict", listen, 1000, 720, "dark"),
    "versions": Picture("/models/digits_model/predict", compare, height=790),
    "form": Picture("/models/every_kind/predict", fill_in, 820, 1180),
    "phone": Picture("/models/iris_model/predict", ask("Example 1"), 390, 844, "dark"),
}


def main(*names: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        plugins, form = Path(directory, "plugins"), Path(directory, "form")
        for place in (plugins, form):
            place.mkdir()
        shutil.copy(MODELS / "every_kind.py", form)
        (form / "settings.toml").write_text(f"[plugins]\ndirectories = ['{form}']\n")
        with_plugins = Service(plugins)
        with_form = Service(form, "--settings", str(form / "settings.toml"))
        for service, mine in ((with_plugins, set(SHOTS) - {"form"}), (with_form, {"form"})):
            wanted = mine & set(names or SHOTS)
            if wanted:
                take(browser, service, {name: SHOTS[name] for name in sorted(wanted)})
        browser.close()


def take(browser: Any, service: Service, pictures: dict[str, Picture]) -> None:
    service.start()
    try:
        service.wait_until_loaded()
        for name, picture in pictures.items():
            size = {"width": picture.width, "height": picture.height}
            page = browser.new_page(viewport=size, color_scheme=picture.color_scheme, reduced_motion="reduce")
            page.goto(service.url + picture.path)
            picture.act(page)
            page.mouse.move(0, 0)
            page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
            page.screenshot(path=PICTURES / f"{name}.png")
            page.close()
    finally:
        service.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
