"""How events get to a client, however slowly it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tornado_ml.server import event_stream, events
from tornado_ml.server.base import Shared

Readers = Callable[[], Any]

TICKS = "/api/models/echo/subscriptions/ticks"
PUSHED = "/api/models/echo/subscriptions/pushed"
COUNT = "/api/models/counter/predictions"
EVENTS = {"Accept": "text/event-stream"}


@pytest.mark.gen_test
async def test_where_there_is_no_value_yet_the_answer_begins_with_a_comment(
    event_reader: Readers, monkeypatch: pytest.MonkeyPatch, pushed: Any
) -> None:
    monkeypatch.setattr(events, "OPEN_S", 0.05)
    monkeypatch.setattr(event_stream, "COMMENT_S", 0.05)
    reader = event_reader()
    await reader.ask(PUSHED)
    await reader.head()
    assert reader.status == 200
    source = await pushed()
    event = asyncio.create_task(reader.event())
    while reader.comments < 2:
        await asyncio.sleep(0.01)
    source.publish("late")
    assert (await event)[2]["prediction"] == "late"


def numbered(number: int, size: int) -> str:
    """A value; many of them do not fit between a service and a client that does not read."""
    return str(number).zfill(8) + "x" * size


async def fill(pushed: Any, count: int, size: int) -> None:
    """Push numbered values."""
    source = await pushed()
    for number in range(count):
        source.publish(numbered(number, size))
        while source._readers and source._readers[0].waiting:
            await asyncio.sleep(0.001)


@pytest.mark.settings("[server]\nmax_message_bytes = 1_000_000\n[subscriptions]\nbuffer_bytes = 1_000_000")
@pytest.mark.gen_test
async def test_with_the_policy_latest_a_slow_reader_gets_the_newest_and_hurts_nobody(
    event_reader: Readers, shared: Shared, pushed: Any
) -> None:
    slow, quick = event_reader(), event_reader()
    await slow.ask(PUSHED, receive_bytes=4096)
    await quick.ask(PUSHED + "?policy=buffer")
    while shared.backend.feeds.subscriber_count < 2:
        await asyncio.sleep(0.01)
    source = await pushed()
    for number in range(50):
        source.publish(numbered(number, 200_000))
        assert (await quick.event())[2]["prediction"] == numbered(number, 200_000)
    slow.hurry()
    numbers = await read_until(slow, "00000049")
    assert len(numbers) < 50
    assert numbers == sorted(numbers)


async def read_until(reader: Any, last: str) -> list[str]:
    """The first eight characters of each value, up to one."""
    numbers = [""]
    while numbers[-1] != last:
        numbers.append((await reader.event())[2]["prediction"][:8])
    return numbers[1:]


@pytest.mark.settings("[subscriptions]\nbuffer_bytes = 500_000")
@pytest.mark.gen_test
async def test_with_the_policy_buffer_a_slow_reader_gets_all_up_to_a_limit_and_is_told(
    event_reader: Readers, shared: Shared, nothing_is_left: Any, pushed: Any
) -> None:
    reader = event_reader()
    await reader.ask(PUSHED + "?policy=buffer", receive_bytes=4096)
    await fill(pushed, 1, 10)
    for _ in range(1000):
        if not shared.backend.feeds.subscriber_count:
            break
        await fill(pushed, 10, 50_000)
    reader.hurry()
    *values, last = await reader.all()
    assert [id for _, id, _ in values] == list(range(1, len(values) + 1))
    assert last[0] == "unsubscribed"
    assert last[2]["code"] == "OVERLOADED"
    await nothing_is_left()


@pytest.mark.settings("[server]\nstalled_s = 0.5")
@pytest.mark.gen_test
async def test_a_client_that_takes_nothing_is_cut(
    event_reader: Readers, shared: Shared, logged: Callable[[], str], nothing_is_left: Any, pushed: Any
) -> None:
    watch = asyncio.create_task(shared.sockets.watch_stalled())
    reader = event_reader()
    await reader.ask(PUSHED, receive_bytes=4096)
    await pushed()
    filling = asyncio.create_task(fill(pushed, 200, 60_000))
    await nothing_is_left()
    filling.cancel()
    watch.cancel()
    assert "is given up: its peer took no byte for 0.5 s." in logged()
    assert await reader.is_cut()


@pytest.mark.settings("[server]\nmax_connections = 2")
@pytest.mark.gen_test
async def test_streams_are_counted_with_the_sockets(event_reader: Readers, connect: Any) -> None:
    await connect()
    first, second, third = event_reader(), event_reader(), event_reader()
    await first.ask(TICKS)
    assert (await first.event())[0] == "prediction_response"
    await second.ask(TICKS)
    assert (await second.document())["code"] == "OVERLOADED"
    assert (second.status, second.headers["retry-after"]) == (503, "5")
    await third.ask(COUNT, {"to": 1}, **EVENTS)
    assert (await third.document())["code"] == "OVERLOADED"


@pytest.mark.gen_test
async def test_what_is_still_open_when_the_service_closes_is_cut(
    event_reader: Readers, shared: Shared, nothing_is_left: Any, pushed: Any
) -> None:
    reader = event_reader()
    await reader.ask(PUSHED)
    (await pushed()).publish("x")
    assert (await reader.event())[0] == "prediction_response"
    await shared.sockets.close(5)
    assert await reader.is_cut()
    await nothing_is_left()


@pytest.mark.gen_test
async def test_a_client_that_reads_slowly_slows_its_own_generator_down(
    event_reader: Readers, shared: Shared, nothing_is_left: Any
) -> None:
    slow, quick = event_reader(), event_reader()
    await slow.ask(COUNT, {"to": 10_000_000}, receive_bytes=4096, **EVENTS)
    while not len(shared.sockets):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    (stream,) = shared.sockets
    assert stream.waiting_bytes < 10_000  # type: ignore[attr-defined]
    await quick.ask("/api/models/echo/predictions", 1, **EVENTS)
    assert (await quick.all())[0][0] == "prediction_response"
    await slow.close()
    await nothing_is_left()
