from __future__ import annotations

import asyncio
import pickle
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_ml.inference.executors.process.channel import BlockingChannel, ChannelProtocol, FrameReader, encode

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=50),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Block:
    """Bytes that travel beside the pickle, as those of an array do."""

    def __init__(self, content: Any) -> None:
        self.content = content

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Block, (pickle.PickleBuffer(self.content),)


def read(reader: FrameReader, stream: bytes, cuts: list[int]) -> list[Any]:
    """What comes of a stream that arrives in pieces."""
    messages = []
    for piece in (stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)):
        rest = piece
        while rest:
            count = min(len(rest), len(reader.target))
            reader.target[:count] = rest[:count]
            messages += reader.received(count)
            rest = rest[count:]
    return messages


def joined(messages: list[Any]) -> bytes:
    return b"".join(part for message in messages for part in encode(message))


@given(st.lists(documents, max_size=3), st.lists(st.binary(max_size=50), max_size=3), st.data())
def test_messages_come_out_as_they_went_in_wherever_the_stream_is_cut(
    sent: list[Any], blocks: list[bytes], data: st.DataObject
) -> None:
    stream = joined([*sent, [Block(bytearray(block)) for block in blocks]])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    *messages, with_blocks = read(FrameReader(), stream, cuts)
    assert messages == sent
    assert [bytes(block.content) for block in with_blocks] == blocks


def test_a_buffer_is_sent_from_the_memory_it_lives_in_and_can_be_written_where_it_arrives() -> None:
    content = bytearray(b"x" * 100_000)
    head, view = encode(Block(content))
    assert len(head) < 1000
    assert isinstance(view, memoryview)
    assert view.obj is content
    (block,) = read(FrameReader(), joined([Block(content)]), [])
    block.content[0] = 0
    assert content[0] == ord("x")


def test_an_array_arrives_as_a_view_of_what_was_received() -> None:
    numpy = pytest.importorskip("numpy")
    for array in (numpy.arange(10_000.0).reshape(100, 100), numpy.asfortranarray(numpy.eye(50)), numpy.empty((0, 3))):
        (arrived,) = read(FrameReader(), joined([array]), [])
        assert numpy.array_equal(arrived, array)
        assert arrived.flags.writeable
        assert not arrived.flags.owndata
        assert arrived.flags.f_contiguous == array.flags.f_contiguous
    (arrived,) = read(FrameReader(), joined([numpy.arange(10)[::2]]), [])
    assert arrived.tolist() == [0, 2, 4, 6, 8]


def test_both_ends_talk_and_learn_that_the_other_is_gone() -> None:
    large = bytes(3_000_000)

    def answer(end: socket.socket) -> None:
        channel = BlockingChannel(end)
        assert channel.fileno() == end.fileno()
        for _ in range(3):
            channel.send(["back", channel.receive()])
        with pytest.raises(EOFError):
            channel.receive()
        end.close()

    async def talk() -> list[Any]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        thread = threading.Thread(target=answer, args=(theirs,))
        thread.start()
        loop = asyncio.get_running_loop()
        got: list[Any] = []
        all_there, lost = loop.create_future(), loop.create_future()

        def on_message(message: Any) -> None:
            got.append(message)
            if len(got) == 3:
                all_there.set_result(None)

        protocol = ChannelProtocol(on_message, lambda: lost.set_result(None))
        protocol.send("is not sent: there is no connection yet")
        protocol.close()
        await loop.create_connection(lambda: protocol, sock=ours)
        for message in (1, Block(bytearray(large)), "three"):
            protocol.send(message)
        await all_there
        protocol.close()
        await lost
        protocol.send("is not sent either")
        thread.join()
        return got

    one, block, three = asyncio.run(talk())
    assert (one, three) == (["back", 1], ["back", "three"])
    assert bytes(block[1].content) == large


def test_the_services_end_is_told_once_when_the_worker_is_gone_in_the_middle_of_a_frame() -> None:
    async def talk() -> int:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        lost: list[None] = []
        gone = asyncio.Event()

        def on_lost() -> None:
            lost.append(None)
            gone.set()

        await asyncio.get_running_loop().create_connection(
            lambda: ChannelProtocol(lambda message: pytest.fail(f"got {message}"), on_lost), sock=ours
        )
        theirs.send(joined(["cut off"])[:-1])
        theirs.close()
        await gone.wait()
        return len(lost)

    assert asyncio.run(talk()) == 1
