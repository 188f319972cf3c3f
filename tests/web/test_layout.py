"""The page on paper, from right to left, and with words that are longer than the screen is wide, in Chromium."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

LONG_WORDS = f"long_words_{'x' * 100}"
# What sticks out of the screen at either side, but for what lies in a box of its own that scrolls.
STICKING_OUT = """() => {
  const clips = (one) => one !== document.body && getComputedStyle(one).overflowX !== "visible";
  const clipped = (one) => one !== null && one.tagName !== "HTML" && (clips(one) || clipped(one.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.checkVisibility() && !one.closest(".visually-hidden, .skip") && !clipped(one.parentElement))
    .filter((one) => {
      const { left, right, width } = one.getBoundingClientRect();
      return width > 0 && (left < -1 || right > document.documentElement.clientWidth + 1);
    })
    .map((one) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 40)}`);
}"""
# Where the box of an element begins and ends, and the text in it.
EDGES = """(element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const edges = ({ left, right }) => [left, right];
  return { box: edges(element.getBoundingClientRect()), text: edges(range.getBoundingClientRect()) };
}"""
VISIBLE_TEXT = """() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.parentElement.checkVisibility()) texts.push(walker.currentNode.data);
  return texts.join(" ");
}"""
# How light a colour is on white paper, from 0 to 1.
LIGHTNESS = """
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const isShown = (one) => one.checkVisibility();
  const lightness = (colour) => {
    context.fillStyle = "white";
    context.fillRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
  };
"""
PALEST_TEXT = f"""() => {{
  {LIGHTNESS}
  const texts = [...document.querySelectorAll("main :is(h1, label, input, .answer dd)")];
  return Math.max(...texts.filter(isShown).map((one) => lightness(getComputedStyle(one).color)));
}}"""
DARKEST_GROUND = f"""() => {{
  {LIGHTNESS}
  const grounds = [...document.querySelectorAll("html, body, main, main .card, main input, main .json")];
  return Math.min(...grounds.filter(isShown).map((one) => lightness(getComputedStyle(one).backgroundColor)));
}}"""
RIGHT_TO_LEFT = "addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl'))"


def ask(page, service, name: str) -> None:
    page.goto(f"{service.url}/models/{name}/predict")
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_be_visible()


def assert_it_fits(page) -> None:
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_words_longer_than_a_phone_is_wide_fit_everywhere(service, new_page, direction):
    page = new_page(width=320)
    if direction == "rtl":
        page.add_init_script(RIGHT_TO_LEFT)
    ask(page, service, LONG_WORDS)
    assert_it_fits(page)
    page.get_by_role("button", name="JSON", exact=True).click()
    assert_it_fits(page)
    page.get_by_role("link", name="Metadata").click()
    expect(page.get_by_role("table").first).to_be_visible()
    assert_it_fits(page)
    page.goto(f"{service.url}/?q={'y' * 300}")
    expect(page.get_by_text("No model found")).to_be_visible()
    assert_it_fits(page)
    page.get_by_role("button", name="Clear the search").click()
    expect(page.get_by_role("heading", name="Flowers")).to_be_visible()
    assert_it_fits(page)


def test_faults_about_long_words_fit(service, new_page):
    page = new_page(width=320)
    page.goto(f"{service.url}/models/{LONG_WORDS}/predict")
    page.locator('[name="/value"]').fill("far")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("This is not a number.")
    assert_it_fits(page)


@pytest.mark.parametrize("width", [320, 1200])
def test_from_right_to_left_names_stand_at_the_right_and_values_in_their_own_direction(service, new_page, width):
    page = new_page(width=width)
    page.add_init_script(RIGHT_TO_LEFT)
    ask(page, service, "foreign")
    assert_it_fits(page)
    heading = page.get_by_role("heading", name="מודל בעברית").evaluate(EDGES)
    assert heading["text"][1] == pytest.approx(heading["box"][1], abs=2)
    name = page.locator('[name="/name"]')
    assert name.evaluate("input => getComputedStyle(input).direction") == "rtl"
    assert page.locator('[name="/weight"]').evaluate("input => getComputedStyle(input).direction") == "ltr"
    label = page.get_by_text("שם מלא", exact=True).first.evaluate(EDGES)
    assert label["text"][1] == pytest.approx(name.evaluate(EDGES)["box"][1], abs=12)


def test_names_and_values_from_right_to_left_keep_their_direction_in_a_page_from_left_to_right(service, page):
    ask(page, service, "foreign")
    assert page.locator('[name="/name"]').evaluate("input => getComputedStyle(input).direction") == "rtl"
    for part in (page.get_by_role("heading", name="מודל בעברית"), page.locator(".lead")):
        edges = part.evaluate(EDGES)
        assert edges["text"][1] == pytest.approx(edges["box"][1], abs=2)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_on_paper_there_are_the_model_the_input_and_the_answer_dark_on_white(service, new_page, color_scheme):
    page = new_page(color_scheme=color_scheme)
    ask(page, service, "flowers")
    page.emulate_media(media="print", color_scheme=color_scheme)
    shown = page.evaluate(VISIBLE_TEXT)
    for text in ("Flowers", "version 1.2", "Sepal length", "petal_length", "small"):
        assert text in shown
    for text in ("tornado-ml", "Connected", "Metadata", "Example 1", "Live", "Copy link", "Use from code", "OpenAPI"):
        assert text not in shown
    expect(page.locator('[name="/sepal_length"]')).to_be_visible()
    controls = page.locator("button, a, [role=switch], summary")
    assert [control.inner_text() for control in controls.all() if control.is_visible()] == []
    assert page.evaluate(PALEST_TEXT) < 0.35
    assert page.evaluate(DARKEST_GROUND) > 0.9
    assert page.pdf().count(b"/Type /Page\n") == 1


def test_on_paper_a_long_answer_is_there_to_its_end(service, page):
    page.goto(f"{service.url}/models/writer/predict")
    page.get_by_label("Words").fill("800")
    page.get_by_label("Pause").fill("0")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("region", name="Prediction", exact=True)).to_be_visible()
    page.emulate_media(media="print")
    assert page.locator(".written").evaluate("text => text.scrollHeight - text.clientHeight") <= 1
