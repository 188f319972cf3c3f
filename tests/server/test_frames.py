"""The frames are those that a client we did not write reads."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from tornado_ml.server.frames import text_frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_of_any_size_is_read_as_it_was_written(size: int) -> None:
    payload = b"x" * size
    reader = StreamReader()
    reader.feed_data(text_frame(payload) + b"the next frame")
    parser = Frame.parse(reader.read_exact, mask=False)
    try:
        next(parser)
    except StopIteration as done:
        frame = done.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, payload)


@pytest.mark.parametrize(("size", "header_size"), [(125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_the_shortest_header_is_used(size: int, header_size: int) -> None:
    assert len(text_frame(b"x" * size)) == header_size + size
