"""Widgets of a plugin in Chromium: they ask and show where a schema names them, and a broken one hurts nobody."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e


def prediction(page):
    return page.get_by_role("region", name="Prediction", exact=True)


def test_a_widget_asks_and_a_widget_shows(service, page):
    page.goto(f"{service.url}/models/dialling/predict")
    page.get_by_role("slider", name="Angle").press("End")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(prediction(page).get_by_role("img", name="Angle: 180°")).to_be_visible()


def test_an_untouched_widget_asks_for_nothing_and_an_example_fills_it(service, page):
    page.goto(f"{service.url}/models/dialling/predict")
    slider = page.get_by_role("slider", name="Angle")
    expect(slider).to_be_visible()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("group", name="Angle")).to_contain_text("is required")
    expect(slider).to_be_focused()
    page.get_by_role("button", name="Example 1").click()
    expect(slider).to_have_value("90")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(prediction(page).get_by_role("img", name="Angle: 270°")).to_be_visible()


def test_where_a_widget_throws_the_generic_one_is_there_and_the_console_has_a_note(service, page):
    notes: list[str] = []
    page.on("console", lambda message: notes.append(message.text))
    page.goto(f"{service.url}/models/dialling/predict")
    expect(page.get_by_text("Late widget")).to_be_visible()
    page.get_by_role("button", name="Example 1").click()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("east")
    expect(page.get_by_role("textbox", name="Late")).to_have_value("x")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(prediction(page).locator(".widget", has_text="east")).to_be_visible()
    assert [note.split(";")[0] for note in notes if "thrower" in note] == ["The widget thrower failed"] * 2
    assert any(note.startswith("The widget late failed") for note in notes)


def test_no_widget_is_loaded_where_no_schema_names_one(service, page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{service.url}/models/flowers/predict")
    expect(page.get_by_role("button", name="Predict", exact=True)).to_be_visible()
    assert not any("/widgets/" in url for url in asked)
