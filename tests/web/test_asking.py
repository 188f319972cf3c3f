"""What goes on between the form and the answer: live mode, what a link carries, where the time went."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e


@pytest.fixture
def sent(page):
    """The prediction requests that the page has sent so far."""
    frames = []

    def keep(text: str) -> None:
        frame = json.loads(text)
        if frame["event"] == "prediction_request":
            frames.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", keep))
    return frames


def control(page, pointer: str):
    return page.locator(f'[name="{pointer}"]')


def fill_flower(page) -> None:
    control(page, "/sepal_length").fill("5")
    control(page, "/petal_length").fill("1")


def live(page):
    return page.get_by_role("switch", name="Live")


def test_live_mode_predicts_while_someone_types_and_keeps_the_focus(service, page, sent):
    page.goto(f"{service.url}/models/flowers/predict")
    live(page).check()
    expect(page.locator(".answer")).to_contain_text("as soon as the input is complete")
    control(page, "/sepal_length").fill("5")
    control(page, "/petal_length").press_sequentially("1")
    expect(page.locator(".answer")).to_contain_text('"small"')
    control(page, "/petal_length").press_sequentially(".25")
    expect(page.locator(".answer")).to_contain_text("1.25")
    control(page, "/petal_length").fill("4")
    expect(page.locator(".answer")).to_contain_text('"large"')
    expect(control(page, "/petal_length")).to_be_focused()
    control(page, "/petal_length").fill("many")
    expect(page.locator(".answer")).to_contain_text("petal_length: This is not a number.")
    control(page, "/sepal_length").fill("far")
    expect(page.locator(".answer")).to_contain_text("Sepal length: This is not a number.")
    expect(page.locator(".answer")).not_to_contain_text('"large"')
    expect(control(page, "/sepal_length")).to_be_focused()
    live(page).uncheck()
    before = len(sent)
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text('"small"')
    assert len(sent) == before + 1


def test_in_live_mode_what_is_typed_replaces_what_runs_and_no_answer_comes_late(own_service, page, sent):
    service = own_service()
    service.open_gate("load")
    service.start()
    service.wait_until_loaded("slow")
    with page.expect_websocket() as socket:
        page.goto(f"{service.url}/models/slow/predict")
    live(page).check()
    with socket.value.expect_event("framesent", lambda text: "prediction_request" in text):
        page.get_by_role("textbox", name="Numbers").fill("[1]")
    expect(page.locator(".answer")).to_contain_text("Predicting…")
    page.evaluate(WATCH_ANSWERS)
    with page.expect_console_message(lambda message: message.text == "sent"):
        page.evaluate(TELL_WHEN_SENT)
        page.get_by_role("textbox", name="Numbers").fill("[1, 2]")
    service.open_gate("predict")
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_have_text("3JSON3")
    assert page.evaluate("window.shown") == ["3"]
    assert sent[1]["meta"]["replaces"] == sent[0]["id"]


TELL_WHEN_SENT = """() => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    send.call(this, text);
    if (JSON.parse(text).event === "prediction_request") console.log("sent");
  };
}"""
WATCH_ANSWERS = """() => {
  window.shown = [];
  new MutationObserver(() => {
    const text = document.querySelector(".answer .json")?.textContent;
    if (text !== undefined && window.shown.at(-1) !== text) window.shown.push(text);
  }).observe(document.querySelector(".answer"), { childList: true, subtree: true });
}"""


def test_live_mode_rests_while_a_session_is_open(service, page, sent):
    page.goto(f"{service.url}/models/pulse/predict")
    live(page).check()
    page.get_by_role("button", name="Open a session").click()
    expect(live(page)).to_be_disabled()
    page.get_by_role("button", name="Close session").click()
    expect(live(page)).to_be_enabled()
    expect(live(page)).to_be_checked()


def test_each_answer_says_where_its_time_went(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    fill_flower(page)
    page.get_by_role("button", name="Predict").click()
    times = page.get_by_role("list", name="Time")
    expect(times).to_contain_text("Network")
    expect(times).to_contain_text("Model")
    expect(page.locator(".timing")).to_contain_text("alone in its batch")
    widths = page.locator(".time-bar span").evaluate_all("parts => parts.map(part => part.offsetWidth)")
    assert all(width >= 2 for width in widths)


def test_a_link_carries_the_input_to_whoever_opens_it(service, new_page):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{service.url}/models/flowers/predict")
    fill_flower(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    other = new_page()
    other.goto(link)
    expect(control(other, "/sepal_length")).to_have_value("5")
    expect(other.get_by_role("form", name="Input")).to_contain_text("This input came with the link.")
    control(other, "/sepal_length").fill("6")
    other.reload()
    expect(control(other, "/sepal_length")).to_have_value("6")


def test_a_link_that_replaces_what_was_typed_can_be_undone(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    fill_flower(page)
    page.evaluate("location.hash = '#input=' + encodeURIComponent('{\"sepal_length\": 9}')")
    expect(control(page, "/sepal_length")).to_have_value("9")
    page.get_by_role("button", name="Undo").click()
    expect(control(page, "/sepal_length")).to_have_value("5")
    expect(control(page, "/petal_length")).to_have_value("1")


@pytest.mark.parametrize(
    "carried",
    [
        '{"sepal_length": "<img src=x onerror=window.hacked=1>", "__proto__": {"hacked": 1}}',
        '"javascript:window.hacked=1"',
        "[" * 5000,
        "%%%",
        '{"constructor": {"prototype": {"hacked": 1}}}',
    ],
)
def test_hostile_links_are_harmless(service, page, carried):
    page.goto(f"{service.url}/models/flowers/predict#input={carried if carried == '%%%' else quote(carried)}")
    expect(page.locator(".word-of-input")).to_contain_text("link")
    assert page.evaluate("[window.hacked, {}.hacked]") == [None, None]
    page.get_by_role("button", name="Clear").click()
    fill_flower(page)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text('"small"')


def test_what_an_example_replaces_can_be_had_back(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    page.get_by_role("button", name="Example 2").click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    control(page, "/sepal_length").fill("2.5")
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Undo").click()
    expect(control(page, "/sepal_length")).to_have_value("2.5")
    expect(page.get_by_role("button", name="Predict")).to_be_focused()
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Undo").click()
    expect(control(page, "/sepal_length")).to_have_value("2.5")
