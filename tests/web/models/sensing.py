"""A model that looks and listens: it tells how large the picture is and how long the sound, by their bytes alone."""

import base64
import struct

from tornado_ml import MLModel, hookimpl


def media(media_type, title):
    return {"type": "string", "contentEncoding": "base64", "contentMediaType": media_type, "title": title}


class Sensing(MLModel):
    qualified_name = "sensing"
    display_name = "Sensing"
    description = "Tells what it was sent: the size of a picture, the kind of a sound."
    major_version = 1
    minor_version = 0
    executor = "thread"
    input_schema = {
        "type": "object",
        "properties": {"photo": media("image/png", "Photo"), "sound": media("audio/webm", "Sound")},
    }
    output_schema = {
        "type": "object",
        "properties": {"size": {"type": "array", "items": {"type": "integer"}}, "is_webm": {"type": "boolean"}},
    }

    def predict(self, data):
        told = {}
        if "photo" in data:
            # The first chunk of a PNG begins with its width and height (W3C PNG, 11.2.1).
            told["size"] = list(struct.unpack(">II", base64.b64decode(data["photo"])[16:24]))
        if "sound" in data:
            told["is_webm"] = base64.b64decode(data["sound"]).startswith(b"\x1a\x45\xdf\xa3")
        return told


@hookimpl
def register_models():
    return [Sensing]
