"""MessagePack: the same documents as in JSON, binary, and with byte strings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NoReturn

import msgpack

from tornado_ml.codecs.base import Codec
from tornado_ml.errors import BadFrame

_LEAVES = frozenset({str, int, bool, type(None), bytes})
_SHORT = 16

_FIXMAP, _MAP16, _MAP32 = 0x80, 0xDE, 0xDF
_HEADERS = bytes((*range(0x80, 0xA0), *range(0xDC, 0xE0)))
_SEQ = msgpack.packb("seq")


class MessagePackCodec(Codec):
    """MessagePack without extension types; byte strings stay byte strings."""

    subprotocol = "tornado-ml.v1.msgpack"
    is_binary = True

    def decode(self, frame: str | bytes) -> Any:
        _refuse_incomplete(frame)
        try:
            document = msgpack.unpackb(frame, ext_hook=_refuse_extension)
        except msgpack.ExtraData as error:
            raise BadFrame(f"This is MessagePack with {len(error.extra)} more bytes behind it.") from error
        except (ValueError, RecursionError) as error:
            raise BadFrame(f"This is not MessagePack: {str(error) or type(error).__name__}.") from error
        _refuse_foreign(document)
        return document

    def encode(self, document: Any) -> bytes:
        frame: bytes = msgpack.packb(document)
        return frame

    def check_depth(self, frame: str | bytes, document: Any, max_depth: int) -> None:
        assert isinstance(frame, bytes)
        # Counting the bytes that may be headers of maps and arrays is quick, and settles most small frames.
        if len(frame) - len(frame.translate(None, _HEADERS)) > max_depth:
            super().check_depth(frame, document, max_depth)

    def with_seq(self, frame: bytes, seq: int) -> bytes:
        first = frame[0]
        if first < _FIXMAP + 15:
            head, rest = bytes((first + 1,)), 1
        elif first < _MAP16:
            head, rest = b"\xde\x00\x10", 1  # the largest fixmap has 15 keys
        elif first == _MAP16 and (count := int.from_bytes(frame[1:3])) < 0xFFFF:
            head, rest = b"\xde" + (count + 1).to_bytes(2), 3
        else:
            rest = 3 if first == _MAP16 else 5
            head = b"\xdf" + (int.from_bytes(frame[1:rest]) + 1).to_bytes(4)
        return b"".join((head, _SEQ, msgpack.packb(seq), memoryview(frame)[rest:]))


def _refuse_incomplete(frame: str | bytes) -> None:
    """Raises BadFrame unless all is there that headers promise.

    To build an array the unpacker reserves as many places as its header says: a few bytes, nested, and it would reserve
    gigabytes. To skip one it reserves nothing.
    """
    unpacker = msgpack.Unpacker(max_buffer_size=len(frame))
    unpacker.feed(frame)
    try:
        unpacker.skip()
    except msgpack.OutOfData:
        raise BadFrame("This is not MessagePack: it ends too early.") from None
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"This is not MessagePack: {type(error).__name__}.") from error


def _refuse_extension(kind: int, _: bytes) -> NoReturn:
    raise BadFrame(f"This holds the MessagePack extension type {kind}; extension types are not taken.")


def _refuse_foreign(document: object) -> None:
    """Raises BadFrame for NaN, Infinity, a key that is no string, and a timestamp."""
    waiting: list[Any] = [[document]]
    while waiting:
        container = waiting.pop()
        children: Iterable[Any] = container
        if type(container) is dict:
            for key in container:
                if type(key) is not str:
                    raise BadFrame("This holds a map with a key that is no string.")
            children = container.values()
        elif len(container) > _SHORT and type(container[0]) in (float, int) and _has_finite_sum(container):
            continue
        for child in children:
            kind = type(child)
            if kind in _LEAVES:
                continue
            if kind is list or kind is dict:
                if child:
                    waiting.append(child)
            elif kind is not float:
                raise BadFrame("This holds a MessagePack timestamp; extension types are not taken.")
            elif not math.isfinite(child):
                raise BadFrame(f"This holds {child}, which is no number here.")


def _has_finite_sum(numbers: list[Any]) -> bool:
    # Quicker than to look at each; NaN and Infinity never get lost in a sum, and what is no number cannot be added.
    try:
        return math.isfinite(sum(numbers))
    except (TypeError, OverflowError):
        return False
