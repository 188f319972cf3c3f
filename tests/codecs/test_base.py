"""The laws of every codec, held by our own and by one that does the least."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.codecs.known import OWN_CODECS
from tornado_ml.errors import BadFrame


class LiteralCodec(Codec):
    """Python literals: the two methods that a plugin has to write, and nothing else."""

    subprotocol = "literals"
    is_binary = False

    def decode(self, frame: str | bytes) -> Any:
        assert isinstance(frame, str)
        return ast.literal_eval(frame)

    def encode(self, document: Any) -> bytes:
        return repr(document).encode()


CODECS = [*OWN_CODECS, LiteralCodec()]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)
each_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.subprotocol)


def message(codec: Codec, document: Any) -> str | bytes:
    """The document as it comes off the socket."""
    frame = codec.encode(document)
    return frame if codec.is_binary else frame.decode()


@each_codec
@given(document=DOCUMENTS)
def test_what_is_encoded_is_parsed_alike(codec: Codec, document: Any) -> None:
    parsed = codec.parse(message(codec, document))
    assert parsed == document
    assert repr(parsed) == repr(document), "1, 1.0 and True are equal, and so are 0.0 and -0.0"


@each_codec
@given(data=st.data())
def test_whatever_comes_is_a_document_or_a_bad_frame(codec: Codec, data: st.DataObject) -> None:
    frame: Any = data.draw(st.binary() if codec.is_binary else st.text())
    try:
        codec.parse(frame)
    except BadFrame:
        return


@each_codec
@given(document=DOCUMENTS, data=st.data())
def test_a_frame_that_was_damaged_is_a_document_or_a_bad_frame(
    codec: Codec, document: Any, data: st.DataObject
) -> None:
    frame = bytearray(codec.encode(document))
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    try:
        codec.parse(bytes(frame) if codec.is_binary else frame.decode(errors="replace"))
    except BadFrame:
        return


@each_codec
@given(envelope=st.dictionaries(TEXTS, DOCUMENTS, min_size=1), seq=st.integers(1, 2**53))
def test_seq_stands_in_front_of_what_was_encoded(codec: Codec, envelope: dict[str, Any], seq: int) -> None:
    envelope.pop("seq", None)
    frame = codec.with_seq(codec.encode({"event": "goaway", **envelope}), seq)
    assert type(frame) is bytes
    parsed = codec.parse(frame if codec.is_binary else frame.decode())
    assert list(parsed.items()) == [("seq", seq), *{"event": "goaway", **envelope}.items()]


@each_codec
def test_text_on_a_binary_codec_is_a_bad_frame_and_the_other_way_round(codec: Codec) -> None:
    frame = codec.encode({})
    with pytest.raises(BadFrame, match=r"frame; on this subprotocol frames are (text|binary)\."):
        codec.parse("{}" if codec.is_binary else frame)


@each_codec
@given(depth=st.integers(0, 20), arrays=st.booleans(), text=st.text("]}", max_size=5))
def test_depth_is_counted_over_arrays_and_objects_but_not_over_text(
    codec: Codec, depth: int, arrays: bool, text: str
) -> None:
    document: Any = text + "[[[[{{{{" * 5
    for _ in range(depth):
        document = [document, []] if arrays else {"in": document}
    expected = depth + (1 if arrays and depth else 0)
    frame = message(codec, document)
    codec.check_depth(frame, document, max(expected, 1))
    if expected > 1:
        with pytest.raises(BadFrame, match=f"deeper than {expected - 1} levels"):
            codec.check_depth(frame, document, expected - 1)


def test_whatever_a_codec_raises_is_a_bad_frame() -> None:
    with pytest.raises(BadFrame, match="This is no frame of literals: "):
        LiteralCodec().parse("not a literal")


def test_a_codec_of_text_writes_bytes_as_base64() -> None:
    assert JSONCodec().encode({"data": b"\x00\xff", "view": memoryview(b"\x01")}) == b'{"data":"AP8=","view":"AQ=="}'
    with pytest.raises(TypeError):
        JSONCodec().encode({"data": object()})
