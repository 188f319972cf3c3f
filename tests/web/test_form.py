"""The form in Chromium: what it sends for what is typed, and how answers and faults are shown."""

from __future__ import annotations

import json

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e


@pytest.fixture
def sent(page):
    """The prediction requests that the page has sent so far."""
    requests = []

    def keep(text: str) -> None:
        frame = json.loads(text)
        if frame["event"] == "prediction_request":
            requests.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", keep))
    return requests


@pytest.fixture
def open_model(service, page):
    def open_it(name: str) -> None:
        page.goto(f"{service.url}/models/{name}/predict")
        expect(page.get_by_role("button", name="Predict")).to_be_visible()

    return open_it


def control(page, pointer: str):
    return page.locator(f'[name="{pointer}"]')


def predict(page):
    page.get_by_role("button", name="Predict").click()
    expect(page.locator(".answer[data-tone=good], .answer[data-tone=bad]")).to_be_visible()
    return page.locator(".answer")


def test_each_control_has_its_pointer_as_name_and_its_title_or_name_as_label(open_model, page):
    open_model("flowers")
    expect(page.get_by_label("Sepal length", exact=True)).to_have_attribute("name", "/sepal_length")
    expect(page.get_by_label("petal_width", exact=True)).to_have_attribute("name", "/petal_width")
    open_model("every_kind")
    expect(page.get_by_label("Odd name", exact=True)).to_have_attribute("name", "/a~1b~0c")
    for group in ("Home", "Position", "Tree"):
        page.get_by_role("group", name=group, exact=True).get_by_role("button", name="Fill in").first.click()
    page.get_by_role("group", name="Measure").get_by_role("radio", name="number", exact=True).check()
    names = page.locator("form [name]").evaluate_all("controls => controls.map(({name}) => name)")
    assert {"/address/street", "/home/number", "/position/1", "/tree/value", "/measure"} <= set(names)


def test_numbers_are_sent_as_numbers_and_untouched_fields_are_absent(open_model, page, sent):
    open_model("flowers")
    control(page, "/sepal_length").fill(" 5.10 ")
    control(page, "/petal_length").fill("2")
    answer = predict(page)
    expect(answer).to_contain_text('"size": "large"')
    (frame,) = sent
    assert frame["event"] == "prediction_request"
    assert frame["data"] == {
        "model_qualified_name": "flowers",
        "input_data": {"sepal_length": 5.1, "petal_length": 2},
    }
    expect(answer).to_contain_text("version 1.2")


def test_every_fault_is_shown_at_its_field_and_the_first_of_them_gets_the_focus(open_model, page):
    open_model("flowers")
    control(page, "/sepal_width").fill("11")
    answer = predict(page)
    expect(answer).to_contain_text("Not sent")
    expect(answer).to_contain_text("Sepal width: must be at most 10")
    for pointer, message in {"/sepal_length": "is required", "/sepal_width": "must be at most 10"}.items():
        expect(control(page, pointer)).to_have_attribute("aria-invalid", "true")
        described = control(page, pointer).get_attribute("aria-describedby").split()
        assert any(message in page.locator(f"#{one}").inner_text().lower() for one in described)
    expect(control(page, "/sepal_length")).to_be_focused()
    control(page, "/sepal_length").fill("5")
    expect(control(page, "/sepal_length")).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    ("model", "kind", "code", "message"),
    [
        ("crashing", "ERROR", "INTERNAL", "Could not make a prediction."),
        ("picky", "SCHEMA_ERROR", "INVALID_INPUT", "Not on a Monday."),
        ("lying", "SCHEMA_ERROR", "INVALID_OUTPUT", "does not fit its output schema"),
    ],
)
def test_an_error_is_shown_with_type_code_and_message(open_model, page, model, kind, code, message):
    open_model(model)
    answer = predict(page)
    for text in (kind, code, message):
        expect(answer).to_contain_text(text)
    expect(page.locator("body")).not_to_contain_text("a secret of the model")


@pytest.mark.parametrize("number", [1, 2])
def test_an_example_fills_the_form_and_is_sent_as_it_is(open_model, service, page, sent, number):
    open_model("every_kind")
    page.get_by_role("button", name=f"Example {number}").click()
    predict(page)
    examples = page.request.get(f"{service.url}/api/models/every_kind/metadata").json()["examples"]
    assert sent[-1]["data"]["input_data"] == examples[number - 1]
    expect(page.get_by_role("button", name="Form")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("five", "This is not a number."),
        ("5,1", "Write it with a point: 5.1"),
        ("1e999", "This number is too large."),
        ("12345678901234567890", "too large to be sent exactly"),
    ],
)
def test_what_is_no_number_is_not_sent(open_model, page, sent, typed, message):
    open_model("flowers")
    control(page, "/sepal_length").fill(typed)
    answer = predict(page)
    expect(answer).to_contain_text("Not sent")
    expect(answer).to_contain_text(message)
    expect(control(page, "/sepal_length")).to_be_focused()
    assert sent == []


def fill_required(page):
    control(page, "/name").fill("Ada")
    control(page, "/address/street").fill("Main Street")


def test_an_untouched_form_sends_nothing_but_what_is_typed(open_model, page, sent):
    open_model("every_kind")
    fill_required(page)
    predict(page)
    expected = {"name": "Ada", "agreed": False, "address": {"street": "Main Street"}}
    assert sent[-1]["data"]["input_data"] == expected


