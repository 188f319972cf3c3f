"""The controls of the form in Chromium, one schema at a time: keyboard, focus, drawings, files, and hostile texts."""

from __future__ import annotations

import base64
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
FILE = runpy.run_path(str(Path(__file__).with_name("form_schemas.py")))
CASES = FILE["CASES"]
MARKUP = '<img src=x onerror="window.hacked=1">'
# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

OPEN = """
async ({ schema, document: value }) => {
  document.title = "Form";
  document.documentElement.lang = "en";
  document.head.replaceChildren(document.querySelector("title"));
  await Promise.all(["base", "components", "pages", "form", "controls"].map((name) => new Promise((resolve) => {
    const link = document.createElement("link");
    document.head.append(Object.assign(link, { rel: "stylesheet", href: `/css/${name}.css`, onload: resolve }));
  })));
  const { Editor } = await import("/js/form/editor.js");
  (await import("/js/form/rare.js")).addRareKinds();
  window.editor = new Editor(JSON.parse(schema));
  await window.editor.ready;
  const [main, card, heading] = ["main", "form", "h1"].map((tag) => document.createElement(tag));
  card.className = "card input";
  card.setAttribute("aria-label", "Input");
  heading.textContent = "Form";
  card.append(window.editor.element);
  main.append(heading, card);
  document.body.replaceChildren(main);
  if (value !== null) window.editor.write(JSON.parse(value));
}
"""
PASTE = """
(text) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "c.png", { type: "image/png" }));
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true });
  document.querySelector("[name='/photo']").dispatchEvent(event);
}
"""
NAMES = ["", "list › Item 2 › b", "shape › w", "vector › /2", "/gone"]
READ = (
    "() => { const faults = []; const value = editor.read(faults); return { value: JSON.stringify(value), faults }; }"
)


@pytest.fixture
def open_form(service, new_page, open_blank):
    def open_it(schema: dict[str, Any], document: Any = None, **options: Any):
        page = new_page(**options)
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        open_blank(page, service.url)
        text = None if document is None else json.dumps(document)
        page.evaluate(OPEN, {"schema": json.dumps(schema), "document": text})
        return page

    return open_it


def read(page) -> Any:
    shown = page.evaluate(READ)
    assert shown["faults"] == []
    return json.loads(shown["value"])


def faults(page) -> dict[str, str]:
    return {fault["path"]: fault["message"] for fault in page.evaluate(READ)["faults"]}


def show_faults(page, found: list[tuple[str, str]]) -> None:
    page.evaluate("found => editor.showFaults(found)", [{"path": path, "message": message} for path, message in found])


def control(page, pointer: str):
    return page.locator(f'[name="{pointer}"]')


