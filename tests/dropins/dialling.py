"""Widgets without a model."""

from pathlib import Path

from tornado_ml import Widget, hookimpl

DIAL = Path(__file__).parent / "dial" / "dial.js"


@hookimpl
def register_widgets():
    return [Widget("dial", "output", DIAL), Widget("dial", "input", DIAL)]
