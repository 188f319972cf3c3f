"""A service that is stopped in good order, and started anew at the same address."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AbstractContextManager, aclosing
from pathlib import Path

import pytest

from tornado_ml.client import Client, line
from tornado_ml.testing import RunningServer, running_server


@pytest.mark.gen_test(timeout=60)
async def test_what_is_asked_meanwhile_is_answered_and_subscriptions_go_on(
    dropins: Path, no_examples: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "max_delay_s", lambda attempt: 0.1)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]

    async def start() -> tuple[AbstractContextManager[RunningServer], str]:
        service = running_server("--port", str(port), settings=no_examples, directories=[dropins])
        return service, (await asyncio.to_thread(service.__enter__)).url

    old, url = await start()
    async with await Client.connect(url) as client, aclosing(client.subscribe("echo", "ticks")) as ticks:
        await anext(ticks)
        running = asyncio.create_task(client.predict("slow", {"seconds": 1}))
        await client.predict("echo", "the slow one runs")
        stopping = asyncio.create_task(asyncio.to_thread(old.__exit__, None, None, None))
        assert (await running)["prediction"] == {"slept": 1}
        meanwhile = asyncio.create_task(client.predict("echo", "meanwhile"))
        await stopping
        new, _ = await start()
        assert (await meanwhile)["prediction"] == "meanwhile"
        for _ in range(3):  # one may be left of the old service
            await anext(ticks)
    await asyncio.to_thread(new.__exit__, None, None, None)
