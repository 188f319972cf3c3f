"""A model that writes word by word, and two whose partial predictions are no text."""

import base64
import struct
import time
import zlib

from tornado_ml import MLModel, hookimpl

WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "then", "once", "more")


class Writer(MLModel):
    qualified_name = "writer"
    display_name = "Writer"
    description = "Writes as many words as it is told to, one after the other."
    major_version = 1
    minor_version = 0
    executor = "thread"
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
    executor = "thread"
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


def png(grey):
    """A picture of one colour, of 16 × 16 pixels."""
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0),
        b"IDAT": zlib.compress((b"\0" + bytes([grey]) * 16) * 16),
        b"IEND": b"",
    }
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(packed)).decode()


def picture(title):
    return {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png", "title": title}


class Developing(MLModel):
    qualified_name = "developing"
    display_name = "Developing"
    description = "A picture that becomes lighter and lighter."
    major_version = 1
    minor_version = 0
    executor = "thread"
    input_schema = {"type": "object", "properties": {"steps": {"type": "integer", "minimum": 1, "maximum": 255}}}
    output_schema = {"type": "object", "properties": {"finished": picture("Finished")}}
    partial_schema = {"type": "object", "properties": {"draft": picture("Draft")}}
    examples = ({"steps": 40},)

    def predict_stream(self, data):
        for step in range(data["steps"]):
            time.sleep(0.05)
            yield {"draft": png(step)}
        return {"finished": png(255)}


@hookimpl
def register_models():
    return [Writer, Approaching, Developing]
