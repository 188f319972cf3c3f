"""JSON: the text frames of the socket, and the bodies of REST."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson

from tornado_ml.codecs.base import Codec
from tornado_ml.errors import BadFrame


class JSONCodec(Codec):
    """JSON (RFC 8259); byte strings are base64."""

    subprotocol = "tornado-ml.v1.json"
    is_binary = False
    gives_json = True

    def decode(self, frame: str | bytes) -> Any:
        try:
            return orjson.loads(frame)
        except orjson.JSONDecodeError as error:
            raise BadFrame(f"This is not JSON: {error}.") from error

    def encode(self, document: Any) -> bytes:
        return orjson.dumps(document, _base64)

    def check_depth(self, frame: str | bytes, document: Any, max_depth: int) -> None:
        # Counting brackets takes a fraction of the parser's time and settles nearly every frame.
        if isinstance(frame, str):
            brackets = frame.count("{") + frame.count("[")
        else:
            brackets = frame.count(b"{") + frame.count(b"[")
        if brackets > max_depth:
            super().check_depth(frame, document, max_depth)

    def with_seq(self, frame: bytes, seq: int) -> bytes:
        return b'{"seq":%d,' % seq + memoryview(frame)[1:]


_JSON = JSONCodec()


def decode_json(body: str | bytes, max_depth: int) -> Any:
    """The JSON value that `body` is.

    Raises:
        BadFrame: not JSON (RFC 8259), a number that is NaN or infinite, or nested deeper than `max_depth`.
    """
    value = _JSON.decode(body)
    _JSON.check_depth(body, value, max_depth)
    return value


def encode_json(document: Any) -> bytes:
    """The JSON text of plain data, bytes as base64; the caller has made sure that it is plain and finite."""
    return _JSON.encode(document)


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no counterpart in JSON")
