"""The page in Chromium while the service comes and goes, and models load."""

from __future__ import annotations

import json

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

AWAY = "The service is away."
# The view, its styles, and what the view imports, for which the browser asks when it has read the view.
LIST_IS_LOADED = """() => {
  const loaded = performance.getEntriesByType("resource").filter(({ responseEnd }) => responseEnd > 0);
  const view = loaded.find(({ name }) => name.endsWith("/js/views/models.js"));
  const isImported = ({ name, startTime }) => name.includes("/js/shared-") && startTime >= view.responseEnd;
  return view && loaded.some(({ name }) => name.endsWith("/css/list.css")) && loaded.some(isImported);
}"""


@pytest.fixture
def service(own_service):
    """One of the test's own, with both gates shut."""
    running = own_service()
    running.start()
    return running


def test_the_page_says_that_the_service_is_away_and_comes_back_by_itself(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    page.get_by_label("Sepal length").fill("5.1")
    service.stop()
    expect(page.get_by_role("alert")).to_contain_text(AWAY)
    page.get_by_label("petal_length").fill("1.4")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text("Waiting for the service…")
    service.start()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.get_by_label("Sepal length")).to_have_value("5.1")
    expect(page.locator(".answer")).to_contain_text('"small"')


def test_a_prediction_that_waits_for_the_service_can_be_taken_back(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    page.get_by_role("button", name="Example 1").click()
    service.stop()
    expect(page.get_by_role("alert")).to_contain_text(AWAY)
    page.get_by_role("button", name="Predict").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer")).to_contain_text("Stopped")


def test_a_prediction_waits_for_a_model_that_is_still_loading_after_a_restart(own_service, page):
    service = own_service()
    service.open_gate("load")
    service.open_gate("predict")
    service.start()
    service.wait_until_loaded("slow")
    page.goto(f"{service.url}/models/slow/predict")
    page.get_by_role("button", name="Example 1").click()
    service.stop()
    expect(page.get_by_role("alert")).to_contain_text(AWAY)
    service.close_gate("load")
    page.get_by_role("button", name="Predict").click()
    service.start()
    expect(page.locator(".answer")).to_contain_text("Waiting for the model to load…")
    service.open_gate("load")
    expect(page.locator(".answer")).to_contain_text("6")


def test_the_list_is_loaded_again_when_the_service_is_back(service, page):
    page.goto(service.url)
    expect(page.get_by_role("heading", name="Flowers")).to_be_visible()
    service.stop()
    expect(page.get_by_role("alert")).to_contain_text(AWAY)
    expect(page.get_by_role("heading", name="Flowers")).to_be_visible()
    service.arguments = ("--no-plugins",)
    service.start()
    expect(page.get_by_role("heading", name="No models yet")).to_be_visible()


def test_a_page_opened_while_the_service_is_away_fills_when_it_is_back(service, page):
    page.goto(f"{service.url}/models/flowers/metadata")
    expect(page.get_by_role("table")).to_have_count(2)
    page.mouse.move(9, 9)
    page.wait_for_function(LIST_IS_LOADED)
    service.stop()
    page.get_by_role("link", name="Models", exact=True).click()
    page.get_by_role("heading", name="Flowers").wait_for()
    page.locator('a[href="/models/every_kind/predict"]').click()
    expect(page.get_by_role("main")).to_contain_text("The model could not be loaded")
    service.start()
    expect(page.get_by_role("button", name="Predict")).to_be_visible()


def test_a_model_that_is_loading_says_so_and_becomes_usable_by_itself(service, page):
    page.goto(service.url)
    slow = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Slow"))
    expect(slow).to_contain_text("loading")
    slow.get_by_role("link", name="Predict").click()
    expect(page.get_by_role("main")).to_contain_text("This model is loading")
    service.open_gate("load")
    service.open_gate("predict")
    page.get_by_role("button", name="Example 1").click()
    expect(page.get_by_role("main")).not_to_contain_text("This model is loading")
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text("6")


def test_a_prediction_that_runs_is_shown_as_running_and_may_not_be_sent_twice(service, page):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(json.loads(frame)["event"])))
    service.open_gate("load")
    page.goto(f"{service.url}/models/slow/predict")
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("Predicting…")
    expect(page.get_by_role("button", name="Predict")).to_be_focused()
    page.keyboard.press("Enter")
    service.open_gate("predict")
    expect(page.locator(".answer")).to_contain_text("6")
    assert sent.count("prediction_request") == 1


def predict_slowly(service, page):
    service.open_gate("load")
    with page.expect_websocket() as socket:
        page.goto(f"{service.url}/models/slow/predict")
    page.get_by_role("button", name="Example 1").click()
    with socket.value.expect_event("framesent", lambda text: "prediction_request" in text):
        page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer")).to_contain_text("Predicting…")


def test_a_prediction_that_runs_when_the_service_crashes_is_given_up_in_words(service, page):
    predict_slowly(service, page)
    service.kill()
    service.start()
    expect(page.locator(".answer[data-tone=bad]")).to_contain_text("the service went away before the answer came")
    expect(page.get_by_role("textbox", name="Numbers")).not_to_have_value("")


def test_a_prediction_that_a_service_has_to_leave_is_made_by_the_next_one(service, page):
    predict_slowly(service, page)
    service.stop()
    expect(page.get_by_role("alert")).to_contain_text(AWAY)
    service.open_gate("predict")
    service.start()
    expect(page.locator(".answer")).to_contain_text("6")
    expect(page.locator(".answer[data-tone=bad]")).to_have_count(0)


def test_a_connection_that_another_one_has_taken_over_is_not_dialled_again(service, page):
    dialled = []

    def take_over(socket):
        dialled.append(socket.url)
        socket.close(code=4001, reason="another connection has resumed this one")

    page.route_web_socket("**/ws", take_over)
    page.goto(service.url)
    expect(page.get_by_role("alert")).to_contain_text("The service has closed this connection for good.")
    expect(page.get_by_text("Disconnected", exact=True)).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Load the page again").click()
    expect(page.get_by_role("heading", name="Flowers")).to_be_visible()


CALL_BOTH = """async (url) => {
  const { connect } = await import("/js/client/index.js");
  const client = connect(url);
  const order = [];
  const calls = [["slow", [1, 2]], ["flowers", {sepal_length: 1, petal_length: 1}], ["nobody", {}]].map(
    ([model, input]) => client.predict(model, input).then(
      ({model_qualified_name, prediction}) => order.push([model_qualified_name, prediction]),
      ({name, code, type}) => order.push([name, code, type]),
    ));
  await Promise.all(calls.slice(1));
  window.finish = async () => { await calls[0]; client.close(); return [order, client.state]; };
  return order.length;
}"""


def test_the_client_gives_each_call_its_own_answer_whatever_their_order(service, page):
    service.open_gate("load")
    page.goto(f"{service.url}/models/slow/predict")
    expect(page.get_by_role("button", name="Predict")).to_be_visible()
    assert page.evaluate(CALL_BOTH, service.url.replace("http", "ws") + "/ws") == 2
    service.open_gate("predict")
    order, state = page.evaluate("window.finish()")
    assert order[2] == ["slow", 3]
    assert ["PredictionError", "MODEL_NOT_FOUND", "ERROR"] in order[:2]
    assert ["flowers", {"size": "small", "received": {"sepal_length": 1, "petal_length": 1}}] in order[:2]
    assert state == "closed"
