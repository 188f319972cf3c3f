"""Sources that others push into."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from typing import Any

import pytest

from tornado_ml import PushSource
from tornado_ml.models.source import _Reader


async def take(source: PushSource, count: int) -> list[Any]:
    """The first inputs that it gives."""
    taken = []
    async with aclosing(source.inputs()) as inputs:  # type: ignore[type-var]
        async for data in inputs:
            taken.append(data)
            if len(taken) == count:
                break
    return taken


async def begun(source: PushSource, count: int) -> asyncio.Task[list[Any]]:
    """The same, begun: what is published from now on is taken."""
    task = asyncio.create_task(take(source, count))
    await asyncio.sleep(0)
    return task


def test_what_a_thread_publishes_comes_in_its_order() -> None:
    source = PushSource("pushed", "Pushed.", "echo", max_waiting=1000)

    def publish_all() -> None:
        for number in range(1000):
            source.publish(number)

    async def run() -> list[Any]:
        task = await begun(source, 1000)
        thread = threading.Thread(target=publish_all)
        thread.start()
        async with asyncio.timeout(10):
            taken = await task
        thread.join()
        return taken

    assert asyncio.run(run()) == list(range(1000))
    assert source.dropped_count == 0


@pytest.mark.parametrize("max_waiting", [1, 3])
def test_the_oldest_make_room_for_newer_ones_and_are_counted(max_waiting: int) -> None:
    source = PushSource("pushed", "Pushed.", "echo", max_waiting=max_waiting)

    async def run() -> list[Any]:
        task = await begun(source, max_waiting + 1)
        for number in range(10):
            source.publish(number)
        while source._readers[0].waiting:
            await asyncio.sleep(0)
        source.publish(10)
        async with asyncio.timeout(10):
            return await task

    assert asyncio.run(run()) == list(range(10 - max_waiting, 11))
    assert source.dropped_count == 10 - max_waiting


def test_what_is_published_while_nobody_listens_is_dropped_and_not_counted() -> None:
    source = PushSource("pushed", "Pushed.", "echo")

    async def run() -> list[Any]:
        source.publish("too early")
        task = await begun(source, 1)
        source.publish("in time")
        async with asyncio.timeout(10):
            taken = await task
        source.publish("too late")
        return taken

    assert asyncio.run(run()) == ["in time"]
    assert source.dropped_count == 0


def test_publishing_when_the_loop_is_closed_does_nothing() -> None:
    source = PushSource("pushed", "Pushed.", "echo")
    loop = asyncio.new_event_loop()
    loop.close()
    source._readers.append(_Reader(loop))  # as an iteration leaves it that is never closed
    source.publish(1)
    source.publish(2)


def test_a_queue_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        PushSource("pushed", "Pushed.", "echo", max_waiting=0)
