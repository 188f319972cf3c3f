"""A real service, started by its command, and a real Chromium that looks at it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.server.ui import PAGE_HEADERS

MODELS = Path(__file__).parent / "models"
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
]
STOP_S = 20
LOAD_S = 120
TIMEOUT_MS = 20_000


class Service:
    """`tornado-ml serve` in a process of its own; can be stopped, and started again at the same address."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.arguments = arguments
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        port = self.url.rpartition(":")[2] or "0"
        command = [Path(sys.executable).with_name("tornado-ml"), "serve", "--port", port, *self.arguments]
        with (self.directory / "service.log").open("a") as log:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | {"TEST_MODEL_GATES": str(self.directory)},
            )
        assert self._process.stdout is not None
        first_line = self._process.stdout.readline()
        assert "serving on " in first_line, (self.directory / "service.log").read_text()
        self.url = first_line.split()[-1]

    def wait_until_loaded(self, *names: str) -> None:
        """Returns when these models, or all, are not loading any more."""
        deadline = time.monotonic() + LOAD_S
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{self.url}/api/models") as response:
                models = json.load(response)["models"]
            loading = {model["qualified_name"] for model in models if model["state"] == "loading"}
            if models and not (loading & set(names) if names else loading):
                return
            time.sleep(0.05)
        raise AssertionError((self.directory / "service.log").read_text())

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._process = None

    def kill(self) -> None:
        """Let it crash."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()
        self._process = None

    def open_gate(self, name: str) -> None:
        """Let the model `slow` pass: `load` or `predict`."""
        (self.directory / name).touch()

    def close_gate(self, name: str) -> None:
        (self.directory / name).unlink()


def make_service(directory: Path, *arguments: str, disabled: Sequence[str] = ()) -> Service:
    settings = directory / "settings.toml"
    settings.write_text(f"[plugins]\ndirectories = ['{MODELS}']\ndisabled = {list(disabled)}\n[server]\ndrain_s = 0\n")
    return Service(directory, "--settings", str(settings), *arguments)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One that all tests share: nothing waits at a gate."""
    running = make_service(tmp_path_factory.mktemp("service"))
    running.open_gate("load")
    running.open_gate("predict")
    running.start()
    running.wait_until_loaded()
    yield running
    running.stop()


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Makes services of the test's own, to stop and start; called with further arguments of the command.

    They serve the models beside the tests alone: what is installed takes longer to load than most of these tests.
    """
    installed = [entry.name for entry in entry_points(group="tornado_ml")]
    made: list[Service] = []

    def make(*arguments: str) -> Service:
        made.append(make_service(tmp_path, *arguments, disabled=installed))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


def launch_chromium(playwright):
    return playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)


@pytest.fixture(scope="session")
def browser():
    """Chromium; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if chromium() is None:
        pytest.skip("there is no chromium: install it (`apt-get install chromium`) or name it in CHROMIUM")
    playwright.expect.set_options(timeout=TIMEOUT_MS)
    with playwright.sync_playwright() as started:
        browser = launch_chromium(started)
        yield browser
        browser.close()


# A page that waits a random time before it dials again waits little, and no test waits for long.
PREPARE = """
Math.random = () => 0.02;
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""
EXPECTED_IN_CONSOLE = ("Failed to load resource", "WebSocket connection to")


@pytest.fixture
def new_page(browser):
    """Makes pages: `new_page(width=…, color_scheme=…)`. A script that fails or breaks the CSP fails the test."""
    contexts = []
    faults: list[str] = []

    def make(width: int = 1200, color_scheme: str = "light", **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=color_scheme, **options)
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(PREPARE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if is_fault(message) else None)
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            faults += page.evaluate("window.violations ?? []")
        context.close()
    assert faults == []


# What is on its way to another colour arrives; what turns without an end goes on.
STAND_STILL = """() => new Promise((resolve) => requestAnimationFrame(() => {
  for (const one of document.getAnimations()) if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  resolve();
}))"""


@pytest.fixture(scope="session")
def faults_of() -> Callable[[Any], list[str]]:
    """Gives what axe finds on a page in light, and, of what depends on it, in dark."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `npm ci` in tests/web")

    def look(page) -> list[str]:
        page.evaluate(AXE.read_text())
        page.evaluate(STAND_STILL)
        found = page.evaluate("axe.run()")["violations"]
        page.emulate_media(color_scheme="dark")
        page.evaluate(STAND_STILL)
        found += page.evaluate("axe.run({ runOnly: ['color-contrast'] })")["violations"]
        page.emulate_media(color_scheme="light")
        return [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]]

    return look


@pytest.fixture(scope="session")
def open_blank() -> Callable[[Any, str], None]:
    """Shows an empty page of a service, with the policy of its pages."""

    def open_it(page, url: str) -> None:
        blank = {"content_type": "text/html", "headers": PAGE_HEADERS, "body": "<!doctype html><title>Blank</title>"}
        page.route("**/blank", lambda route: route.fulfill(**blank))
        page.goto(f"{url}/blank")

    return open_it


def is_fault(message) -> bool:
    return message.type in {"error", "warning"} and not message.text.startswith(EXPECTED_IN_CONSOLE)


@pytest.fixture
def page(new_page):
    return new_page()
