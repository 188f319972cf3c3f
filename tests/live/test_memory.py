"""An hour of clients that connect, stream and vanish, one a second, in as little time as it takes."""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tornado_ml.testing import RunningServer, running_server

VISITS = 3600
TOGETHER = 8
SETTINGS = """
resume.grace_s = 0.5
models.counter.executor = "process"
models.adder.executor = "process"
[plugins]
disabled = ["iris", "digits", "text", "anomaly"]
"""


async def visit(server: RunningServer, number: int) -> None:
    """Connect, begin a stream, a session and a subscription, read a little, and vanish without a word."""
    chance = random.Random(number)
    async with connect(server.socket_url, compression=None, ping_interval=None) as socket:

        async def say(event: str, data: Any, **more: Any) -> None:
            await socket.send(json.dumps({"event": event, "data": data, **more}))

        if number % 2:
            await say("hello", {})
        request = {"model_qualified_name": "counter", "input_data": {"to": 100_000}}
        await say("prediction_request", request, id=1, meta={"stream": True})
        await say("session_open", {"model_qualified_name": "adder"})
        await say("subscribe", {"model_qualified_name": "echo", "source": "ticks"})
        for _ in range(chance.randrange(20)):
            await socket.recv()
        socket.transport.abort()


def resident_bytes(pid: int) -> int:
    """Of the service and its workers."""
    children = [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in (pid, *children))
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.soak
def test_clients_that_vanish_leave_no_memory_behind(dropins: Path) -> None:
    async def visits(server: RunningServer, numbers: range) -> None:
        waiting = iter(numbers)

        async def one_after_the_other() -> None:
            for number in waiting:
                await visit(server, number)

        await asyncio.gather(*(one_after_the_other() for _ in range(TOGETHER)))
        await asyncio.sleep(1.5)  # until nobody is waited for any more

    with running_server(settings=SETTINGS, directories=[dropins]) as server:
        quarter = VISITS // 4
        asyncio.run(visits(server, range(quarter)))
        after_the_first = resident_bytes(server.process.pid)
        asyncio.run(visits(server, range(quarter, VISITS)))
        after_the_last = resident_bytes(server.process.pid)
    assert after_the_last <= 1.05 * after_the_first, (after_the_first, after_the_last)
