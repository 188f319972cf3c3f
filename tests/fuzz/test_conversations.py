"""Whatever clients say, in whatever order: one final answer to each frame, and nothing stays behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from tornado_ml.access import ANYONE, Caller
from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.codecs.msgpack import MessagePackCodec
from tornado_ml.connection import Connection
from tornado_ml.errors import BadFrame, ServiceError
from tornado_ml.protocol import messages
from tornado_ml.protocol.events import EVENTS, PREDICTION_CANCEL
from tornado_ml.server.base import Shared

FINAL = {
    *("prediction_response", "prediction_error", "session_opened", "session_closed"),
    *("subscribed", "unsubscribed", "welcome", "pong"),
}
UNASKED = {"prediction_partial", "model_state"}
FEW = 60
CONVERSATIONS = 10_000
"""For each codec."""
CODECS = pytest.mark.parametrize("codec", [JSONCodec(), MessagePackCodec()], ids=["json", "msgpack"])

Id = tuple[type, Any]


class Talk:
    """A client in this process, that notes what it is owed and what it gets."""

    def __init__(self, shared: Shared, codec: Codec) -> None:
        self.codec = codec
        self.owed: Counter[Id] = Counter()
        """How many answers there must be, by id."""
        self.answers: Counter[Id] = Counter()
        self.said: dict[str, str] = {}
        self.is_ended = False
        self._came = asyncio.Event()
        self.connection = Connection(
            shared.backend, codec, caller=Caller(ANYONE, "127.0.0.1"), wake=self._wake, end=self._end
        )

    def send(self, frame: str | bytes) -> None:
        id = self._owed_under(frame)
        if id is not None:
            self.owed[id] += 1
        self.connection.receive(frame)

    async def settle(self) -> None:
        """Wait for all answers that are owed; none may come twice."""
        async with asyncio.timeout(20):
            while self.owed != self.answers:
                assert self.answers <= self.owed
                self._came.clear()
                await self._came.wait()
        assert self.connection.open_count == 0
        assert not self.is_ended

    def _owed_under(self, frame: str | bytes) -> Id | None:
        """The id of the answer to a frame; None for a good cancel, which is answered by what it cancels."""
        try:
            document = self.codec.parse(frame)
            if not isinstance(document, dict):
                raise BadFrame
        except BadFrame:
            return type(None), None
        id = messages.readable_id(document)
        try:
            is_cancel = messages.parse(document).event is PREDICTION_CANCEL
        except ServiceError:
            is_cancel = False
        return None if is_cancel else (type(id), id)

    def _wake(self) -> None:
        while (frame := self.connection.take()) is not None:
            self._read(self.codec.decode(frame if self.codec.is_binary else frame.decode()))

    def _read(self, document: dict[str, Any]) -> None:
        data = document["data"]
        self.said |= {key: value for key, value in data.items() if isinstance(value, str)}
        if document["event"] in UNASKED or "subscription" in document.get("meta", {}):
            return
        assert document["event"] in FINAL
        id = document.get("id")
        assert data.get("code") not in {"INTERNAL", "MODEL_CRASHED", "INVALID_OUTPUT"}, document
        self.answers[(type(id), id)] += 1
        self._came.set()

    def _end(self, *_: object) -> None:
        self.is_ended = True


async def nothing_is_left(shared: Shared) -> None:
    async with asyncio.timeout(10):
        while shared.service.open_count or shared.backend.feeds.subscriber_count or len(shared.backend.waiting_room):
            await asyncio.sleep(0)


def converse(shared: Shared, io_loop: IOLoop, codec: Codec, words: Any, given_settings: Any) -> int:
    """Hold conversations; how many frames were sent."""
    sent = 0

    def frame_of(document: Any) -> str | bytes:
        frame: bytes = words.encoded(document, is_binary=codec.is_binary)
        return frame if codec.is_binary else frame.decode()

    async def one(frames: Sequence[tuple[Any, bytes | None]]) -> None:
        nonlocal sent
        talk = Talk(shared, codec)
        for document, raw in frames:
            sent += 1
            if raw is None:
                talk.send(frame_of(words.filled_in(document, talk.said)))
            else:
                talk.send(raw if codec.is_binary else raw.decode("utf-8", "replace"))
            if sent % 3 == 0:
                await asyncio.sleep(0)
        await talk.settle()
        talk.send(frame_of({"event": "ping", "data": {}}))
        assert talk.answers == talk.owed, "it is still there"
        talk.connection.close()

    @st.composite
    def frames(draw: st.DrawFn) -> tuple[Any, bytes | None]:
        document = draw(words.any_documents)
        if draw(st.integers(0, 5)):
            return document, None
        return None, draw(words.changed_bytes(words.encoded(document, is_binary=codec.is_binary)))

    @given_settings
    @given(st.lists(frames(), min_size=4, max_size=12))
    def run(conversation: Sequence[tuple[Any, bytes | None]]) -> None:
        io_loop.run_sync(lambda: one(conversation))

    run()
    io_loop.run_sync(lambda: nothing_is_left(shared))
    return sent


LASTING = pytest.mark.settings("[resume]\ngrace_s = 0.05")


@LASTING
@CODECS
def test_each_frame_of_a_conversation_gets_one_final_answer(
    codec: Codec, shared: Shared, io_loop: IOLoop, words: Any, as_often: Callable[[int], Any]
) -> None:
    assert converse(shared, io_loop, codec, words, as_often(FEW)) > 4 * FEW


@pytest.mark.long
@LASTING
@CODECS
def test_each_frame_of_ten_thousand_conversations_gets_one_final_answer(
    codec: Codec, shared: Shared, io_loop: IOLoop, words: Any, as_often: Callable[[int], Any]
) -> None:
    assert converse(shared, io_loop, codec, words, as_often(CONVERSATIONS)) > 50_000


def test_every_event_of_clients_is_among_what_is_said(words: Any) -> None:
    seen: set[str] = set()

    @settings(max_examples=1000)  # with a tenth of that one may well be missing
    @given(words.documents)
    def look(document: Any) -> None:
        seen.add(document["event"])

    look()
    assert seen == {event.name for event in EVENTS if event.sender == "client"}
