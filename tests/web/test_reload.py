"""Models that are loaded anew under a page that shows them."""

from __future__ import annotations

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.e2e

MODEL = """
from tornado_ml import MLModel, hookimpl

class Renewed(MLModel):
    qualified_name = "renewed"
    display_name = "Renewed"
    description = "As it was."
    major_version = 1
    minor_version = 0
    executor = "inline"
    input_schema = {"type": "object", "properties": {"before": {"type": "string"}, "kept": {"type": "string"}}}
    output_schema = {}

    def predict(self, data):
        return data

@hookimpl
def register_models():
    return [Renewed]
"""


def test_what_a_model_takes_now_is_shown_though_its_version_is_the_same_and_nothing_typed_is_lost(
    own_service, new_page, tmp_path
):
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "renewed.py").write_text(MODEL)
    settings = tmp_path / "renewed.toml"
    settings.write_text(f"[plugins]\ndirectories = ['{plugins}']\n")
    service = own_service("--settings", str(settings), "--watch")
    service.start()
    service.wait_until_loaded("renewed")
    metadata, predict = new_page(), new_page()
    metadata.goto(f"{service.url}/models/renewed/metadata")
    expect(metadata.get_by_role("rowheader", name="before")).to_be_visible()
    expect(metadata.get_by_text("Connected", exact=True)).to_be_visible()
    predict.goto(f"{service.url}/models/renewed/predict")
    predict.get_by_role("textbox", name="kept").fill("typed")
    expect(predict.get_by_text("Connected", exact=True)).to_be_visible()
    (plugins / "renewed.py").write_text(MODEL.replace("before", "after").replace("As it was", "As it is"))
    expect(metadata.get_by_role("rowheader", name="after")).to_be_visible()
    expect(metadata.get_by_text("As it is.")).to_be_visible()
    expect(predict.get_by_role("textbox", name="after")).to_be_visible()
    expect(predict.get_by_role("textbox", name="kept")).to_have_value("typed")
