"""The workers as the queue in front of them sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tornado_ml.inference.batching import Batcher
from tornado_ml.inference.jobs import Job, UnitJob
from tornado_ml.inference.stations import Station, Stations


def run(scenario: Callable[[], Any]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await scenario()

    asyncio.run(bounded())


def job() -> Job:
    return UnitJob("data", "client", lambda _: None)


def lost() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_all_queues_have_their_turn_and_an_empty_one_is_passed_over() -> None:
    async def scenario() -> None:
        batches: Batcher[Job] = Batcher(1)
        units: Batcher[Job] = Batcher(1)
        station = Station(lost(), batches, units)
        assert station.next_queue() is None
        for queue in (batches, units, station.pinned):
            for _ in range(3):
                queue.add(job(), "client", 0.0)
        order = []
        while (queue := station.next_queue()) is not None:
            queue.take()
            order.append({id(batches): "batches", id(units): "units", id(station.pinned): "pinned"}[id(queue)])
        assert [set(order[start : start + 3]) for start in (0, 3, 6)] == [{"batches", "units", "pinned"}] * 3
        batches.add(job(), "client", 0.0)
        assert station.next_queue() is batches

    run(scenario)


def test_what_waits_for_one_worker_can_be_taken_from_it() -> None:
    async def scenario() -> None:
        station = Station(lost())
        waiting = [job(), job()]
        for one in waiting:
            station.pinned.add(one, "client", 0.0)
        assert station.clear() == waiting
        assert station.clear() == []

    run(scenario)


class Tenant:
    def worker_lost(self) -> None: ...


def test_the_idle_worker_with_the_fewest_tenants_is_woken_and_of_equals_the_one_that_was_idle_first() -> None:
    async def scenario() -> None:
        stations = Stations(lambda _: None)
        woken = []

        async def work(name: str, station: Station) -> None:
            await stations.work(station)
            woken.append(name)

        full, first, second = (stations.of(lost()) for _ in range(3))
        full.tenants.add(Tenant())
        tasks = [asyncio.create_task(work(*pair)) for pair in (("full", full), ("first", first), ("second", second))]
        await turns()
        for _ in range(4):  # one more than there are
            stations.wake()
            await turns()
        assert woken == ["first", "second", "full"]
        await asyncio.gather(*tasks)

    run(scenario)


def test_one_worker_alone_can_be_woken_if_it_is_idle() -> None:
    async def scenario() -> None:
        stations = Stations(lambda _: None)
        idle, wanted, busy = (stations.of(lost()) for _ in range(3))
        tasks = [asyncio.create_task(stations.work(station)) for station in (idle, wanted)]
        await turns()
        stations.wake(busy)
        stations.wake(wanted)
        await turns()
        assert [task.done() for task in tasks] == [False, True]
        tasks[0].cancel()
        await asyncio.wait(tasks)
        stations.wake()

    run(scenario)


def test_a_worker_is_woken_for_common_work_if_there_is_some_though_it_be_due_later() -> None:
    async def scenario() -> None:
        common: Batcher[Job] = Batcher(2, 100.0)
        stations = Stations(lambda _: None, common)
        task = asyncio.create_task(stations.work(stations.of(lost())))
        await turns()
        stations.wake_for_common()
        await turns()
        assert not task.done()
        common.add(job(), "client", 0.0)
        stations.wake_for_common()
        await task

    run(scenario)


def test_a_worker_is_woken_in_time_for_what_is_due_later() -> None:
    async def scenario() -> None:
        common: Batcher[Job] = Batcher(5, 0.02)
        stations = Stations(lambda _: None, common)
        loop = asyncio.get_running_loop()
        common.add(job(), "client", loop.time())
        station = stations.of(lost())
        assert station.next_queue() is None
        while station.next_queue() is None:
            await stations.work(station)

    run(scenario)


def test_a_worker_that_is_gone_is_told_once_and_forgotten() -> None:
    async def scenario() -> None:
        gone: list[Station] = []
        stations = Stations(gone.append)
        future = lost()
        station = stations.of(future)
        assert stations.of(future) is station
        assert list(stations) == [station]
        working = asyncio.create_task(stations.work(station))
        await turns()
        future.set_result(None)
        await working
        assert gone == [station]
        assert station.is_gone
        assert list(stations) == []

    run(scenario)
