"""What is MessagePack and yet no document, and what it costs to find out."""

from __future__ import annotations

import struct
import tracemalloc
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.codecs.msgpack import MessagePackCodec
from tornado_ml.errors import BadFrame

CODEC = MessagePackCodec()


@given(st.binary())
def test_byte_strings_stay_byte_strings(data: bytes) -> None:
    assert CODEC.parse(CODEC.encode({"data": data, "text": "data"})) == {"data": data, "text": "data"}
    assert CODEC.encode({"data": memoryview(data)}) == CODEC.encode({"data": data})


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (b"", "it ends too early"),
        (b"\x82\xa1a\x01", "it ends too early"),
        (b"\xc1", "FormatError"),
        (b"\x01\x01", "1 more bytes behind it"),
        (b"\xa2\xc3\x28", "can't decode byte 0xc3"),
        (b"\xa3\xed\xa0\x80", "can't decode byte 0xed"),
        (b"\x91" * 100_000 + b"\xc0", "StackError"),
        (b"\x81\x01\x02", "not allowed for map key"),
        (b"\x81\x90\x02", "not allowed for map key"),
        (b"\x81\xc4\x01a\x02", "a key that is no string"),
        (b"\x91\x81\xc4\x01a\x02", "a key that is no string"),
        (msgpack.packb(msgpack.ExtType(5, b"12")), "extension type 5"),
        (msgpack.packb([msgpack.Timestamp(1)]), "timestamp"),
        (msgpack.packb({"at": msgpack.Timestamp(2**34, 999)}), "timestamp"),
        (msgpack.packb([1.0] * 50 + [msgpack.Timestamp(1)]), "timestamp"),
    ],
)
def test_what_is_no_document_is_refused(frame: bytes, why: str) -> None:
    with pytest.raises(BadFrame, match=why):
        CODEC.parse(frame)


NOT_FINITE = st.sampled_from([float("nan"), float("inf"), float("-inf")])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(2**63), 2**64 - 1)


@given(NOT_FINITE, st.lists(NUMBERS, max_size=40), st.booleans())
def test_nan_and_infinity_are_found_wherever_they_stand(number: float, others: list[Any], single: bool) -> None:
    packer = msgpack.Packer(use_single_float=single)
    for document in (number, [*others, number], [number, *others], {"in": [[{"it": number}]]}):
        with pytest.raises(BadFrame, match=r"This holds -?(nan|inf), which is no number here"):
            CODEC.parse(packer.pack(document))


def test_large_numbers_whose_sum_is_infinite_are_finite() -> None:
    document = [1.7e308] * 40
    assert CODEC.parse(CODEC.encode(document)) == document


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    assert CODEC.parse(b"\x82\xa1a\x01\xa1a\x02") == {"a": 2}


@pytest.mark.parametrize(
    "frame",
    [
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x05",
        (b"\xdd" + struct.pack("!I", 65_000)) * 1000 + bytes(60_000),
        (b"\xdf" + struct.pack("!I", 32_000)) * 1000 + bytes(60_000),
    ],
)
def test_what_a_header_promises_is_not_reserved(frame: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadFrame, match="This is not MessagePack"):
            CODEC.parse(frame)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [0, 1, 14, 15, 16, 65_534, 65_535, 65_536])
def test_seq_is_put_before_any_number_of_keys(size: int) -> None:
    document = {str(number): number for number in range(size)}
    assert CODEC.parse(CODEC.with_seq(CODEC.encode(document), 2**40)) == {"seq": 2**40, **document}
