"""The tools below the form, in Chromium: history, versions side by side, files, code."""

from __future__ import annotations

import csv
import json

import pytest

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
