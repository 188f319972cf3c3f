"""A model that takes every kind of value there is, and gives back what it got."""

from tornado_ml import MLModel, hookimpl


class EveryKind(MLModel):
    qualified_name = "every_kind"
    display_name = "Every kind of field"
    description = "Gives back what it is given: texts, numbers, choices, objects in objects, arrays, tuples and JSON."
    major_version = 1
    minor_version = 0
    executor = "thread"
    input_schema = {
        "type": "object",
        "title": "Every kind",
        "properties": {
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 40},
            "comment": {"type": "string", "title": "Comment", "description": "As long as you like."},
            "count": {"type": "integer", "title": "Count", "minimum": -5, "multipleOf": 5},
            "colour": {"enum": ["red", "green", "blue", 7, None], "title": "Colour"},
            "day": {"type": "string", "format": "date", "title": "Day"},
            "agreed": {"type": "boolean", "title": "Agreed"},
            "express": {"type": "boolean", "title": "Express"},
            "weight": {"type": ["number", "null"], "title": "Weight", "x-unit": "kg"},
            "kind": {"const": "parcel", "title": "Kind"},
            "address": {"$ref": "#/$defs/address"},
            "home": {"anyOf": [{"$ref": "#/$defs/address"}, {"type": "null"}], "title": "Home"},
            "tags": {"type": "array", "title": "Tags", "items": {"type": "string"}, "maxItems": 4, "uniqueItems": True},
            "stops": {
                "type": "array",
                "title": "Stops",
                "items": {"$ref": "#/$defs/address", "title": "Stop"},
            },
            "position": {
                "type": "array",
                "title": "Position",
                "prefixItems": [{"type": "number", "title": "Latitude"}, {"type": "number", "title": "Longitude"}],
                "items": False,
                "minItems": 2,
            },
            "anything": {"title": "Anything"},
            "measure": {
                "title": "Measure",
                "oneOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}],
            },
            "labels": {"type": "object", "title": "Labels", "additionalProperties": {"type": "string"}},
            "tree": {"$ref": "#/$defs/node"},
            "a/b~c": {"type": "number", "title": "Odd name"},
        },
        "required": ["name", "agreed", "address"],
        "additionalProperties": False,
        "$defs": {
            "address": {
                "type": "object",
                "title": "Address",
                "description": "Where it goes.",
                "properties": {
                    "street": {"type": "string", "title": "Street"},
                    "number": {"type": "integer", "title": "Number", "minimum": 1},
                },
                "required": ["street"],
                "additionalProperties": False,
            },
            "node": {
                "type": "object",
                "title": "Tree",
                "properties": {"value": {"type": "number", "title": "Value"}, "left": {"$ref": "#/$defs/node"}},
            },
        },
    }
    output_schema = {"title": "What it got"}
    examples = (
        {"name": "Ada", "agreed": True, "address": {"street": "Main Street"}},
        {
            "name": "Grace",
            "comment": "Two lines\nof text",
            "count": 10,
            "colour": 7,
            "day": "2026-01-31",
            "agreed": False,
            "express": False,
            "weight": None,
            "address": {"street": "Side Street", "number": 4},
            "home": {"street": "At Home"},
            "tags": ["a", "b"],
            "stops": [{"street": "One"}, {"street": "Two", "number": 2}],
            "position": [52.5, 13.4],
            "anything": {"free": ["form", 1, None]},
            "tree": {"value": 1, "left": {"value": 2}},
            "a/b~c": 1.5,
        },
    )

    def predict(self, data):
        return data


@hookimpl
def register_models():
    return [EveryKind]
