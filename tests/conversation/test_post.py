"""The way to one client."""

from __future__ import annotations

import json

from tornado_ml.codecs.json import JSONCodec
from tornado_ml.conversation.outbox import Slot
from tornado_ml.conversation.post import Post
from tornado_ml.errors import Internal
from tornado_ml.metrics import Metrics, declarations


def test_whatever_is_sent_wakes_the_connection_if_there_is_one() -> None:
    calls: list[int] = []
    post = Post(JSONCodec(), 1000, lambda: None, Metrics())
    post.send({"a": 1})
    post.wake = lambda: calls.append(1)
    post.send({"a": 2})
    post.send_slot(Slot(b"x"))
    post.replace(Slot(b""), b"y")
    assert len(calls) == 3
    assert [post.outbox.take() for _ in range(5)] == [b'{"a":1}', b'{"a":2}', b"x", b"y", None]


def test_too_many_answers_are_told_of_and_a_closed_one_sends_nothing() -> None:
    overflows: list[int] = []
    post = Post(JSONCodec(), 10, lambda: overflows.append(1), Metrics())
    post.send_frame(b"x" * 10)
    post.send_frame(b"x")
    assert overflows == [1]
    post.close()
    post.send({"a": 1})
    post.send_slot(Slot(b"x"))
    post.replace(Slot(b""), b"y")
    assert post.outbox.take() is None
    assert overflows == [1]


def test_an_error_is_counted_by_its_code_and_sent() -> None:
    metrics = Metrics()
    post = Post(JSONCodec(), 1000, lambda: None, metrics)
    post.fail(Internal(), "a", "m")
    assert metrics.values()[declarations.ERRORS] == {("frame", "INTERNAL"): 1}
    frame = post.outbox.take()
    assert frame is not None
    assert json.loads(frame)["data"]["code"] == "INTERNAL"
    assert json.loads(frame)["id"] == "a"
