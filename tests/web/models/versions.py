"""A model in two versions, which agree on small numbers and differ on others."""

from tornado_ml import MLModel, hookimpl


class Rounding(MLModel):
    qualified_name = "rounding"
    executor = "thread"
    display_name = "Rounding"
    description = "Rounds a number; version 2 rounds to even."
    major_version = 1
    minor_version = 0
    input_schema = {
        "type": "object",
        "properties": {"number": {"type": "number", "title": "Number", "minimum": 0, "maximum": 1_000_000}},
        "required": ["number"],
        "additionalProperties": False,
    }
    output_schema = {
        "type": "object",
        "properties": {"whole": {"type": "integer"}, "exact": {"type": "boolean"}},
        "required": ["whole", "exact"],
    }
    examples = ({"number": 2.5},)

    def predict(self, data):
        return {"whole": int(data["number"] + 0.5), "exact": data["number"] % 1 == 0}


class RoundingToEven(Rounding):
    major_version = 2

    def predict(self, data):
        return {"whole": round(data["number"]), "exact": data["number"] % 1 == 0}


@hookimpl
def register_models():
    return [Rounding, RoundingToEven]
