"""The page in Chromium: the list, the metadata, getting about, and texts that try to be more than text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tornado_ml.testing import running_server

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

MISSPELLED = """
from tornado_ml import hookimpl

@hookimpl
def register_model():
    return []
"""


def card(page, name: str):
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_the_list_shows_each_model_with_its_state_version_and_links(service, page):
    page.goto(service.url)
    flowers = card(page, "Flowers")
    expect(flowers).to_contain_text("Tells small flowers from large ones")
    expect(flowers).to_contain_text("1.2")
    expect(flowers).to_contain_text("ready")
    expect(flowers.get_by_role("link", name="Metadata")).to_have_attribute("href", "/models/flowers/metadata")
    expect(flowers.get_by_role("link", name="Predict")).to_have_attribute("href", "/models/flowers/predict")
    expect(page).to_have_title("Models · tornado-ml")


def test_a_plugin_that_failed_is_shown_with_its_reason(service, page):
    page.goto(service.url)
    broken = card(page, "broken")
    expect(broken).to_contain_text("no module named <b>bold</b>")
    broken.get_by_text("Traceback", exact=True).press("Enter")
    expect(broken.get_by_role("region", name="Traceback of broken")).to_contain_text("broken.py")


def test_three_broken_plugins_are_shown_everywhere_and_iris_answers_beside_them(tmp_path, page):
    broken = {
        "nowhere": ("import nowhere", "No module named 'nowhere'"),
        "exits": ("import sys; sys.exit(1)", "SystemExit: 1"),
        "lost": (MISSPELLED, "did you mean register_models?"),
    }
    for name, (text, _) in broken.items():
        (tmp_path / f"{name}.py").write_text(text)
    settings = f"[plugins]\ndirectories = ['{tmp_path}']\n"
    with running_server(settings=settings) as server:
        with urllib.request.urlopen(f"{server.url}/api/plugins") as response:
            in_rest = {plugin["name"]: plugin["reason"] for plugin in json.load(response)["plugins"]}
        page.goto(server.url)
        for name, (_, reason) in broken.items():
            assert reason in in_rest[name]
            expect(card(page, name)).to_contain_text(reason)
        page.goto(f"{server.url}/models/iris_model/predict")
        for name, length in {"sepal_length": 1.1, "sepal_width": 1.2, "petal_length": 1.4, "petal_width": 1.3}.items():
            page.locator(f'[name="/{name}"]').fill(str(length))
        page.get_by_role("button", name="Predict").click()
        expect(page.locator(".answer")).to_contain_text("setosa")
        page.goto("about:blank")
    file = tmp_path / "settings.toml"
    file.write_text(settings)
    command = [Path(sys.executable).with_name("tornado-ml"), "plugins", "--settings", file]
    listed = " ".join(subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert all(reason in listed for _, reason in broken.values())


def test_an_address_that_leads_nowhere_says_so_and_leads_back(service, page):
    response = page.goto(f"{service.url}/nowhere")
    assert response.status == 404
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    page.get_by_role("link", name="All models").last.click()
    expect(page.get_by_role("heading", name="Models", level=1)).to_be_visible()


def test_a_model_that_failed_to_load_is_shown_with_its_reason(service, page):
    page.goto(service.url)
    unloadable = card(page, "Unloadable")
    expect(unloadable).to_contain_text("parameters.bin is not there")
    unloadable.get_by_role("link", name="Predict").click()
    expect(page.get_by_role("main")).to_contain_text("This model failed to load")
    expect(page.get_by_role("main")).to_contain_text("parameters.bin is not there")
    expect(page.get_by_role("button", name="Predict")).to_have_count(0)


def test_without_models_the_list_says_how_to_add_one(own_service, page):
    service = own_service("--no-plugins")
    service.start()
    page.goto(service.url)
    expect(page.get_by_role("heading", name="No models yet")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("register_models")


def row_of(page, table: str, name: str):
    rows = page.get_by_role("table", name=table).get_by_role("row")
    return rows.filter(has=page.get_by_role("rowheader", name=name, exact=True)).get_by_role("cell").all_inner_texts()


def test_the_metadata_shows_both_schemas_as_tables_of_fields(service, page):
    page.goto(f"{service.url}/models/flowers/metadata")
    expect(page.get_by_role("table")).to_have_count(2)
    assert row_of(page, "Input fields", "sepal_length Sepal length") == [
        "number",
        "required",
        "0 to 10 cm",
        "Length of a sepal, in cm.",
    ]
    assert row_of(page, "Input fields", "petal_width") == ["number", "optional", "0 to 10 cm", ""]
    assert row_of(page, "Output fields", "size") == ["string", "required", 'one of "small", "large"', ""]
    expect(page).to_have_title("Flowers · Metadata · tornado-ml")


def test_the_metadata_shows_the_parts_of_objects_arrays_and_references(service, page):
    page.goto(f"{service.url}/models/every_kind/metadata")
    expect(page.get_by_role("table")).to_have_count(2)
    assert row_of(page, "Input fields", "weight Weight")[0] == "number or null"
    assert row_of(page, "Input fields", "address.number Number")[:3] == ["integer", "optional", "at least 1"]
    assert row_of(page, "Input fields", "home Home")[0] == "object or null"
    assert row_of(page, "Input fields", "stops[].street Street")[:2] == ["string", "required"]
    assert row_of(page, "Input fields", "position[0] Latitude")[0] == "number"
    assert row_of(page, "Input fields", "tree.left Tree")[0] == "Tree (recursive)"
    page.get_by_text("JSON Schema", exact=True).first.click()
    expect(page.get_by_role("region", name="JSON Schema of the input")).to_contain_text('"$defs"')


def test_links_are_followed_without_loading_the_page_again_and_also_work_on_reload(service, page):
    page.goto(service.url)
    page.evaluate("window.sameDocument = true")
    card(page, "Flowers").get_by_role("link", name="Predict").click()
    expect(page).to_have_title("Flowers · Predict · tornado-ml")
    expect(page.locator("h1")).to_be_focused()
    page.get_by_role("link", name="Metadata", exact=True).click()
    expect(page).to_have_url(f"{service.url}/models/flowers/metadata")
    page.go_back()
    expect(page).to_have_title("Flowers · Predict · tornado-ml")
    expect(page.get_by_role("button", name="Predict")).to_be_visible()
    assert page.evaluate("window.sameDocument")
    page.reload()
    expect(page.get_by_role("button", name="Predict")).to_be_visible()
    page.get_by_role("link", name="tornado-ml").click()
    expect(page.get_by_role("heading", name="Models")).to_be_focused()


def test_links_for_programs_lead_out_of_the_page(service, page):
    page.goto(service.url)
    page.get_by_role("link", name="OpenAPI").click()
    expect(page.locator("body")).to_contain_text('"openapi"')


@pytest.mark.parametrize("tab", ["predict", "metadata"])
def test_a_model_that_is_not_there_has_a_page_that_says_so(service, page, tab):
    page.goto(f"{service.url}/models/nobody.knows-it/{tab}")
    expect(page.get_by_role("heading", name="Model not found")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("nobody.knows-it")
    expect(page).to_have_title("Model not found · tornado-ml")
    page.get_by_role("link", name="All models").click()
    expect(card(page, "Flowers")).to_be_visible()


def test_hostile_texts_are_shown_as_text_everywhere(service, page):
    markup = '<img src=x onerror="window.hacked=1">'
    page.goto(service.url)
    expect(page.get_by_role("heading", name=f"Hostile {markup}")).to_be_visible()
    page.goto(f"{service.url}/models/hostile/metadata")
    expect(page.get_by_role("table").first).to_contain_text(markup)
    page.goto(f"{service.url}/models/hostile/predict")
    page.get_by_role("button", name="Example 1").click()
    page.get_by_role("button", name="Predict").click()
    answer = page.get_by_role("region", name="Prediction")
    expect(answer).to_contain_text("<script>window.hacked=1</script>")
    expect(answer).to_contain_text('"__proto__": "an own key"')
    assert page.evaluate("window.hacked") is None
    expect(page.locator("main img, main script")).to_have_count(0)


def test_the_page_is_served_with_its_policy_and_nothing_of_it_is_inline_but_what_the_policy_names(service, page):
    response = page.goto(service.url)
    text, policy = response.text(), response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    ((styles, script),) = re.findall(r'<style>(.*?)</style>\s*<script type="module">(.*?)</script>', text, re.DOTALL)
    for kind, brought in (("script-src", script), ("style-src", styles)):
        assert (
            f"{kind} 'self' 'sha256-{base64.b64encode(hashlib.sha256(brought.encode()).digest()).decode()}'" in policy
        )
        text = text.replace(brought, "")
    assert not re.search(r"<script(?! type=.module.></script>)|\sstyle=|\son\w+=", text)


WIDTHS = [1400, 768, 320]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/models/every_kind/predict",
        "/models/every_kind/metadata",
        "/models/hostile/predict",
        "/models/hostile/metadata",
        "/models/pulse/predict",
    ],
)
def test_nothing_is_wider_than_the_screen(service, page, path):
    page.goto(service.url + path)
    expect(page.locator(".card").first).to_be_visible()
    if path == "/models/pulse/predict":
        page.get_by_role("button", name="Start beat").click()
        expect(page.locator(".chart canvas")).to_have_count(2)
        expect(page.get_by_role("table")).to_be_visible()
    if path.endswith("predict"):
        page.get_by_role("button", name="Example").last.click()
        page.get_by_role("button", name="Predict").click()
        expect(page.get_by_role("region", name="Prediction")).to_be_visible()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
