"""Every task by keyboard alone, in Chromium: the focus is never lost, and what is answered is said once."""

from __future__ import annotations

import json

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

MOST_TABS = 90

# Each text that a live region comes to have is said.
LISTEN = """
window.said = [];
const REGION = "[role=status], [role=alert], [aria-live]";
const regionOf = ({ target }) => (target instanceof Element ? target : target.parentElement)?.closest(REGION);
new MutationObserver((records) => {
  for (const region of new Set(records.map(regionOf))) {
    if (region && region.ariaLive !== "off" && region.textContent !== "") window.said.push(region.textContent);
  }
}).observe(document, { childList: true, characterData: true, subtree: true });
"""


class Keys:
    """A page that is used by keys; after each of them something has the focus."""

    def __init__(self, page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.page.evaluate("new Promise(requestAnimationFrame)")
            assert self.page.evaluate("document.activeElement !== document.body"), f"{key} has lost the focus"

    def reach(self, target, key: str = "Tab") -> None:
        """Go on until the target has the focus."""
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{target} is not to be reached by {key}")

    def back_to(self, target) -> None:
        self.reach(target, "Shift+Tab")

    def enter(self, target, key: str = "Enter") -> None:
        self.reach(target)
        self.press(key)

    def type(self, target, text: str) -> None:
        self.reach(target)
        self.page.keyboard.type(text)

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def count_said(self, text: str) -> int:
        """How often it has been said by now; waits for the first time."""
        self.page.wait_for_function("text => window.said.some((one) => one.includes(text))", arg=text)
        return sum(text in one for one in self.page.evaluate("window.said"))


@pytest.fixture
def keys(service, new_page):
    """Opens a page of the service, and puts the focus where a reader begins."""

    def open_page(path: str) -> Keys:
        page = new_page(permissions=["clipboard-read", "clipboard-write"])
        page.add_init_script(LISTEN)
        page.goto(service.url + path)
        expect(page.get_by_text("Connected", exact=True)).to_be_visible()
        expect(page.locator(".card").first).to_be_visible()
        return Keys(page)

    return open_page


def test_a_model_is_opened_from_the_list_filled_in_and_asked_and_its_answer_is_said_once(keys):
    on = keys("/")
    page = on.page
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Iris Model"))
    on.enter(card.get_by_role("link", name="Predict"))
    expect(page.locator("h1")).to_be_focused()
    on.enter(on.button("Predict"))
    expect(page.get_by_label("Sepal length")).to_be_focused()
    for name, value in {"Sepal length": "6.3", "Sepal width": "3.3", "Petal length": "6", "Petal width": "2.5"}.items():
        on.type(page.get_by_label(name), value)
    on.press("Enter")
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_contain_text("virginica")
    expect(page.get_by_label("Petal width")).to_be_focused()
    assert on.count_said("virginica") == 1
    on.enter(on.button("Copy"))
    expect(on.button("Copied")).to_be_focused()
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == {"species": "virginica"}
    on.back_to(on.button("Example 1"))
    on.press("Enter")
    expect(page.get_by_label("Petal width")).to_have_value("0.2")
    on.press("Control+Enter")
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_contain_text("setosa")
    assert on.count_said("setosa") == 1
    assert on.count_said("virginica") == 1


def test_lists_are_filled_and_alternatives_chosen(keys):
    on = keys("/models/every_kind/predict")
    page = on.page
    on.type(page.get_by_label("Name", exact=True), "Ada")
    on.enter(page.get_by_label("Agreed"), "Space")
    on.type(page.get_by_label("Street").first, "Main Street")
    tags = page.get_by_role("group", name="Tags")
    on.enter(tags.get_by_role("button", name="Add item"))
    page.keyboard.type("first")
    on.enter(tags.get_by_role("button", name="Add item"))
    page.keyboard.type("second")
    on.press("Alt+ArrowUp")
    on.enter(tags.get_by_role("button", name="Add item"))
    on.enter(tags.get_by_role("button", name="Remove").last)
    measure = page.get_by_role("group", name="Measure")
    on.reach(measure.get_by_role("radio", name="Not set"))
    on.press("ArrowRight")
    expect(measure.get_by_role("radio", name="number", exact=True)).to_be_checked()
    on.type(page.locator('[name="/measure"]:not([type=radio])'), "1.5")
    on.press("Control+Enter")
    on.enter(page.locator(".raw > summary"))
    received = json.loads(page.get_by_role("region", name="As JSON").inner_text())
    assert (received["tags"], received["measure"], received["agreed"]) == (["second", "first"], 1.5, True)


def test_a_digit_is_drawn(keys):
    on = keys("/models/digits_model/predict")
    page = on.page
    on.reach(page.get_by_role("application"))
    on.press("ArrowRight", "ArrowRight", "ArrowRight")
    for _ in range(8):
        on.press("Space", "ArrowDown")
    on.press("Control+Enter")
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_be_visible()


def test_a_stream_is_stopped(keys):
    on = keys("/models/writer/predict")
    page = on.page
    on.enter(on.button("Example 2"))
    on.press("Control+Enter")
    expect(page.locator(".written")).not_to_be_empty()
    on.enter(on.button("Stop"))
    expect(page.locator(".answer")).to_contain_text("Stopped")
    expect(on.button("Predict")).to_be_focused()
    assert on.count_said("Stopped") == 1


def test_a_source_is_listened_to_and_left(keys):
    on = keys("/models/pulse/predict")
    on.enter(on.button("Start beat"))
    expect(on.page.locator(".live-card .badge")).to_have_text("live")
    expect(on.button("Stop beat")).to_be_focused()
    on.press("Enter")
    expect(on.button("Start beat")).to_be_focused()
    expect(on.page.locator(".live-card .badge")).to_have_text("off")


def test_a_session_is_opened_asked_in_and_closed(keys):
    on = keys("/models/pulse/predict")
    page = on.page
    badge = page.get_by_role("form", name="Session").locator(".badge")
    on.enter(on.button("Open a session"))
    expect(badge).to_have_text("open")
    expect(on.button("Close session")).to_be_focused()
    on.type(page.get_by_label("Value"), "1")
    on.press("Enter")
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_be_visible()
    on.back_to(on.button("Close session"))
    on.press("Enter")
    expect(badge).to_have_text("off")
    expect(on.button("Open a session")).to_be_focused()


def test_earlier_predictions_are_compared_exported_and_asked_again(keys):
    on = keys("/models/flowers/predict")
    page = on.page
    for example in ("Example 1", "Example 2"):
        on.enter(on.button(example))
        on.press("Control+Enter")
        expect(page.locator(".answer")).to_contain_text("small" if example == "Example 1" else "large")
        on.back_to(on.button("Example 1"))
    page.locator("h1").focus()
    on.press("h")
    expect(page.locator("#history > summary")).to_be_focused()
    boxes = page.locator(".entries").get_by_role("checkbox")
    expect(boxes).to_have_count(2)
    on.enter(boxes.first, "Space")
    on.enter(boxes.last, "Space")
    on.back_to(on.button("Compare 2"))
    on.press("Enter")
    expect(page.get_by_role("table", name="Predictions side by side")).to_be_visible()
    for name in ("Export JSON", "Export CSV"):
        on.reach(on.button(name))
        with page.expect_download():
            on.press("Enter")
    on.enter(page.get_by_role("button", name="Use the input of").last)
    expect(page.get_by_label("Sepal length")).to_have_value("5.1")
    expect(page.locator(".input :focus")).to_have_count(1)
    on.enter(page.get_by_role("button", name="Forget the one of").first)
    expect(boxes).to_have_count(1)
    on.back_to(on.button("Clear history"))
    on.press("Enter")
    on.back_to(on.button("Forget all 1"))
    on.press("Enter")
    expect(page.locator("#history > summary")).to_be_focused()


def test_code_is_chosen_and_copied(keys):
    on = keys("/models/flowers/predict")
    page = on.page
    page.locator("h1").focus()
    on.press("c")
    on.reach(page.get_by_role("tab", name="curl"))
    on.press("ArrowRight", "ArrowRight", "ArrowRight")
    expect(page.get_by_role("tab", name="JavaScript")).to_be_focused()
    on.enter(on.button("Copy code"))
    expect(on.button("Copied")).to_be_focused()
    assert 'client.predict("flowers"' in page.evaluate("navigator.clipboard.readText()")


def test_a_file_is_run(keys):
    on = keys("/models/rounding/predict")
    page = on.page
    page.locator("h1").focus()
    on.press("b")
    on.reach(page.get_by_label("File of inputs"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"number\n1\n2.5\n"})
    expect(on.button("Predict 2 rows")).to_be_focused()
    on.press("Enter")
    expect(on.button("Download CSV")).to_be_focused()
    assert on.count_said("Done: 2 of 2 rows predicted") == 1
    with page.expect_download():
        on.press("Enter")


def test_versions_are_asked_side_by_side(keys):
    on = keys("/models/rounding/predict")
    page = on.page
    on.enter(on.button("Example 1"))
    on.press("v")
    on.enter(on.button("Compare versions"))
    expect(page.get_by_role("table", name="Versions side by side")).to_be_visible()
    expect(on.button("Compare versions")).to_be_focused()
    assert on.count_said("2 versions have answered.") == 1
    on.enter(page.get_by_label("Only what differs"), "Space")
    expect(page.get_by_label("Only what differs")).to_be_checked()


def test_faults_are_said_once_and_the_first_has_the_focus(keys):
    on = keys("/models/flowers/predict")
    page = on.page
    on.type(page.get_by_label("Sepal length"), "11")
    on.press("Enter")
    expect(page.get_by_label("Sepal length")).to_be_focused()
    assert on.count_said("This input cannot be sent yet.") == 1
