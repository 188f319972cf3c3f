"""Widgets: a plugin's own way to ask for an input, or to show a prediction, on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from tornado_ml.errors import PluginError
from tornado_ml.models.base import QUALIFIED_NAME_PATTERN

WidgetKind = Literal["input", "output"]

MODULE_SUFFIXES = (".js", ".mjs")


@dataclass(frozen=True, slots=True)
class Widget:
    """An ES module that the page loads where a schema says `"x-widget": name`, or for all of a model's input or output.

    Everything beside the module, in its folder and below it, is served to whoever asks, but for names that start with
    `_` or `.`, and Python files. So the widgets of a plugin stand in one folder of their own, outside of any Python
    package's code.
    """

    name: str
    """1 to 128 letters, digits, `_`, `.` and `-`, the first a letter, a digit or `_`."""
    kind: WidgetKind
    """What the module exports: a function `input`, or `output`. An input and an output widget may share a name."""
    module: Path
    """Where it is: `Path(__file__).parent / "widgets" / "bars.js"`."""
    model_qualified_name: str | None = None
    """A model for whose input or output it is, as a whole, whatever the schemas say. None: schemas name it."""

    @property
    def full_name(self) -> str:
        """What tells a widget from all others."""
        return f"{self.kind}/{self.name}"


def check_widget(value: object) -> Widget:
    """What a plugin brings as a widget.

    Raises:
        PluginError: it is none, or cannot be served as it is declared.
    """
    if not isinstance(value, Widget):
        raise PluginError(f"register_widgets returned {value!r:.120}; it must return instances of tornado_ml.Widget.")
    for attribute in ("name", "model_qualified_name"):
        name = getattr(value, attribute)
        if attribute == "model_qualified_name" and name is None:
            continue
        if not isinstance(name, str) or re.fullmatch(QUALIFIED_NAME_PATTERN, name) is None:
            raise PluginError(
                f"A widget has the {attribute} {name!r:.120}; it takes 1 to 128 letters, digits, '_', '.' and '-', and"
                " starts with a letter, a digit or '_'."
            )
    if value.kind not in get_args(WidgetKind):
        raise PluginError(f'The widget {value.name} has the kind {value.kind!r:.120}; it is "input" or "output".')
    _check_module(value)
    return value


def _check_module(widget: Widget) -> None:
    module = widget.module
    shown = f"The module of the widget {widget.name}, {module},"
    if not isinstance(module, Path):
        raise PluginError(f"{shown} is no pathlib.Path.")
    if not module.is_absolute():
        raise PluginError(f"{shown} is a relative path; begin it with Path(__file__).parent.")
    if module.suffix not in MODULE_SUFFIXES or module.name.startswith(("_", ".")):
        raise PluginError(f"{shown} must end in .js or .mjs, and not start with '_' or '.'.")
    if not module.is_file():
        raise PluginError(f"{shown} is not there.")
    if any(module.parent.glob("*.py")):
        raise PluginError(
            f"{shown} stands beside Python files; give widgets a folder of their own: all of it is public."
        )
