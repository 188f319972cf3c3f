"""axe-core's judgement of every page and state, in light and dark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

KINDS = ["classes", "ranking", "length", "load", "is_open", "colour", "missing", "novel", "day", "source", "matrix"]
KINDS += ["wave", "forecast", "curves", "photo", "sound", "archive", "mask", "tags", "nested", "nothing"]
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def faults_of(page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")
    return [f"{fault['id']}: {node['html']}" for fault in found["violations"] for node in fault["nodes"]]


def answered(page):
    page.get_by_role("button", name="Example").last.click()
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("region", name="Prediction")).to_be_visible()


def refused(page):
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer[data-tone=bad]")).to_be_visible()


def as_json(page):
    page.get_by_role("button", name="JSON").click()


def shown(page):
    page.get_by_role("button", name="JSON", exact=True).click()
    page.locator(".input textarea").fill(json.dumps({"show": KINDS}))
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.locator(".series canvas").first).to_be_visible()
    for summary in page.locator(".output summary").all():
        summary.click()


def by_widget(page):
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.locator(".output .widget svg")).to_be_visible()


def unfolded(page):
    page.get_by_text("JSON Schema", exact=True).first.click()


def writing(page):
    page.get_by_role("button", name="Example 2").click()
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".written")).not_to_be_empty()


def stopped(page):
    writing(page)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer")).to_contain_text("Stopped")


def written(page):
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict").click()
    page.get_by_text("All of the prediction").click()


def live(page):
    page.get_by_text("Parameters").click()
    page.get_by_role("button", name="Start beat").click()
    expect(page.locator(".chart canvas")).to_have_count(2)
    expect(page.get_by_role("table")).to_be_visible()


def in_session(page):
    page.get_by_role("button", name="Open a session").click()
    expect(page.get_by_role("form", name="Session").locator(".badge")).to_have_text("open")


def at_rest(page):
    pass


def incomplete(page):
    page.get_by_role("switch", name="Live").check()
    expect(page.locator(".answer")).to_contain_text("as soon as the input is complete")


def unfold(page, title):
    page.locator("summary", has_text=title).click()


def remembered(page):
    unfold(page, "History")
    for _ in range(2):
        answered(page)
        page.locator("[name='/petal_width']").fill("2.5")
        page.get_by_role("button", name="Predict").click()
    expect(page.locator(".entries input")).to_have_count(4)
    for box in page.locator(".entries input").all()[:2]:
        box.check()
    page.get_by_role("button", name="Compare 2").click()
    page.get_by_role("button", name="Clear history").click()


def with_tools(page):
    page.get_by_role("button", name="Example").last.click()
    unfold(page, "Versions side by side")
    page.get_by_role("button", name="Compare versions").click()
    expect(page.get_by_role("table", name="Versions side by side")).to_be_visible()
    unfold(page, "Use from code")
    expect(page.get_by_role("tab", name="curl")).to_be_visible()
    unfold(page, "Run a file")
    rows = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"number,more\n1,a\nx,b\n"}
    page.get_by_label("File of inputs").set_input_files(rows)
    expect(page.get_by_role("region", name="Columns")).to_be_visible()


def with_file_done(page):
    with_tools(page)
    page.get_by_role("button", name="Predict 2 rows").click()
    expect(page.get_by_role("region", name="Rows that failed")).to_be_visible()


def with_palette(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("o")
    expect(page.get_by_role("option").first).to_be_visible()


def with_shortcuts(page):
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def searched(page):
    page.get_by_role("searchbox").fill("no such model")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: `npm ci` in tests/web")
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "act"),
    [
        ("/", at_rest),
        ("/", searched),
        ("/", with_palette),
        ("/models/flowers/predict", incomplete),
        ("/models/flowers/predict", remembered),
        ("/models/flowers/predict", with_shortcuts),
        ("/models/rounding/predict", with_tools),
        ("/models/rounding/predict", with_file_done),
        ("/models/every_kind/metadata", unfolded),
        ("/models/every_kind/predict", at_rest),
        ("/models/every_kind/predict", answered),
        ("/models/every_kind/predict", refused),
        ("/models/every_kind/predict", as_json),
        ("/models/slow/predict", answered),
        ("/models/writer/predict", writing),
        ("/models/writer/predict", stopped),
        ("/models/writer/predict", written),
        ("/models/pulse/predict", live),
        ("/models/pulse/predict", in_session),
        ("/models/hostile/predict", answered),
        ("/models/showing/predict", shown),
        ("/models/dialling/predict", by_widget),
        ("/models/unloadable/predict", at_rest),
        ("/models/nobody/predict", at_rest),
    ],
)
def test_axe_finds_nothing(service, new_page, path, act, color_scheme):
    page = new_page(color_scheme=color_scheme, reduced_motion="reduce")
    page.goto(service.url + path)
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.locator(".card, .notice").first).to_be_visible()
    act(page)
    assert faults_of(page) == []


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: `npm ci` in tests/web")
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_axe_finds_nothing_while_the_service_is_away(own_service, new_page, color_scheme):
    service = own_service("--no-plugins")
    service.start()
    page = new_page(color_scheme=color_scheme, reduced_motion="reduce")
    page.goto(service.url)
    expect(page.get_by_role("heading", name="No models yet")).to_be_visible()
    service.stop()
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults_of(page) == []


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: `npm ci` in tests/web")
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "act", "told"),
    [
        ("/models/writer/predict", writing, "Interrupted"),
        ("/models/pulse/predict", live, "Waiting for the service…"),
        ("/models/pulse/predict", in_session, "The session has ended"),
    ],
)
def test_axe_finds_nothing_in_what_the_service_left_behind(own_service, new_page, path, act, told, color_scheme):
    service = own_service()
    service.start()
    service.wait_until_loaded("writer", "pulse")
    page = new_page(color_scheme=color_scheme, reduced_motion="reduce")
    page.goto(service.url + path)
    act(page)
    service.stop()
    expect(page.get_by_role("main")).to_contain_text(told)
    assert faults_of(page) == []
