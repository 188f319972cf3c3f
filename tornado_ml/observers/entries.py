"""A record as a line of JSON, and back. What was a byte string is base64, and `bytes` says where such are."""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from tornado_ml.observers.base import OK, Record

Path = list[str | int]

_REQUIRED = {"time", "request_id", "model_qualified_name", "code", "input", "total_s"}


def encode(record: Record) -> bytes:
    """The line, with its end.

    Raises:
        TypeError: the record has what no JSON can say.
    """
    moment = datetime.fromtimestamp(record.time, UTC).isoformat(timespec="microseconds")
    entry: dict[str, Any] = {
        "time": moment,
        "request_id": record.request_id,
        "model_qualified_name": record.model_qualified_name,
        "model_version": record.model_version,
        "code": record.code,
        "queue_s": record.queue_s,
        "predict_s": record.predict_s,
        "total_s": record.total_s,
        "batch_size": record.batch_size,
        "is_stream": record.is_stream or None,
        "in_session": record.in_session or None,
    }
    entry = {key: value for key, value in entry.items() if value is not None}
    entry["input"] = record.input
    if record.code == OK:
        entry["prediction"] = record.prediction
    try:
        return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # byte strings, or nothing that could be written at all
        entry["bytes"] = [path for key in ("input", "prediction") for path in _bytes_in(entry.get(key), [key])]
        return orjson.dumps(entry, _base64, orjson.OPT_APPEND_NEWLINE)


def decode(line: bytes) -> Record:
    """The record that was written as this line.

    Raises:
        ValueError: it is none; says why.
    """
    entry = orjson.loads(line)
    if not isinstance(entry, dict) or not entry.keys() >= _REQUIRED:
        raise ValueError("it is no record of a request")
    try:
        for path in entry.get("bytes", []):
            _restore(entry, path)
        return Record(
            entry["request_id"],
            datetime.fromisoformat(entry["time"]).timestamp(),
            entry["model_qualified_name"],
            entry.get("model_version"),
            entry["input"],
            entry.get("prediction"),
            entry["code"],
            entry.get("queue_s"),
            entry.get("predict_s"),
            entry["total_s"],
            entry.get("batch_size"),
            entry.get("is_stream", False),
            entry.get("in_session", False),
        )
    except (TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"it is no record of a request ({error!r})") from error


def _bytes_in(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, bytes | bytearray | memoryview):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _bytes_in(item, [*path, key])
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _bytes_in(item, [*path, index])


def _restore(entry: dict[str, Any], path: Path) -> None:
    container: Any = entry
    for key in path[:-1]:
        container = container[key]
    container[path[-1]] = binascii.a2b_base64(container[path[-1]], strict_mode=True)


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no counterpart in JSON")
