"""A service that is stopped in good order, and started anew at the same address."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from pathlib import Path

import pytest

from tornado_ml.client import Client, line
from tornado_ml.testing import running_server


@pytest.mark.gen_test(timeout=110)
async def test_what_is_asked_meanwhile_is_answered_and_subscriptions_go_on(
    dropins: Path, no_examples: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "max_delay_s", lambda attempt: 0.1)
    with ExitStack() as services:

        async def start() -> str:
            service = running_server("--port", str(port), settings=no_examples, directories=[dropins])
            return (await asyncio.to_thread(services.enter_context, service)).url

        url = await start()
        async with await Client.connect(url) as client, aclosing(client.subscribe("echo", "ticks")) as ticks:
            await anext(ticks)
            running = asyncio.create_task(client.predict("slow", {"seconds": 1}))
            await client.predict("echo", "the slow one runs")
            stopping = asyncio.create_task(asyncio.to_thread(services.close))
            assert (await running)["prediction"] == {"slept": 1}
            meanwhile = asyncio.create_task(client.predict("echo", "meanwhile"))
            await stopping
            await start()
            assert (await meanwhile)["prediction"] == "meanwhile"
            for _ in range(3):  # one may be left of the old service
                await anext(ticks)