def test_absent_empty_and_null_are_three_different_things(open_model, page, sent):
    open_model("every_kind")
    fill_required(page)
    control(page, "/comment").fill("x")
    control(page, "/comment").fill("")
    page.get_by_role("button", name="null: Weight").click()
    predict(page)
    assert sent[-1]["data"]["input_data"]["comment"] == ""
    assert sent[-1]["data"]["input_data"]["weight"] is None
    page.get_by_role("button", name="empty: Comment").click()
    page.get_by_role("button", name="null: Weight").click()
    predict(page)
    expect(page.locator(".answer")).not_to_contain_text("comment")
    assert {"comment", "weight"}.isdisjoint(sent[-1]["data"]["input_data"])


def test_a_box_that_may_be_left_out_has_three_states(open_model, page, sent):
    open_model("every_kind")
    fill_required(page)
    box = control(page, "/express")
    said = []
    for _ in range(3):
        box.click()
        predict(page)
        said.append(sent[-1]["data"]["input_data"].get("express"))
    assert said == [True, False, None]


def test_choices_are_sent_as_the_values_they_are(open_model, page, sent):
    open_model("every_kind")
    fill_required(page)
    for label, value in {"red": "red", "7": 7, "null": None}.items():
        control(page, "/colour").select_option(label=label)
        predict(page)
        assert sent[-1]["data"]["input_data"]["colour"] == value


def test_items_are_added_and_removed_and_keep_their_pointers_in_order(open_model, page, sent):
    open_model("every_kind")
    fill_required(page)
    tags = page.get_by_role("group", name="Tags")
    for index, tag in enumerate(["a", "b", "c"]):
        tags.get_by_role("button", name="Add item").click()
        expect(control(page, f"/tags/{index}")).to_be_focused()
        page.keyboard.type(tag)
    tags.get_by_role("button", name="Remove Item 2").click()
    expect(control(page, "/tags/1")).to_be_focused()
    expect(control(page, "/tags/1")).to_have_value("c")
    tags.get_by_role("button", name="Add item").click()
    expect(predict(page)).to_contain_text("This item is empty")
    tags.get_by_role("button", name="Remove Item 3").click()
    control(page, "/tags/1").fill("a")
    expect(predict(page)).to_contain_text("must not have the same item twice")
    control(page, "/tags/1").fill("d")
    expect(predict(page)).to_contain_text('"d"')
    assert sent[-1]["data"]["input_data"]["tags"] == ["a", "d"]


def test_what_has_no_control_is_written_as_json(open_model, page, sent):
    open_model("every_kind")
    fill_required(page)
    control(page, "/anything").fill('{"a": ')
    expect(predict(page)).to_contain_text("This is not JSON")
    expect(control(page, "/anything")).to_be_focused()
    control(page, "/anything").fill("12345678901234567890")
    expect(predict(page)).to_contain_text("too large to be sent exactly")
    control(page, "/anything").fill('{"a": null}')
    predict(page)
    expect(page.locator(".answer[data-tone=good]")).to_be_visible()
    assert sent[-1]["data"]["input_data"]["anything"] == {"a": None}


def test_numbers_are_pasted_in_any_way(open_model, page, sent):
    open_model("slow")
    expect(page.get_by_label("Numbers", exact=True)).to_have_attribute("name", "")
    for text in ("[1, 2, 4]", "1 2 4", "1\t2\n4", "1;2;4,"):
        page.get_by_label("Numbers", exact=True).fill(text)
        expect(predict(page)).to_contain_text("7")
        assert sent[-1]["data"]["input_data"] == [1, 2, 4]
    page.get_by_label("Numbers", exact=True).fill("1, one")
    expect(predict(page)).to_contain_text("one (number 2) is no number")


def test_the_form_and_its_json_are_two_views_of_one_input(open_model, page, sent):
    open_model("flowers")
    control(page, "/sepal_length").fill("5.1")
    page.get_by_role("button", name="JSON").click()
    assert json.loads(control(page, "").input_value()) == {"sepal_length": 5.1}
    control(page, "").fill('{"sepal_length": 4, "unknown": 1}')
    page.get_by_role("button", name="Form").click()
    expect(page.locator("form")).to_contain_text("The form cannot show all of this.")
    expect(predict(page)).to_contain_text("/unknown: is not expected")
    control(page, "").fill('{"sepal_length": 4, "petal_length": 1}')
    page.get_by_role("button", name="Form").click()
    expect(control(page, "/sepal_length")).to_have_value("4")
    expect(predict(page)).to_contain_text('"small"')


def test_an_input_that_is_too_large_is_not_sent_and_the_page_goes_on(open_model, page):
    open_model("crashing")
    control(page, "/text").fill("x" * 70_000)
    expect(predict(page)).to_contain_text("The input is too large")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    control(page, "/text").fill("x")
    expect(predict(page)).to_contain_text("INTERNAL")


def test_everything_can_be_done_by_keyboard(open_model, page):
    open_model("flowers")
    control(page, "/sepal_length").focus()
    page.keyboard.type("5")
    for key in ("Tab", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text('"small"')
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Predict")).to_be_focused()


def test_what_was_typed_outlives_leaving_the_page_and_loading_it_again(open_model, page):
    open_model("flowers")
    control(page, "/sepal_length").fill("4.25")
    control(page, "/petal_length").fill("not yet a number")
    page.get_by_role("link", name="Metadata").click()
    page.get_by_role("link", name="Predict").click()
    expect(control(page, "/sepal_length")).to_have_value("4.25")
    page.reload()
    expect(control(page, "/petal_length")).to_have_value("not yet a number")
    page.get_by_role("button", name="Clear").click()
    expect(control(page, "/sepal_length")).to_have_value("")
    page.reload()
    expect(control(page, "/sepal_length")).to_have_value("")


def test_a_prediction_is_copied_as_json(service, new_page):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{service.url}/models/flowers/predict")
    page.get_by_role("button", name="Example 1").click()
    predict(page)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["size"] == "small"
