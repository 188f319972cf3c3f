"""A codec of Python literals: the least that a plugin has to write."""

from __future__ import annotations

import ast
from typing import Any

from tornado_ml import Codec, hookimpl


class LiteralCodec(Codec):
    subprotocol = "literals"
    is_binary = False

    def decode(self, frame: str | bytes) -> Any:
        return ast.literal_eval(str(frame))

    def encode(self, document: Any) -> bytes:
        return repr(document).encode()


@hookimpl
def register_codecs() -> list[Codec]:
    return [LiteralCodec()]
