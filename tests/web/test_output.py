"""Predictions in Chromium: each kind as what it is, and none as more than text."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e


@pytest.fixture
def show(service, page):
    """Has the model `showing` answer with these kinds; gives where the prediction stands."""

    def show(*kinds: str, bare: bool = False, on=page):
        on.goto(f"{service.url}/models/showing/predict")
        on.get_by_role("button", name="JSON", exact=True).click()
        on.locator(".input textarea").fill(json.dumps({"show": kinds, "bare": bare}))
        on.get_by_role("button", name="Predict", exact=True).click()
        answer = on.get_by_role("region", name="Prediction", exact=True)
        expect(answer.locator(".whole")).to_be_visible()
        return answer

    return show


def rows(table) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]


def test_classes_are_bars_with_the_most_probable_first(show):
    table = show("classes").get_by_role("table", name="classes, highest first")
    assert [row[1].strip() for row in rows(table)] == ["91.3%", "8.3%", "0.4%"]
    expect(table.get_by_role("rowheader")).to_have_text(["setosa (highest)", "versicolor", "virginica"])
    widths = [bar.bounding_box()["width"] for bar in table.locator(".level-bar").all()]
    assert widths == sorted(widths, reverse=True)


def test_of_many_classes_the_first_are_shown_and_the_rest_when_asked_for(show):
    answer = show("ranking")
    expect(answer.locator(".bars tbody tr")).to_have_count(10)
    answer.get_by_role("button", name="Show 40 classes").click()
    expect(answer.locator(".bars tbody tr")).to_have_count(40)
    expect(answer.get_by_role("row").nth(11)).to_be_focused()


SINGLE_VALUES = {
    "length": "12.3457 cm",
    "load": "0.62",
    "is_open": "yes",
    "colour": "red",
    "level": "high",
    "missing": "–",
    "day": "January 31, 2026",
    "at": "Jan 31, 2026, 12:30:00 PM UTC",
    "took": "1 hour 30 minutes",
    "nothing": "none",
}


def test_single_values_are_shown_in_words_and_figures_among_others_and_alone(new_page, show):
    page = new_page(locale="en-US", timezone_id="UTC")
    shown = show(*SINGLE_VALUES, on=page).locator("dd").all_inner_texts()
    assert [" ".join(text.split()) for text in shown] == list(SINGLE_VALUES.values())
    for kind in SINGLE_VALUES:
        expect(show(kind, bare=True, on=page).locator(".whole")).not_to_be_empty()


def test_text_keeps_its_lines_and_a_long_one_is_folded(show):
    answer = show("poem", "novel")
    poem, novel = answer.locator(".text").all()
    assert poem.inner_text() == "Roses are red,\n  violets are blue."
    assert len(novel.inner_text()) < 2000
    unfold = answer.get_by_role("button", name="Show all 12,800 characters")
    unfold.click()
    assert len(novel.inner_text()) > 12_000
    answer.get_by_role("button", name="Show less").click()
    assert len(novel.inner_text()) < 2000


def test_only_addresses_of_web_pages_are_links(show):
    answer = show("source", "trap")
    expect(answer.get_by_role("link")).to_have_count(1)
    expect(answer.get_by_role("link")).to_have_attribute("href", "https://example.org/a")
    expect(answer).to_contain_text("javascript:window.hacked=1")


def test_ten_thousand_rows_are_shown_by_the_page_and_sorted_by_the_heads(page, show):
    answer = show("rows")
    table = answer.get_by_role("table", name="Items: 10,000 rows, 5 columns")
    expect(table.locator("tbody tr")).to_have_count(25)
    sort = table.get_by_role("button", name="weight")
    started = time.monotonic()
    sort.click()
    expect(table.get_by_role("columnheader", name="weight")).to_have_attribute("aria-sort", "ascending")
    assert time.monotonic() - started < 2
    weights = [float(row[2].replace(",", "")) for row in rows(table)]
    assert weights == sorted(weights)
    sort.click()
    expect(table.get_by_role("columnheader", name="weight")).to_have_attribute("aria-sort", "descending")
    assert float(rows(table)[0][2].replace(",", "")) == pytest.approx(1000.6)
    answer.get_by_role("button", name="Last page").press("Enter")
    expect(answer.get_by_role("status")).to_have_text("Rows 9976–10,000 of 10,000")
    expect(answer.get_by_role("button", name="Last page")).to_be_focused()


def test_a_matrix_is_a_table(show):
    assert rows(show("matrix").get_by_role("table")) == [["1", "1", "2", "3"], ["2", "4", "5", "6"]]


def test_numbers_are_a_line_and_a_table(show):
    answer = show("wave")
    expect(answer.get_by_role("img", name="Line of 400 numbers from -0.999")).to_be_visible()
    answer.get_by_text("400 numbers").click()
    expect(answer.get_by_role("table", name="Wave: 400 rows")).to_be_visible()


@pytest.mark.parametrize(("kind", "words"), [("forecast", "30 points, date 2026-03-01"), ("curves", "50 points")])
def test_a_series_is_a_chart_with_its_words_and_a_table(page, show, kind, words):
    answer = show(kind)
    expect(answer.get_by_role("img", name=f"Chart. {words}")).to_be_visible()
    expect(answer.locator("canvas").first).to_be_visible()
    expect(answer.locator("figcaption")).to_contain_text(words)
    answer.get_by_text("as a table").click()
    expect(answer.get_by_role("table")).to_be_visible()


def test_a_chart_is_loaded_only_when_there_is_one(page, show):
    scripts = []
    page.on("request", lambda request: scripts.append(request.url))
    show("classes")
    assert not any("uplot" in url for url in scripts)


def test_images_sounds_and_files_are_shown_as_such(page, show):
    answer = show("photo", "no_photo", "sound", "archive")
    expect(answer.get_by_role("img", name="Image: photo")).to_be_visible()
    expect(answer).to_contain_text("48 × 32, image/png")
    expect(answer).to_contain_text("This browser cannot show the image.")
    page.wait_for_function("() => document.querySelector('audio').duration.toFixed(1) === '0.1'")
    with page.expect_download() as download:
        answer.get_by_role("link", name="Download").last.click()
    assert download.value.path().read_bytes() == b"PK\x03\x04"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("mask", "Mask: 16 × 16 pixels, grey"),
        ("paint", "Paint: 8 × 8 pixels, in colour"),
        ("heat", "Heat: 12 × 10 pixels"),
    ],
)
def test_tensors_and_grids_are_drawn(show, kind, name):
    canvas = show(kind).get_by_role("img", name=name)
    expect(canvas).to_be_visible()
    colours = canvas.evaluate(
        "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, 1).data).size"
    )
    assert colours > 3


def test_objects_are_lists_of_what_they_are_made_of(show):
    answer = show("nested")
    expect(answer.locator("dt")).to_have_text(["nested", "box", "width", "height", "inner", "note", "list", "a"])


def test_the_json_is_one_click_away(show):
    answer = show("classes", "colour")
    json_block = answer.get_by_role("region", name="As JSON")
    expect(json_block).to_be_hidden()
    answer.get_by_text("JSON", exact=True).click()
    assert json.loads(json_block.inner_text())["colour"] == "red"


def test_hostile_values_stay_text(page, show):
    answer = show("hostile", "tags")
    expect(answer).to_contain_text('<img src=x onerror="window.hacked=1">')
    expect(answer.locator("dt").filter(has_text="__proto__")).to_have_count(1)
    assert page.evaluate("window.hacked") is None
    expect(page.locator("main img")).to_have_count(0)


def test_a_megabyte_of_text_leaves_the_page_usable(page, show):
    started = time.monotonic()
    answer = show("megabyte")
    answer.get_by_role("button", name="Show all 1,000,038 characters").click()
    expect(answer.get_by_role("button", name="Show less")).to_be_visible()
    assert answer.locator(".text").bounding_box()["height"] < 600
    assert time.monotonic() - started < 15
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_no_kind_is_wider_than_a_phone(service, new_page, show, direction):
    page = new_page(width=320)
    page.add_init_script(f"addEventListener('DOMContentLoaded', () => document.documentElement.dir = '{direction}')")
    with urllib.request.urlopen(f"{service.url}/api/models/showing/metadata") as response:
        examples = json.load(response)["examples"]
    kinds = [kind for example in examples for kind in example["show"] if kind != "megabyte"]
    answer = show(*kinds, on=page)
    expect(answer.locator("canvas").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
