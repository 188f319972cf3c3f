"""A model with widgets of its own, of which one always fails."""

from pathlib import Path

from tornado_ml import MLModel, Widget, hookimpl

WIDGETS = Path(__file__).parent / "dial"
ANGLE = {"type": "number", "title": "Angle", "minimum": 0, "maximum": 360, "x-unit": "°", "x-widget": "dial"}
NOTE = {"type": "string", "title": "Note", "x-widget": "thrower"}


class Dialling(MLModel):
    qualified_name = "dialling"
    display_name = "Dialling"
    description = "Turns to the other side."
    major_version = 1
    minor_version = 0
    executor = "thread"
    input_schema = {
        "type": "object",
        "properties": {"angle": ANGLE, "note": NOTE, "late": NOTE | {"title": "Late", "x-widget": "late"}},
        "required": ["angle"],
    }
    output_schema = {"type": "object", "properties": {"angle": ANGLE, "note": NOTE}, "required": ["angle"]}
    examples = ({"angle": 90, "note": "east", "late": "x"}, {"angle": 200})

    def predict(self, data):
        return {"angle": (data["angle"] + 180) % 360, "note": data.get("note", "none")}


@hookimpl
def register_models():
    return [Dialling]


@hookimpl
def register_widgets():
    return [
        Widget("dial", "input", WIDGETS / "dial.js"),
        Widget("dial", "output", WIDGETS / "dial.js"),
        Widget("thrower", "input", WIDGETS / "thrower.js"),
        Widget("thrower", "output", WIDGETS / "thrower.js"),
        Widget("late", "input", WIDGETS / "late.js"),
    ]
