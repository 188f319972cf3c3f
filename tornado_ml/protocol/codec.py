"""Frames and bodies: JSON bytes to documents and back. What the documents mean is not known here."""

from __future__ import annotations

from typing import Any

import orjson

from tornado_ml.errors import BadFrame


def decode_json(frame: str | bytes, max_depth: int) -> Any:
    """The JSON value that `frame` is.

    Raises:
        BadFrame: as `parse_json` and `check_depth`.
    """
    value = parse_json(frame)
    check_depth(frame, value, max_depth)
    return value


def parse_json(frame: str | bytes) -> Any:
    """The JSON value that `frame` is, however deep.

    Raises:
        BadFrame: not JSON (RFC 8259), or a number that is NaN or infinite.
    """
    try:
        return orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise BadFrame(f"This is not JSON: {error}.") from error


def check_depth(frame: str | bytes, value: Any, max_depth: int) -> None:
    """Raises BadFrame if `value`, which `frame` was parsed to, is nested deeper than `max_depth`."""
    # Counting brackets takes a fraction of the parser's time and settles nearly every frame.
    brackets = frame.count("{") + frame.count("[") if isinstance(frame, str) else frame.count(b"{") + frame.count(b"[")
    if brackets > max_depth and _depth_exceeds(value, max_depth):
        raise BadFrame(f"This is nested deeper than {max_depth} levels.")


def encode_json(document: Any) -> bytes:
    """The JSON text of plain data; the caller has made sure that it is plain and finite."""
    return orjson.dumps(document)


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for container in level
            if isinstance(container, dict | list)
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
