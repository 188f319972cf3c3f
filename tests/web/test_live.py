"""What moves, in Chromium: text that grows, sessions, and live sources with their charts."""

from __future__ import annotations

import json

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

HAS_INK = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  .data.some((value, index) => index % 4 === 3 && value > 0)"""
# In each frame: which picture is painted, from when there is the first one; "" where none is.
WATCH_PICTURES = """() => {
  window.seen = [];
  const look = () => {
    const picture = document.querySelector(".answer .output-body img");
    const address = picture?.complete && picture.naturalWidth > 0 ? picture.src : "";
    if (address !== "" || window.seen.length > 0) window.seen.push(address);
    requestAnimationFrame(look);
  };
  look();
}"""
PREDICTION = "Prediction"
WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "then", "once", "more")


@pytest.fixture
def said(page):
    """The frames that the page has sent so far."""
    frames = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: frames.append(json.loads(text))))
    return frames


@pytest.fixture
def requested(page):
    """The addresses that the page has asked for so far."""
    urls = []
    page.on("request", lambda request: urls.append(request.url))
    return urls


def written(page):
    return page.locator(".written")


def wait_until_it_grows(page, locator, than: str = "") -> str:
    expect(locator).not_to_have_text(than)
    return locator.inner_text()


def write_for_long(page, service) -> None:
    page.goto(f"{service.url}/models/writer/predict")
    page.get_by_role("button", name="Example 2").click()
    page.get_by_role("button", name="Predict").click()
    wait_until_it_grows(page, written(page))


def start_beat(page, service) -> None:
    page.goto(f"{service.url}/models/pulse/predict")
    page.get_by_role("button", name="Start beat").click()


def newest(page):
    return page.get_by_role("table").get_by_role("row").nth(1)


def test_text_appears_as_it_is_written_and_stop_stops_it(service, page, said):
    write_for_long(page, service)
    first = written(page).inner_text()
    wait_until_it_grows(page, written(page), first)
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.locator(".answer")).to_contain_text("Stopped")
    text = written(page).inner_text()
    assert text.startswith(first)
    assert len(text) > len(first)
    assert text.split() == [WORDS[number % len(WORDS)] for number in range(len(text.split()))]
    assert said[-1]["event"] == "prediction_cancel"
    expect(page.get_by_role("button", name="Predict")).to_be_focused()
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("region", name=PREDICTION, exact=True)).to_have_text(
        "the quick brown fox jumps over the lazy dog and then once."
    )
    page.get_by_text("All of the prediction").click()
    expect(page.get_by_role("region", name="Prediction as JSON")).to_contain_text('"words": 12')


def test_what_is_written_is_said_politely_in_whole_words_and_once(service, page):
    page.goto(f"{service.url}/models/writer/predict")
    page.get_by_label("Words").fill("30")
    page.get_by_label("Pause").fill("0.1")
    page.get_by_role("button", name="Predict").click()
    spoken = page.locator("[aria-live=polite]")
    expect(spoken).to_contain_text("the quick")
    assert spoken.locator("p").first.inner_text().split()[-1] in WORDS
    expect(page.get_by_role("region", name=PREDICTION, exact=True)).to_be_visible()
    assert " ".join(spoken.locator("p").all_inner_texts()).split() == written(page).inner_text().rstrip(".").split()


def test_of_partial_predictions_that_are_no_text_the_newest_is_shown(service, page):
    page.goto(f"{service.url}/models/approaching/predict")
    page.get_by_label("number").fill("2")
    page.get_by_role("button", name="Predict").click()
    prediction = page.get_by_role("region", name=PREDICTION, exact=True)
    expect(prediction).to_contain_text("1.414213562")
    expect(prediction).to_contain_text('"step": 20')


def test_partial_predictions_are_shown_by_their_own_schema_and_never_flicker(service, page):
    page.goto(f"{service.url}/models/developing/predict")
    page.get_by_role("button", name="Example 1").click()
    page.evaluate(WATCH_PICTURES)
    page.get_by_role("button", name="Predict").click()
    prediction = page.get_by_role("region", name=PREDICTION, exact=True)
    expect(prediction.get_by_role("img", name="Image: Draft")).to_be_visible()
    prediction.get_by_text("JSON").click()
    expect(prediction.get_by_role("img", name="Image: Finished")).to_be_visible()
    expect(prediction.get_by_role("region", name="As JSON")).to_contain_text('"finished"')
    seen = page.evaluate("window.seen")
    assert len(set(seen)) > 2
    assert "" not in seen


def test_any_prediction_can_be_stopped(own_service, page):
    service = own_service()
    service.open_gate("load")
    service.start()
    service.wait_until_loaded("slow")
    page.goto(f"{service.url}/models/slow/predict")
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer")).to_contain_text("Stopped")
    service.open_gate("predict")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text("6")


def test_a_feed_draws_a_chart_and_says_the_same_in_a_table(service, page, requested):
    start_beat(page, service)
    expect(page.locator(".chart canvas")).to_have_count(2)
    expect(page.get_by_role("img", name="Chart of Value, Expected, Score, Alarm")).to_be_visible()
    page.wait_for_function(f"() => [...document.querySelectorAll('.chart canvas')].every({HAS_INK})")
    expect(page.locator(".tiles")).to_contain_text("mV")
    first = newest(page).inner_text()
    assert first.startswith("no. ")
    expect(newest(page)).not_to_have_text(first)
    assert page.get_by_role("table").get_by_role("row").count() <= 7
    page.get_by_role("button", name="Stop beat").click()
    expect(page.get_by_label("Live: beat").locator(".badge")).to_have_text("off")
    expect(page.locator(".chart canvas").first).to_be_visible()
    assert [url for url in requested if "/vendor/uplot/" in url] == [
        f"{service.url}/vendor/uplot/uplot.min.js",
        f"{service.url}/vendor/uplot/uplot.min.css",
    ]


def test_a_link_above_the_form_leads_to_the_sources_below_it(service, page):
    page.goto(f"{service.url}/models/pulse/predict")
    page.get_by_role("link", name="beat").click()
    expect(page.get_by_role("heading", name="Live")).to_be_in_viewport()
    page.get_by_role("link", name="Metadata").click()
    expect(page.get_by_role("table", name="Input fields")).to_be_visible()


def test_nothing_of_a_chart_is_loaded_before_there_is_one(service, page, requested):
    page.goto(f"{service.url}/models/pulse/predict")
    expect(page.get_by_role("button", name="Start beat")).to_be_visible()
    assert [url for url in requested if "/vendor/uplot/" in url or "/chart/chart.js" in url] == []


def test_a_feed_ends_with_the_page_that_shows_it(service, page, said):
    start_beat(page, service)
    expect(page.locator(".tiles")).to_contain_text("mV")
    page.get_by_role("link", name="Metadata").click()
    expect(page.get_by_role("table", name="Session parameters fields")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("A wave that jumps now and then")
    assert said[-1] == {"event": "unsubscribe", "data": {"subscription": "pulse/beat"}}


def test_a_session_remembers_until_it_is_closed(service, page, said):
    page.goto(f"{service.url}/models/pulse/predict")
    session = page.get_by_role("form", name="Session")
    session.get_by_text("Parameters").click()
    session.get_by_label("Jump").fill("10")
    session.get_by_role("button", name="Open a session").click()
    expect(session.locator(".badge")).to_have_text("open")
    for value in (1.5, 4):
        page.get_by_label("Value", exact=True).fill(str(value))
        page.get_by_role("button", name="Predict").click()
        expect(page.locator(".answer")).to_contain_text(f'"value": {value}')
    expect(page.locator(".answer")).to_contain_text('"expected": 1.5')
    expect(page.locator(".answer")).to_contain_text('"score": 0.25')
    session.get_by_role("button", name="Close session").click()
    expect(session.get_by_role("status")).to_contain_text("The session is closed. Predictions stand alone again.")
    expect(session.get_by_label("Jump")).to_have_value("10")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text('"expected": null')
    opened = next(frame for frame in said if frame["event"] == "session_open")
    assert opened["data"] == {"model_qualified_name": "pulse", "parameters": {"jump": 10}}


def test_parameters_that_a_session_refuses_show_their_fault(service, page):
    page.goto(f"{service.url}/models/pulse/predict")
    session = page.get_by_role("form", name="Session")
    session.get_by_text("Parameters").click()
    session.get_by_label("Jump").fill("0")
    session.get_by_role("button", name="Open a session").click()
    expect(session.get_by_label("Jump")).to_have_attribute("aria-invalid", "true")
    expect(session.get_by_label("Jump")).to_be_focused()
    expect(session.locator(".badge")).to_have_text("off")


def test_a_feed_goes_on_a_stream_can_be_retried_and_a_session_says_its_end_when_the_service_restarts(
    own_service, new_page
):
    service = own_service()
    service.open_gate("load")
    service.open_gate("predict")
    service.start()
    service.wait_until_loaded()
    feed, stream = new_page(), new_page()
    start_beat(feed, service)
    feed.get_by_role("button", name="Open a session").click()
    expect(feed.get_by_role("form", name="Session").locator(".badge")).to_have_text("open")
    expect(feed.locator(".tiles")).to_contain_text("mV")
    write_for_long(stream, service)
    text = written(stream).inner_text()

    service.stop()
    expect(feed.get_by_label("Live: beat")).to_contain_text("Waiting for the service…")
    expect(feed.get_by_role("form", name="Session").get_by_role("status")).to_contain_text("the service went away")
    expect(stream.locator(".answer")).to_contain_text("Interrupted: the service went away")
    assert written(stream).inner_text().startswith(text)
    before = newest(feed).inner_text()

    service.start()
    expect(feed.get_by_label("Live: beat").locator(".badge")).to_have_text("live")
    expect(newest(feed)).not_to_have_text(before)
    expect(stream.get_by_text("Connected", exact=True)).to_be_visible()
    expect(stream.get_by_label("Words")).to_have_value("100000")
    stream.get_by_role("button", name="Retry").click()
    expect(stream.locator(".answer")).to_contain_text("Writing…")
    wait_until_it_grows(stream, written(stream))


def test_the_states_of_models_come_by_themselves_and_nobody_asks_for_them(own_service, page, requested):
    service = own_service()
    service.start()
    service.wait_until_loaded("flowers")
    page.goto(service.url)
    slow = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Slow"))
    expect(slow.locator(".badge")).to_have_text("loading")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    service.wait_until_loaded("flowers")
    asked = len(requested)
    service.open_gate("load")
    expect(slow.locator(".badge")).to_have_text("ready")
    assert requested[asked:] == []


def test_what_runs_goes_on_where_only_the_connection_drops(service, new_page):
    context = new_page().context
    context.add_init_script(
        "window.sockets = []; const Real = WebSocket;"
        "window.WebSocket = class extends Real { constructor(...a) { super(...a); window.sockets.push(this); } };"
    )
    page = context.new_page()
    page.goto(f"{service.url}/models/writer/predict")
    page.get_by_label("Words").fill("150")
    page.get_by_label("Pause").fill("0.02")
    page.get_by_role("button", name="Predict").click()
    wait_until_it_grows(page, written(page))
    page.evaluate("window.sockets.at(-1).close()")
    expect(page.get_by_role("region", name=PREDICTION, exact=True)).to_be_visible()
    assert len(written(page).inner_text().split()) == 150
    assert page.evaluate("window.sockets.length") == 2
