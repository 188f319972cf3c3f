"""JSON Pointers (RFC 6901): how a place in a document is written in a `Fault`."""

from __future__ import annotations

from collections.abc import Iterable


def json_pointer(keys: Iterable[str | int]) -> str:
    """`/a/0/b` for `["a", 0, "b"]`; `""`, the whole document, for no keys."""
    return "".join(["/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys])
