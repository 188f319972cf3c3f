"""What a plugin may bring as a widget."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.errors import PluginError
from tornado_ml.models.widget import Widget, check_widget


@pytest.fixture
def widget(tmp_path: Path) -> Widget:
    module = tmp_path / "bars.js"
    module.write_text("export function output() {}")
    return Widget("bars", "output", module)


def test_a_widget_with_a_module_in_a_folder_of_its_own_is_good(widget: Widget) -> None:
    assert check_widget(widget) is widget
    assert check_widget(replace(widget, model_qualified_name="iris_model")).full_name == "output/bars"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": ""}, "A widget has the name"),
        ({"name": "../x"}, "A widget has the name"),
        ({"model_qualified_name": "a b"}, "A widget has the model_qualified_name"),
        ({"kind": "both"}, 'it is "input" or "output"'),
        ({"module": "bars.js"}, "is no pathlib.Path"),
        ({"module": Path("bars.js")}, "is a relative path"),
        ({"module": Path("/nowhere/bars.js")}, "is not there"),
        ({"module": Path("/nowhere/bars.py")}, "must end in .js or .mjs"),
        ({"module": Path("/nowhere/_bars.js")}, "must end in .js or .mjs"),
    ],
)
def test_any_other_is_refused_with_what_is_wrong(widget: Widget, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(PluginError) as refusal:
        check_widget(replace(widget, **changed))
    assert reason in str(refusal.value)


def test_one_beside_code_is_refused_for_all_of_its_folder_would_be_public(widget: Widget) -> None:
    (widget.module.parent / "model.py").write_text("")
    with pytest.raises(PluginError, match="stands beside Python files"):
        check_widget(widget)


def test_what_is_no_widget_is_refused() -> None:
    with pytest.raises(PluginError, match=r"must return instances of tornado_ml\.Widget"):
        check_widget({"name": "bars"})