def test_items_are_put_in_order_and_removed_by_keyboard_and_the_focus_stays(open_form):
    page = open_form({"type": "array", "items": {"type": "string"}}, ["a", "b", "c"])
    page.get_by_role("button", name="Move Item 1 down").press("Enter")
    expect(page.get_by_role("button", name="Move Item 2 down")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Now at place 3 of 3.")
    assert read(page) == ["b", "c", "a"]
    control(page, "/2").press("Alt+ArrowUp")
    expect(control(page, "/1")).to_be_focused()
    assert read(page) == ["b", "a", "c"]
    for left in (["b", "a"], ["b"], []):
        page.get_by_role("button", name="Remove Item").last.press("Enter")
        assert page.evaluate("document.activeElement.matches('input, textarea, button')")
        assert read(page) == left
    expect(page.get_by_role("button", name="Add item")).to_be_focused()


def test_rows_of_a_map_are_added_renamed_and_removed_and_the_focus_stays(open_form):
    page = open_form({"type": "object", "additionalProperties": {"type": "number"}})
    page.get_by_role("button", name="Add key").press("Enter")
    expect(page.get_by_label("Key")).to_be_focused()
    page.keyboard.type("a/b")
    page.keyboard.press("Tab")
    page.keyboard.type("1.5")
    expect(page.get_by_label("Value of a/b")).to_have_attribute("name", "/a~1b")
    assert read(page) == {"a/b": 1.5}
    page.get_by_role("button", name="Add key").click()
    assert "A row has no key" in faults(page)[""]
    page.keyboard.type("a/b")
    assert "is there twice" in faults(page)[""]
    page.get_by_role("button", name="Remove a/b").last.press("Enter")
    expect(page.get_by_label("Key")).to_be_focused()
    assert read(page) == {"a/b": 1.5}


def test_what_was_typed_in_one_form_is_there_again_when_it_is_chosen_again(open_form):
    page = open_form(CASES["alternatives of objects"].schema)
    control(page, "/r").fill("2")
    control(page, "/name").fill("mine")
    page.get_by_role("radio", name="Box").check()
    expect(control(page, "/name")).to_have_value("mine")
    control(page, "/w").fill("3")
    page.get_by_role("radio", name="Circle").check()
    expect(control(page, "/r")).to_have_value("2")
    assert read(page) == {"kind": "circle", "r": 2, "name": "mine"}
    page.get_by_role("radio", name="Box").check()
    expect(control(page, "/w")).to_have_value("3")
    assert faults(page) == {"/h": "is required"}


def test_a_part_that_contains_itself_is_shown_as_deep_as_it_is_filled_in(open_form):
    page = open_form(CASES["expression"].schema)
    page.get_by_role("radio", name="An operation").first.check()
    page.get_by_role("radio", name="+", exact=True).check()
    for side, number in {"left": "1", "right": "2"}.items():
        page.get_by_role("group", name=side).get_by_role("radio", name="A number").check()
        control(page, f"/{side}").fill(number)
    assert read(page) == {"op": "+", "left": 1, "right": 2}


def test_absent_empty_and_null_are_told_apart_and_what_was_typed_is_kept(open_form):
    page = open_form(
        {
            "type": "object",
            "properties": {
                "text": {"type": ["string", "null"]},
                "list": {"type": ["array", "null"], "items": {"type": "string"}},
                "object": {"type": ["object", "null"], "properties": {"a": {"type": "string"}}},
            },
        }
    )
    assert read(page) == {}
    page.get_by_role("button", name="empty: text").click()
    page.get_by_role("button", name="Empty list").click()
    page.get_by_role("group", name="object").get_by_role("button", name="Fill in").click()
    assert read(page) == {"text": "", "list": [], "object": {}}
    control(page, "/object/a").fill("kept")
    for name in ("text", "list", "object"):
        page.get_by_role("button", name=f"null: {name}").click()
    assert read(page) == {"text": None, "list": None, "object": None}
    page.get_by_role("button", name="null: object").click()
    assert read(page)["object"] == {"a": "kept"}
    page.get_by_role("button", name="Leave out").last.press("Enter")
    expect(page.get_by_role("button", name="Fill in")).to_be_focused()
    assert "object" not in read(page)


def test_faults_of_the_service_are_shown_where_they_belong_and_the_first_gets_the_focus(open_form):
    page = open_form(CASES["the hard one"].schema, CASES["the hard one"].valid[0])
    page.evaluate("document.querySelector('main').append(document.createElement('details'))")
    page.evaluate("document.querySelector('details').append(document.querySelector('form'))")
    show_faults(
        page, [("/list/1/b", "is dull"), ("/shape/w", "is wide"), ("/vector/2", "is small"), ("/gone", "is gone")]
    )
    expect(control(page, "/list/1/b")).to_be_focused()
    expect(control(page, "/list/1/b")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("is wide", exact=True)).to_be_visible()
    expect(page.get_by_text("/vector/2: is small")).to_be_visible()
    expect(page.get_by_text("/gone: is gone")).to_be_visible()
    control(page, "/list/1/b").fill("bright")
    expect(page.get_by_text("is dull")).to_be_hidden()


def test_a_part_is_called_as_the_form_calls_it_from_the_outside_in(open_form):
    page = open_form(CASES["the hard one"].schema, CASES["the hard one"].valid[0])
    paths = ["", "/list/1/b", "/shape/w", "/vector/2", "/gone"]
    assert page.evaluate("paths => paths.map((path) => editor.nameOf(path))", paths) == NAMES
    page.evaluate("editor.switch.querySelector('button:last-of-type').click()")
    assert page.evaluate("editor.nameOf('/list/1/b')") == "/list/1/b"


def test_a_fault_of_the_alternative_that_was_not_chosen_is_not_told(open_form):
    page = open_form({"oneOf": [{"type": "number", "minimum": 5}, {"type": "string", "minLength": 3}]})
    page.get_by_role("radio", name="string").check()
    control(page, "").fill("ab")
    assert faults(page) == {"": "must have at least 3 characters"}


def test_a_drawing_is_made_by_keyboard_by_mouse_and_rubbed_out(open_form):
    schema = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 16}, "minItems": 64, "maxItems": 64}
    page = open_form({"type": "object", "properties": {"pixels": schema | {"x-shape": [8, 8]}}, "required": ["pixels"]})
    canvas = page.get_by_role("application")
    assert faults(page) == {"/pixels": "is required"}
    canvas.focus()
    for key in ("ArrowDown", "ArrowRight", "Space"):
        canvas.press(key)
    expect(page.get_by_role("status")).to_have_text("Row 2, column 2: 100 % ink")
    assert [index for index, ink in enumerate(read(page)["pixels"]) if ink] == [9]
    assert read(page)["pixels"][9] == 16
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()
    pixels = read(page)["pixels"]
    assert all(pixels[row * 8 + 5] >= 8 for row in range(2, 6))
    page.get_by_role("button", name="Clear").click()
    assert set(read(page)["pixels"]) == {0}


