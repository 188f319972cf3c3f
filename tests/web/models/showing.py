"""A model whose answers are of every kind that the page knows how to show."""

import base64
import io
import math
import struct
import wave
import zlib

from tornado_ml import MLModel, hookimpl

MARKUP = '<img src=x onerror="window.hacked=1">'


def png(columns, rows):
    """A picture of two colours that go into each other."""
    lines = (
        b"\0" + b"".join(bytes([255 * column // columns, 90, 255 * row // rows]) for column in range(columns))
        for row in range(rows)
    )
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(b"".join(lines)),
        b"IEND": b"",
    }
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(packed)).decode()


def tone():
    """A tenth of a second of an A."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(n * 0.3456))) for n in range(800)))
    return base64.b64encode(file.getvalue()).decode()


def tensor(dtype, shape, data):
    return {"dtype": dtype, "shape": shape, "data": base64.b64encode(bytes(data)).decode()}


def row(number):
    return {
        "name": f"item {number}",
        "weight": number * 7919 % 10_007 / 10,
        "ready": number % 3 == 0,
        "page": f"https://example.org/{number}",
        "parts": [number, {"of": number}],
    }


DAYS = [f"2026-03-{day:02}" for day in range(1, 31)]

SHOWN = {
    "classes": ({"setosa": 0.913, "versicolor": 0.0829, "virginica": 0.0041}, {"type": "object"}),
    "ranking": ([{"label": f"class {n}", "score": 1 / (n + 2)} for n in range(40)], {"type": "array"}),
    "length": (12.345678, {"type": "number", "x-unit": "cm", "title": "Length"}),
    "load": (0.62, {"type": "number", "minimum": 0, "maximum": 1}),
    "is_open": (True, {"type": "boolean", "title": "Open"}),
    "colour": ("red", {"enum": ["red", "green"], "title": "Colour"}),
    "level": (2, {"oneOf": [{"const": 1, "title": "low"}, {"const": 2, "title": "high"}], "title": "Level"}),
    "missing": (None, {"type": ["number", "null"]}),
    "poem": ("Roses are red,\n  violets are blue.", {"type": "string"}),
    "novel": ("It was a dark and stormy night. " * 400, {"type": "string"}),
    "day": ("2026-01-31", {"type": "string", "format": "date"}),
    "at": ("2026-01-31T12:30:00Z", {"type": "string", "format": "date-time"}),
    "took": ("PT1H30M", {"type": "string", "format": "duration"}),
    "source": ("https://example.org/a", {"type": "string", "format": "uri"}),
    "trap": ("javascript:window.hacked=1", {"type": "string", "format": "uri"}),
    "rows": ([row(number) for number in range(10_000)], {"type": "array", "title": "Items"}),
    "matrix": ([[1, 2, 3], [4, 5, 6]], {"type": "array"}),
    "wave": ([math.sin(n / 9) for n in range(400)], {"type": "array", "items": {"type": "number"}, "title": "Wave"}),
    "forecast": (
        [{"date": day, "high": 10 + n % 7, "low": n % 5, "sky": "grey"} for n, day in enumerate(DAYS)],
        {
            "type": "array",
            "title": "Forecast",
            "items": {"properties": {"high": {"title": "High", "x-unit": "°C"}, "low": {"x-unit": "°C"}}},
        },
    ),
    "curves": ({"sine": [math.sin(n) for n in range(50)], "cosine": [math.cos(n) for n in range(50)]}, {}),
    "photo": (png(48, 32), {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}),
    "no_photo": ("AAAA", {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}),
    "sound": (tone(), {"type": "string", "contentEncoding": "base64", "contentMediaType": "audio/wav"}),
    "archive": ("UEsDBA==", {"type": "string", "contentEncoding": "base64", "contentMediaType": "application/zip"}),
    "mask": (tensor("|u1", [16, 16], (n * 16 + m for n in range(16) for m in range(16))), {"title": "Mask"}),
    "paint": (tensor("|u1", [8, 8, 3], (n % 256 for n in range(192))), {"title": "Paint"}),
    "heat": ([[math.hypot(x - 5, y - 5) for x in range(12)] for y in range(10)], {"title": "Heat"}),
    "tags": (["small", "round", MARKUP], {"type": "array", "items": {"type": "string"}}),
    "nested": ({"box": {"width": 3, "height": 4, "inner": {"note": "deep"}}, "list": [{"a": [1]}, "b"]}, {}),
    "hostile": (
        {MARKUP: MARKUP, "__proto__": "an own key", "rows": [{MARKUP: MARKUP}], "odds": {MARKUP: 0.5, "x" * 300: 0.5}},
        {},
    ),
    "megabyte": (f"{MARKUP} {'x' * 1_000_000}", {}),
    "nothing": ([], {"type": "array"}),
}


class Showing(MLModel):
    qualified_name = "showing"
    display_name = "Showing"
    description = "Answers in the way that is asked for."
    major_version = 1
    minor_version = 0
    executor = "thread"
    input_schema = {
        "type": "object",
        "properties": {
            "show": {"type": "array", "items": {"enum": list(SHOWN)}, "title": "What to show"},
            "bare": {"type": "boolean", "title": "Bare", "description": "The first of them alone."},
        },
        "required": ["show"],
    }
    output_schema = {"anyOf": [{"properties": {key: schema for key, (_, schema) in SHOWN.items()}}, {}]}
    examples = tuple({"show": [key]} for key in SHOWN)

    def predict(self, data):
        shown = {key: SHOWN[key][0] for key in data["show"]}
        return next(iter(shown.values())) if data.get("bare") else shown


@hookimpl
def register_models():
    return [Showing]
