"""The tools below the form, in Chromium: history, versions side by side, files, code."""

from __future__ import annotations

import ast
import csv
import json
import subprocess
import sys
from urllib.parse import quote

import pytest

connect = pytest.importorskip("websockets.sync.client").connect
expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e


def control(page, pointer: str):
    return page.locator(f'[name="{pointer}"]')


def unfold(page, title: str):
    page.locator("summary", has_text=title).click()


def predict_flower(page, sepal: str, petal: str) -> None:
    control(page, "/sepal_length").fill(sepal)
    control(page, "/petal_length").fill(petal)
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer .raw code")).to_contain_text(f'"petal_length": {petal}')


def history_of(page):
    return page.get_by_role("list", name="Earlier predictions").get_by_role("listitem")


def downloaded(page, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value.path().read_text("utf-8")


def test_the_history_outlives_a_reload_and_gives_inputs_back(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    predict_flower(page, "5", "1")
    predict_flower(page, "6", "4")
    unfold(page, "History")
    expect(history_of(page)).to_have_count(2)
    page.reload()
    unfold(page, "History")
    expect(history_of(page)).to_have_count(2)
    expect(history_of(page).first).to_contain_text("large")
    history_of(page).last.get_by_role("button", name="Use the input").click()
    expect(control(page, "/petal_length")).to_have_value("1")
    expect(control(page, "/sepal_length")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(control(page, "/petal_length")).to_have_value("4")
    page.get_by_role("button", name="Predict").click()
    expect(history_of(page)).to_have_count(3)
    page.goto(f"{service.url}/models/slow/predict")
    unfold(page, "History")
    expect(page.locator("#history")).to_contain_text("Nothing yet.")


def test_predictions_are_compared_exported_and_forgotten(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    predict_flower(page, "5", "1")
    predict_flower(page, "5", "4")
    unfold(page, "History")
    expect(history_of(page)).to_have_count(2)
    for box in history_of(page).get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Compare 2").click()
    table = page.get_by_role("table", name="Predictions side by side")
    expect(table.get_by_role("row").filter(has_text="size")).to_contain_text('"small""large"')
    expect(table.locator("[data-differs=true], [data-differs='']").first).to_contain_text("petal_length")
    told = json.loads(downloaded(page, "Export JSON"))
    assert [one["prediction"]["size"] for one in told] == ["large", "small"]
    rows = list(csv.DictReader(downloaded(page, "Export CSV").splitlines()))
    assert [(row["input.petal_length"], row["prediction.size"]) for row in rows] == [("4", "large"), ("1", "small")]
    history_of(page).first.get_by_role("button", name="Forget the one").click()
    expect(history_of(page)).to_have_count(1)
    expect(history_of(page).get_by_role("checkbox")).to_be_focused()
    page.get_by_role("button", name="Clear history").click()
    page.get_by_role("button", name="Forget all 1").click()
    expect(page.locator("#history")).to_contain_text("Nothing yet.")
    expect(page.locator("#history > summary")).to_be_focused()


def test_of_live_answers_the_history_keeps_those_that_someone_rests_at(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    control(page, "/sepal_length").fill("5")
    page.get_by_role("switch", name="Live").check()
    control(page, "/petal_length").press_sequentially("1.25", delay=150)
    unfold(page, "History")
    expect(history_of(page)).to_have_count(1)
    expect(history_of(page)).to_contain_text('"petal_length":1.25')


def test_versions_answer_side_by_side_and_what_differs_is_marked(service, page):
    page.goto(f"{service.url}/models/rounding/predict")
    unfold(page, "Versions side by side")
    page.get_by_role("button", name="Compare versions").click()
    expect(page.locator("#versions")).to_contain_text("The input above is not finished.")
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Compare versions").click()
    expect(page.get_by_role("region", name="Version 1.0")).to_contain_text("3")
    expect(page.get_by_role("region", name="Version 2.0")).to_contain_text("2")
    table = page.get_by_role("table", name="Versions side by side")
    assert table.get_by_role("columnheader").all_inner_texts() == ["Part", "1.0", "2.0"]
    expect(table.get_by_role("row", name="whole")).to_have_attribute("data-differs", "")
    expect(table.get_by_role("row", name="exact")).not_to_have_attribute("data-differs", "")
    page.goto(f"{service.url}/models/flowers/predict")
    expect(page.locator("#history")).to_be_visible()
    expect(page.locator("#versions")).to_be_hidden()


HARD = {
    "sepal_length": 5.1,
    "petal_length": 1,
    "it's": 'a "quoted" \\ $HOME `ls` %s {x}\n\t\u2028 \U0001f33b',
    "flags": [True, False, None],
    "__proto__": {"deep": {}},
}


@pytest.fixture
def copied(service, new_page):
    """Copies the code for an input, as it is shown under a tab."""
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{service.url}/models/echoing/predict#input={quote(json.dumps(HARD))}")
    unfold(page, "Use from code")

    def copy(tab: str) -> str:
        page.get_by_role("tab", name=tab, exact=True).click()
        page.get_by_role("button", name="Copy code").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        expect(page.get_by_role("button", name="Copy code")).to_be_visible()
        return page.evaluate("navigator.clipboard.readText()")

    copy.page = page
    return copy


def test_the_code_that_is_copied_works_as_it_stands(copied, tmp_path):
    answer = subprocess.run(["bash", "-c", copied("curl")], capture_output=True, check=True, text=True, cwd=tmp_path)
    assert json.loads(answer.stdout)["prediction"] == HARD
    for tab in ("Python", "Python, websockets"):
        script = tmp_path / "script.py"
        script.write_text(copied(tab), "utf-8")
        said = subprocess.run([sys.executable, script], capture_output=True, check=True, text=True, cwd=tmp_path).stdout
        told = ast.literal_eval(said)
        assert told.get("prediction", told) == HARD
    code = copied("JavaScript").replace("console.log(answer.prediction);", "window.told = answer.prediction;")
    copied.page.evaluate(f"async () => {{ {code} }}")
    assert copied.page.evaluate("JSON.stringify(window.told)") == json.dumps(
        HARD, ensure_ascii=False, separators=(",", ":")
    )
    frame = copied("Socket frame")
    url = copied.page.url.split("/models/")[0].replace("http", "ws")
    with connect(f"{url}/ws") as socket:
        socket.send(frame)
        assert json.loads(socket.recv())["data"]["prediction"] == HARD


def test_the_code_follows_the_form_and_its_tabs_the_arrow_keys(service, page):
    page.goto(f"{service.url}/models/flowers/predict")
    unfold(page, "Use from code")
    expect(page.get_by_role("tabpanel")).to_contain_text("The input above is not finished")
    control(page, "/sepal_length").fill("5.25")
    control(page, "/petal_length").fill("1")
    expect(page.get_by_role("region", name="Code to copy")).to_contain_text('"sepal_length":5.25')
    expect(page.get_by_role("tabpanel")).not_to_contain_text("not finished")
    page.get_by_role("tab", name="curl").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Python", exact=True)).to_be_focused()
    expect(page.get_by_role("region", name="Code to copy")).to_contain_text("from tornado_ml.client import predict")
