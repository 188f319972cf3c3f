"""A model that writes word by word, and one whose partial predictions are no text."""

import time

from tornado_ml import MLModel, hookimpl

WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "then", "once", "more")


class Writer(MLModel):
    qualified_name = "writer"
    display_name = "Writer"
    description = "Writes as many words as it is told to, one after the other."
    major_version = 1
    minor_version = 0
    input_schema = {
        "type": "object",
        "properties": {
            "words": {"type": "integer", "title": "Words", "minimum": 1, "maximum": 100_000},
            "pause": {"type": "number", "title": "Pause", "minimum": 0, "maximum": 1, "x-unit": "s"},
        },
        "required": ["words"],
    }
    output_schema = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "words": {"type": "integer"}},
        "required": ["text", "words"],
    }
    partial_schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    examples = ({"words": 12}, {"words": 100_000, "pause": 0.02})

    def predict_stream(self, data):
        written = []
        for number in range(data["words"]):
            time.sleep(data.get("pause", 0.01))
            written.append(WORDS[number % len(WORDS)])
            yield {"text": f"{written[-1]} "}
        return {"text": " ".join(written) + ".", "words": len(written)}


class Approaching(MLModel):
    qualified_name = "approaching"
    display_name = "Approaching"
    description = "Comes nearer to a square root, step by step."
    major_version = 1
    minor_version = 0
    input_schema = {
        "type": "object",
        "properties": {"number": {"type": "number", "minimum": 1}},
        "required": ["number"],
    }
    output_schema = {"type": "object", "properties": {"root": {"type": "number"}, "step": {"type": "integer"}}}
    examples = ({"number": 2},)

    def predict_stream(self, data):
        root = data["number"]
        for step in range(20):
            yield {"root": root, "step": step}
            root = (root + data["number"] / root) / 2
        return {"root": root, "step": 20}


@hookimpl
def register_models():
    return [Writer, Approaching]
