"""A form of four numbers, after the iris model, without anything to install."""

from tornado_ml import MLModel, hookimpl

LENGTH = {"type": "number", "minimum": 0, "maximum": 10, "x-unit": "cm"}


class Flowers(MLModel):
    qualified_name = "flowers"
    display_name = "Flowers"
    description = "Tells small flowers from large ones by the lengths of their leaves."
    major_version = 1
    minor_version = 2
    executor = "thread"
    input_schema = {
        "type": "object",
        "properties": {
            "sepal_length": LENGTH | {"title": "Sepal length", "description": "Length of a sepal, in cm."},
            "sepal_width": LENGTH | {"title": "Sepal width"},
            "petal_length": LENGTH,
            "petal_width": LENGTH,
        },
        "required": ["sepal_length", "petal_length"],
        "additionalProperties": False,
    }
    output_schema = {
        "type": "object",
        "properties": {"size": {"enum": ["small", "large"]}, "received": {"type": "object"}},
        "required": ["size", "received"],
    }
    examples = (
        {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2},
        {"sepal_length": 7, "petal_length": 4.7},
    )

    def predict(self, data):
        return {"size": "small" if data["petal_length"] < 2 else "large", "received": data}


@hookimpl
def register_models():
    return [Flowers]
