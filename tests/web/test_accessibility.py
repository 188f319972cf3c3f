"""axe-core's judgement of every page and state, in light and dark; in each the content security policy is kept."""

from __future__ import annotations

import json

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

KINDS = ["classes", "ranking", "length", "load", "is_open", "colour", "missing", "novel", "day", "source", "matrix"]
KINDS += ["wave", "forecast", "curves", "photo", "sound", "archive", "mask", "tags", "nested", "nothing"]
# From here on cards out of sight are not laid out.
MANY = 61
# What is not laid out is not coloured: nobody sees it, but axe looks. It holds for cards that come or change later too.
LAY_OUT_ALL = """() => {
  const all = new CSSStyleSheet();
  all.replaceSync(".many > .card { content-visibility: visible }");
  document.adoptedStyleSheets.push(all);
}"""


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


def not_loaded_yet(page):
    page.route("**/api/models", lambda route: None)
    page.route_web_socket("**/ws", lambda socket: None)
    page.reload()
    expect(page.get_by_text("Loading…")).to_be_attached()


def many(page):
    models = [model(f"model_{number}", "loading" if number % 3 else "ready") for number in range(MANY)]
    page.route("**/api/models", lambda route: route.fulfill(json={"models": models}))
    page.reload()
    expect(page.locator(".lead")).to_contain_text("ready to use")
    expect(page.get_by_role("heading", name=f"model_{MANY - 1}")).to_be_attached()
    page.evaluate(LAY_OUT_ALL)


def model(name: str, state: str) -> dict:
    version = {"model_version": "1.0", "state": state, "reason": None}
    about = {"display_name": name, "description": f"Is {state}.", "major_version": 1, "minor_version": 0}
    return {"qualified_name": name, "state": state, "versions": [version]} | about


def nowhere(page):
    page.evaluate("history.pushState(null, '', '/nowhere'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def predicting_live(page):
    page.get_by_role("switch", name="Live").check()
    page.get_by_role("button", name="Example").last.click()
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_be_visible()


def answered_with_an_error(page):
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer .codes")).to_be_visible()


STATES = [
    ("/", at_rest),
    ("/", not_loaded_yet),
    ("/", many),
    ("/", searched),
    ("/", with_palette),
    ("/", nowhere),
    ("/models/nobody/predict", at_rest),
    ("/models/unloadable/predict", at_rest),
    ("/models/every_kind/metadata", unfolded),
    ("/models/every_kind/predict", at_rest),
    ("/models/every_kind/predict", answered),
    ("/models/every_kind/predict", refused),
    ("/models/every_kind/predict", as_json),
    ("/models/flowers/predict", incomplete),
    ("/models/flowers/predict", predicting_live),
    ("/models/flowers/predict", remembered),
    ("/models/flowers/predict", with_shortcuts),
    ("/models/rounding/predict", with_file_done),
    ("/models/writer/predict", writing),
    ("/models/writer/predict", stopped),
    ("/models/writer/predict", written),
    ("/models/pulse/predict", live),
    ("/models/pulse/predict", in_session),
    ("/models/crashing/predict", answered_with_an_error),
    ("/models/picky/predict", answered_with_an_error),
    ("/models/hostile/predict", answered),
    ("/models/showing/predict", shown),
    ("/models/dialling/predict", by_widget),
]


@pytest.mark.parametrize(("path", "act"), STATES, ids=lambda part: part if isinstance(part, str) else part.__name__)
def test_axe_finds_nothing_and_the_policy_is_kept(service, new_page, faults_of, path, act):
    page = new_page(reduced_motion="reduce")
    page.goto(service.url + path)
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(page.locator(".card, .notice").first).to_be_visible()
    act(page)
    assert faults_of(page) == []
    assert page.evaluate("window.violations") == []


def test_axe_finds_nothing_where_there_are_no_models_and_while_the_service_is_away(own_service, new_page, faults_of):
    service = own_service("--no-plugins")
    service.start()
    page = new_page(reduced_motion="reduce")
    page.goto(service.url)
    expect(page.get_by_role("heading", name="No models yet")).to_be_visible()
    assert faults_of(page) == []
    service.stop()
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults_of(page) == []


def test_axe_finds_nothing_while_a_model_loads_predicts_and_when_the_service_leaves(own_service, new_page, faults_of):
    service = own_service()
    service.start()
    pages = {name: new_page(reduced_motion="reduce") for name in LEFT}
    pages["slow"].goto(service.url)
    expect(pages["slow"].locator(".badge", has_text="loading").first).to_be_visible()
    assert faults_of(pages["slow"]) == []
    pages["slow"].goto(f"{service.url}/models/slow/predict")
    expect(pages["slow"].get_by_text("This model is loading")).to_be_visible()
    assert faults_of(pages["slow"]) == []
    service.open_gate("load")
    service.wait_until_loaded("slow", "writer", "pulse", "flowers")
    for name, (model_name, act, _) in LEFT.items():
        if name != "slow":
            pages[name].goto(f"{service.url}/models/{model_name}/predict")
        act(pages[name])
    assert faults_of(pages["slow"]) == []
    service.stop()
    for name, (_, _, told) in LEFT.items():
        expect(pages[name].get_by_role("main")).to_contain_text(told)
        assert faults_of(pages[name]) == []
    pages["waiting"].get_by_role("button", name="Predict").click()
    expect(pages["waiting"].locator(".answer")).to_contain_text("Waiting for the service…")
    assert faults_of(pages["waiting"]) == []


def asked(page):
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


def filled(page):
    page.get_by_role("button", name="Example 1").click()


# What stood on a page when the service left, and what it says then.
LEFT = {
    "slow": ("slow", asked, "Waiting for the service…"),
    "writing": ("writer", writing, "Interrupted"),
    "live": ("pulse", live, "Waiting for the service…"),
    "session": ("pulse", in_session, "The session has ended"),
    "waiting": ("flowers", filled, "Input"),
}