def test_a_tensor_is_drawn_as_bytes(open_form):
    page = open_form({"x-tensor": {"dtype": "<f4", "shape": [4, 4]}, "title": "Image"})
    page.get_by_role("application").press("Space")
    document = read(page)
    assert (document["dtype"], document["shape"]) == ("<f4", [4, 4])
    assert base64.b64decode(document["data"])[:8] == b"\0\0\x80\x3f\0\0\0\0"


def test_a_file_is_chosen_pasted_shown_and_removed(open_form):
    page = open_form(
        {
            "type": "object",
            "properties": {
                "photo": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
                "any": {"type": "string", "contentEncoding": "base64"},
            },
        }
    )
    content = base64.b64decode(PNG)
    page.get_by_label("photo").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": content})
    page.get_by_label("any").set_input_files(
        {"name": "b.bin", "mimeType": "application/octet-stream", "buffer": b"\0\1"}
    )
    image = page.get_by_role("img", name="What is sent as photo")
    expect(image).to_be_visible()
    expect(page.get_by_text("b.bin · 2 bytes")).to_be_visible()
    assert read(page) == {"photo": PNG, "any": "AAE="}
    page.get_by_role("button", name="Remove").first.press("Enter")
    expect(page.get_by_label("photo")).to_be_focused()
    assert read(page) == {"any": "AAE="}
    page.evaluate(PASTE, PNG)
    expect(image).to_be_visible()
    assert read(page)["photo"] == PNG


def test_hostile_texts_are_shown_as_text_and_long_ones_leave_the_page_usable(open_form):
    long = "x" * 1_000_000
    schema = {
        "type": "object",
        "title": MARKUP,
        "description": long,
        "properties": {
            MARKUP: {"type": "string", "title": MARKUP, "description": MARKUP, "x-unit": MARKUP, "examples": [MARKUP]},
            "few": {"enum": [MARKUP, "javascript:alert(1)"]},
            "many": {"enum": [MARKUP, long, *range(9)]},
            "either": {"oneOf": [{"type": "string", "title": MARKUP}, {"type": "number", "title": long}]},
            "photo": {"type": "string", "contentEncoding": "base64", "contentMediaType": 'image/svg+xml" onload="x'},
            long: {"type": "number", "default": long},
        },
        "additionalProperties": {"type": "string", "title": MARKUP},
    }
    page = open_form(
        schema, {MARKUP: MARKUP, "few": MARKUP, "many": long, "either": MARKUP, "photo": "PHN2Zz4="}, width=390
    )
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    assert read(page)["many"] == long
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    show_faults(page, [("/few", MARKUP)])
    expect(page.locator(".fault", has_text=MARKUP)).to_be_visible()
    assert page.locator("main img, main script").count() <= 1


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: `npm ci` in tests/web")
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("filled", [True, False])
def test_axe_finds_nothing_in_the_hard_form_at_any_width_and_in_either_direction(open_form, color_scheme, filled):
    case = CASES["the hard one"]
    page = open_form(case.schema, case.valid[0] if filled else None, width=320, color_scheme=color_scheme)
    expect(page.get_by_role("application")).to_be_visible()
    if not filled:
        page.evaluate("() => { const faults = []; editor.read(faults); editor.showFaults(faults); }")
        page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")
    assert [f"{fault['id']}: {node['html']}" for fault in found["violations"] for node in fault["nodes"]] == []
