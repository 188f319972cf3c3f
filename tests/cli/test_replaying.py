from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.cli.replaying import CODE, MAX_EXAMPLES, MAX_PLACES, Answered, Plan, Refused, Tally, replay
from tornado_ml.client import Client
from tornado_ml.codecs.msgpack import MessagePackCodec
from tornado_ml.observers.base import Record


def record(data: Any = 1, prediction: Any = 1, model: str = "echo", **changes: Any) -> Record:
    made = Record("q1", 1000.5, model, "1.0", data, prediction, "OK", 0.001, 0.002, 0.004, 3)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_what_differs_is_counted_by_place_with_a_few_examples() -> None:
    tally = Tally()
    for number in range(5):
        tally.compare(record(prediction={"a": 1}), Answered("OK", {"a": number}, 0.001, 0.002), 0.0)
    tally.compare(record(), Answered("INTERNAL"), 0.0)
    assert (tally.count, tally.same_count, tally.different_count) == (6, 1, 5)
    assert {path: place.count for path, place in tally.places.items()} == {"/a": 4, CODE: 1}
    assert tally.places["/a"].examples == [("q1", 1, number) for number in (0, 2, 3)]
    assert len(tally.places["/a"].examples) == MAX_EXAMPLES
    assert tally.places[CODE].examples == [("q1", "OK", "INTERNAL")]
    assert tally.predict_s == [(0.002, 0.001)] * 5
    assert tally.total_s == [(0.004, 0.002)] * 5


def test_places_without_end_are_not_kept() -> None:
    tally = Tally()
    tally.compare(record(prediction=list(range(2 * MAX_PLACES))), Answered("OK", [-1] * 2 * MAX_PLACES), 0.0)
    assert len(tally.places) == MAX_PLACES


def test_what_cannot_be_compared_is_left_out() -> None:
    tally = Tally()
    records = [
        record(),
        record(model="other"),
        record(in_session=True),
        record(code="OVERLOADED"),
        record(code="CANCELLED"),
        record(code="INVALID_INPUT"),
        record(is_stream=True),
    ]
    assert list(Plan(model="echo").chosen(records, tally)) == [records[0], records[5], records[6]]
    assert tally.left_out == Counter(
        {"of other models": 1, "asked in sessions": 1, "answered OVERLOADED": 1, "answered CANCELLED": 1}
    )
    assert len(list(Plan().chosen(records, Tally()))) == 4


Connect = Callable[[], Any]


@pytest.fixture
def connect(socket_url: str) -> Connect:
    return lambda: Client.connect(socket_url, codec=MessagePackCodec())


@pytest.mark.gen_test
async def test_the_service_is_asked_again_and_byte_strings_stay_what_they_were(connect: Connect) -> None:
    tally = Tally()
    records = [
        record({"a": 1}, {"a": 1}),
        record({"a": b"\0\xff"}, None, code="INVALID_INPUT"),  # as text, it would be echoed
        record("x", "y"),
        record({}, None, model="broken", code="INVALID_INPUT"),
    ]
    async with await connect() as client:
        await replay(client, records, Plan(concurrency=3), tally)
    assert (tally.same_count, tally.different_count) == (3, 1)
    assert tally.places[""].examples == [("q1", "y", "x")]
    assert len(tally.predict_s) == 2
    assert all(after > 0 for _, after in tally.total_s)


@pytest.mark.gen_test
async def test_another_model_or_version_may_be_asked(connect: Connect) -> None:
    tally = Tally()
    async with await connect() as client:
        await replay(client, [record(1, 1, model="gone")], Plan(against=("echo", "2.0")), tally)
        assert tally.same_count == 1
        with pytest.raises(Refused, match=r"^echo 7.0: MODEL_NOT_FOUND: Model not found\.$"):
            await replay(client, [record()] * 20, Plan(against=("echo", "7.0")), tally)
