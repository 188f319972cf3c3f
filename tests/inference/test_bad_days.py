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
disabled = ["iris"]
[models.loop_forever]
timeout_s = 1
[models.eat_memory]
max_memory_bytes = 1_000_000_000
[models.eat_shared_memory]
max_memory_bytes = 300_000_000
[models.print_a_gigabyte]
timeout_s = 120
[models.print_without_end]
timeout_s = 2
[models.never_loads]
load_timeout_s = 1
[models.waits_for_others]
max_batch_wait_s = 1.5
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
        async with asyncio.timeout(150):
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
