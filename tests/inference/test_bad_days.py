"""A model's bad day is its own: real workers that hang, crash, eat and print, behind the real socket."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.testing import RunningServer, running_server

Connect = Callable[[RunningServer], AbstractAsyncContextManager[Any]]
States = Callable[[RunningServer], dict[str, tuple[str, str]]]

SETTINGS = """
[plugins]
disabled = ["anomaly", "digits", "iris", "text"]
[models.loop_forever]
timeout_s = 5
[models.eat_memory]
max_memory_bytes = 1_000_000_000
[models.eat_shared_memory]
max_memory_bytes = 300_000_000
[models.print_a_gigabyte]
timeout_s = 120
[models.print_without_end]
timeout_s = 5
[models.never_loads]
load_timeout_s = 1
[models.waits_for_others]
max_batch_wait_s = 4
max_batch_size = 3
[models.runs_alone]
retry = false
[models.two]
workers = 2
[models.in_a_process]
executor = "process"
"""
QUICK_S = 3.0
"""Far more than an undisturbed answer takes, and less than what C code keeps the GIL for."""


@pytest.fixture(scope="module")
def server(dropins_bad: Path, marks: Path) -> Iterator[RunningServer]:
    with running_server("-v", settings=SETTINGS, directories=[dropins_bad], until_ready=False) as running:
        yield running


def run(coroutine: Any) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(100):
            return await coroutine

    return asyncio.run(bounded())


async def settled(states: States, server: RunningServer) -> dict[str, tuple[str, str]]:
    """The states of all models, once none is loading any more."""
    while True:
        found = await asyncio.to_thread(states, server)
        if all(state != "loading" for state, _ in found.values()):
            return found
        await asyncio.sleep(0.1)


def test_what_goes_wrong_while_a_model_loads_is_its_own_failure(server: RunningServer, states: States) -> None:
    found = run(settled(states, server))
    failed = {name: reason for name, (state, reason) in found.items() if state == "failed"}
    assert failed == {
        "never_loads": "It was not loaded after 1 s (load_timeout_s).",
        "dies_loading": "Its worker process died while loading it: it ended with exit status 7.",
        "of_no_kind": "It asks for the executor 'fleet'; there are process, thread, inline.",
    }
    assert set(found.values()) == {("ready", "")} | {("failed", reason) for reason in failed.values()}
    assert "tornado_ml.model.dies_loading" in server.log
    assert "about to die" in server.log


@pytest.mark.parametrize(
    ("bad_days", "answers"),
    [
        (["loop_forever", "print_without_end"], {"DEADLINE_EXCEEDED"}),
        (["segfault", "exit_at_once", "leave_a_process_behind"], {"MODEL_CRASHED"}),
        (["eat_memory", "eat_shared_memory"], {"MODEL_CRASHED"}),
        (["print_a_gigabyte", "keep_the_gil", "leave_a_thread_behind", "start_what_can_be_stopped"], {""}),
    ],
)
def test_a_bad_day_is_answered_and_the_model_goes_on_and_those_beside_it_notice_nothing(
    server: RunningServer, peer: Connect, states: States, bad_days: list[str], answers: set[str]
) -> None:
    async def bad_day(name: str) -> tuple[str, int, int]:
        async with peer(server) as client:
            before = await client.predict(name, "good")
            answer = await client.ask(name, "bad")
            return answer["data"].get("code", ""), before, await client.predict(name, "good")

    async def watch(delays: list[float]) -> None:
        loop = asyncio.get_running_loop()
        async with peer(server) as client:
            while True:
                started = loop.time()
                assert await client.predict("beside", started) == started
                delays.append(loop.time() - started)
                await asyncio.sleep(0.01)

    async def scenario() -> None:
        await settled(states, server)
        delays: list[float] = []
        watching = asyncio.create_task(watch(delays))
        told = await asyncio.gather(*map(bad_day, bad_days))
        watching.cancel()
        await asyncio.wait([watching])
        assert watching.cancelled()
        assert {code for code, _, _ in told} == answers
        assert [before == after for _, before, after in told] == [answers == {""}] * len(told)
        assert delays
        assert max(delays) < QUICK_S
        found = await asyncio.to_thread(states, server)
        assert [found[name] for name in bad_days] == [("ready", "")] * len(bad_days)

    run(scenario())


def test_in_a_batch_a_bad_input_fails_alone_and_a_killing_one_crashes_alone_and_is_refused_then(
    server: RunningServer, peer: Connect, states: States
) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            asked = {name: client.ask("batches", name) for name in ("a", "b", "raises", "c")}
            told = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
            assert told["raises"]["data"]["code"] == "INTERNAL"
            assert [told[name]["data"]["prediction"][0] for name in "abc"] == ["a", "b", "c"]

            asked = {name: client.ask("batches", name) for name in ("a", "kills", "b")}
            told = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
            assert told["kills"]["data"]["code"] == "MODEL_CRASHED"
            assert [told[name]["data"]["prediction"][0] for name in "ab"] == ["a", "b"]

            refused = await client.ask("batches", "kills")
            assert refused["data"]["code"] == "MODEL_CRASHED"
            assert refused["data"]["retryable"] is False
            assert (await client.predict("batches", "d")) == ["d", 1]

            crashed = await client.ask("runs_alone", "kills")
            assert crashed["data"]["code"] == "MODEL_CRASHED"
            assert crashed["data"]["retryable"] is True

    run(scenario())


def test_a_batch_waits_for_others_as_long_as_the_settings_say_and_goes_at_once_when_it_is_full(
    server: RunningServer, peer: Connect, states: States
) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            alone = await client.ask("waits_for_others", "alone")
            assert alone["meta"]["batch_size"] == 1
            assert alone["meta"]["timing_ms"]["queue"] >= 3900
            full = await asyncio.gather(*(client.ask("waits_for_others", name) for name in "abc"))
            assert [one["meta"]["batch_size"] for one in full] == [3, 3, 3]
            assert max(one["meta"]["timing_ms"]["queue"] for one in full) < 3900

    run(scenario())


def test_two_workers_run_at_the_same_time(server: RunningServer, peer: Connect, states: States) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            while True:  # the second worker is loaded after the model is ready
                one, other = await asyncio.gather(*(client.predict("two", 0.5) for _ in range(2)))
                if max(one[1], other[1]) < min(one[2], other[2]):
                    break
            assert one[0] != other[0]

    run(scenario())


def test_a_killed_worker_costs_no_request_where_there_are_two_and_is_replaced(
    server: RunningServer, peer: Connect, states: States
) -> None:
    async def pids(client: Any) -> set[int]:
        return {answer[0] for answer in await asyncio.gather(*(client.predict("two", 0.1) for _ in range(4)))}

    async def two(client: Any) -> set[int]:
        while len(found := await pids(client)) < 2:
            pass
        return found

    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            before = await two(client)
            load = [asyncio.create_task(client.predict("two", 0.01)) for _ in range(60)]
            await client.predict("beside", "they have been taken up now")
            victim = min(before)
            os.kill(victim, signal.SIGKILL)
            assert {answer[0] for answer in await asyncio.gather(*load)} >= before - {victim}
            after = await two(client)
            assert victim not in after
            assert len(after) == 2

    run(scenario())


def test_a_cancelled_request_is_told_what_became_of_it(server: RunningServer, peer: Connect, states: States) -> None:
    async def cancelled(client: Any, id: int, answer: Any) -> str:
        await client.cancel(id)
        frame = await answer
        assert frame["data"]["code"] == "CANCELLED"
        outcome: str = frame["meta"]["outcome"]
        return outcome

    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            looks = await client.predict("look_whether_cancelled", "good")
            running = await client.send("look_whether_cancelled", "bad")
            waiting = await client.send("look_whether_cancelled", "bad")
            await client.predict("beside", "they have been taken up now")
            assert await cancelled(client, *waiting) == "skipped"
            assert await cancelled(client, *running) == "finished"
            assert await client.predict("look_whether_cancelled", "good") == looks

            hangs = await client.predict("exit_at_once", "good")
            hanging = await client.send("exit_at_once", 50.0)
            await client.predict("beside", "it has been taken up now")
            assert await cancelled(client, *hanging) == "stopped"
            assert await client.predict("exit_at_once", "good") != hangs

    run(scenario())


def test_a_request_past_its_deadline_is_answered_at_once_whether_it_waits_or_runs(
    server: RunningServer, peer: Connect, states: States
) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            before = await client.predict("segfault", "good")
            running, _ = await client.send("segfault", 50.0, deadline_ms=4000)
            waiting, _ = await client.send("segfault", "good", deadline_ms=300)
            third, answer = await client.send("segfault", "good")
            after = (await answer)["data"]["prediction"]
            assert client.answered[-3:] == [waiting, running, third]
            assert before != after, "its worker did not come back within the grace"

    run(scenario())


def test_the_latest_of_several_requests_replaces_the_others(
    server: RunningServer, peer: Connect, states: States
) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            running, first = await client.send("keep_the_gil", 50.0)
            await client.predict("beside", "it has been taken up now")
            second, waiting = await client.send("keep_the_gil", 0.0, replaces=running)
            _, third = await client.send("keep_the_gil", "good", replaces=second)
            told = await asyncio.gather(first, waiting, third)
            assert [one["data"].get("code") for one in told] == ["SUPERSEDED", "SUPERSEDED", None]

    run(scenario())


def test_a_client_that_goes_takes_its_requests_along(server: RunningServer, peer: Connect, states: States) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as stays:
            async with peer(server) as goes:
                await stays.predict("print_without_end", "good")
                for _ in range(20):
                    await goes.send("print_without_end", 1.9)
                await goes.predict("beside", "they have been taken up now")
            after = await stays.ask("print_without_end", "good")
            # What ran has been finished or stopped; the nineteen behind it would have taken 38 s.
            assert after["meta"]["timing_ms"]["queue"] < 15_000

    run(scenario())


def test_a_model_runs_where_its_class_asks_for_and_where_the_settings_say_otherwise_there(
    server: RunningServer, peer: Connect, states: States
) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            assert (await client.predict("in_a_thread", 0))[0] == server.process.pid
            assert (await client.predict("in_a_process", 0))[0] != server.process.pid

    run(scenario())


def test_what_a_model_prints_is_in_the_log_under_its_name(server: RunningServer) -> None:
    lines = [line for line in server.log.splitlines() if line.endswith("nothing to see here")]
    assert lines
    assert all("tornado_ml.model.print_a_gigabyte" in line for line in lines)


def test_a_model_whose_idle_workers_die_five_times_in_a_minute_has_failed(
    server: RunningServer, peer: Connect, states: States
) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            for count in range(1, 6):
                worker = await client.predict("have_no_bad_day", "good")
                os.kill(worker, signal.SIGKILL)
                while server.log.count("A worker of model have_no_bad_day is lost") < count:
                    await asyncio.sleep(0.05)  # one that gets work before the service has noticed did not die idle
            while (found := await asyncio.to_thread(states, server))["have_no_bad_day"][0] == "ready":
                await asyncio.sleep(0.05)
            assert found["have_no_bad_day"] == (
                "failed",
                "Its workers died 5 times while they were loading or idle; the last: it was ended by SIGKILL",
            )
            assert await client.fail("have_no_bad_day", "good") == "MODEL_NOT_READY"

    run(scenario())


def test_what_waits_for_a_worker_that_cannot_be_replaced_is_answered_once_the_model_has_failed(
    server: RunningServer, peer: Connect, states: States
) -> None:
    async def scenario() -> None:
        await settled(states, server)
        async with peer(server) as client:
            told = await asyncio.gather(*(client.fail("loads_once", number) for number in range(3)))
            assert told == ["MODEL_NOT_READY"] * 3
            state, reason = (await asyncio.to_thread(states, server))["loads_once"]
            assert state == "failed"
            assert reason.endswith("it ended with exit status 7")

    run(scenario())
