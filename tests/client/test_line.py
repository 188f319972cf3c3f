"""Connections that are lost, and what becomes of the conversation."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tornado_ml.client import Client, ConnectionLost, line
from tornado_ml.client.line import max_delay_s
from tornado_ml.server.base import Shared


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who waits for a test wants to wait as long as a service may need to come back."""
    monkeypatch.setattr(line, "max_delay_s", lambda attempt: 0.01)


@pytest.fixture
def open_count(shared: Shared) -> Any:
    """How much goes on at the service."""
    return lambda: shared.service.open_count + shared.service.session_count


@pytest.mark.gen_test
async def test_a_request_that_runs_while_the_connection_is_cut_is_answered_by_the_next(
    bad_line: Any, until: Any, open_count: Any, gate: threading.Event
) -> None:
    async with await Client.connect(bad_line.url) as client:
        slow = asyncio.create_task(client.predict("gate", "slow"))
        await until(open_count)
        bad_line.cut()
        assert (await client.predict("echo", "meanwhile"))["prediction"] == "meanwhile"
        gate.set()
        assert (await slow)["prediction"] == "slow"
        assert bad_line.opened_count == 2


@pytest.mark.gen_test
async def test_a_stream_that_is_cut_in_the_middle_is_whole(bad_line: Any) -> None:
    async with await Client.connect(bad_line.url) as client:
        bad_line.cut_when_said(b'"index":20}')
        stream = client.stream("counter", {"to": 100, "seconds": 0.001})
        assert [number async for number in stream] == list(range(100))
        assert (await stream.result())["prediction"] == {"counted": 100}
        assert bad_line.opened_count == 2


@pytest.mark.gen_test
async def test_answers_and_requests_that_got_lost_on_the_way_arrive_once(bad_line: Any) -> None:
    async with await Client.connect(bad_line.url) as client, client.session("adder") as session:
        for cut in range(1, 4):
            bad_line.cut_when_said(b'"sum":%d.' % (cut * 10))
        answers = await asyncio.gather(*(session.predict({"number": 1.0}) for _ in range(40)))
        assert [answer["prediction"]["sum"] for answer in answers] == list(range(1, 41))
        assert bad_line.opened_count >= 2


@pytest.mark.gen_test
async def test_it_is_tried_until_the_service_is_back(bad_line: Any, until: Any) -> None:
    async with await Client.connect(bad_line.url) as client:
        bad_line.is_down = True
        bad_line.cut()
        answer = asyncio.create_task(client.predict("echo", 1))
        await until(lambda: bad_line.refused_count >= 3)
        assert not answer.done()
        bad_line.is_down = False
        assert (await answer)["prediction"] == 1


@pytest.mark.gen_test
async def test_one_that_does_not_come_back_in_time_is_lost_and_says_why(
    bad_line: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    has_failed = asyncio.Event()

    def once(attempt: int) -> float:
        if attempt:
            has_failed.set()
        return 10_000 * attempt

    monkeypatch.setattr(line, "max_delay_s", once)
    async with await Client.connect(bad_line.url, reconnect_s=10) as client:
        bad_line.is_down = True
        bad_line.cut()
        await has_failed.wait()
        now = loop.time
        monkeypatch.setattr(loop, "time", lambda: now() + 10)
        for _ in range(2):
            with pytest.raises(ConnectionLost, match=r"It could not be had again in 10 s: Cannot connect to "):
                await client.predict("echo", 1)


@pytest.mark.settings("[resume]\ngrace_s = 0")
@pytest.mark.gen_test
async def test_what_a_service_has_forgotten_is_lost_and_what_it_was_not_asked_is_asked(
    bad_line: Any, until: Any, open_count: Any, endless: Any
) -> None:
    async with await Client.connect(bad_line.url) as client, client.session("adder") as session:
        slow = asyncio.create_task(client.predict("counter", endless))
        await until(lambda: open_count() == 2)
        bad_line.is_down = True
        bad_line.cut()
        await until(lambda: bad_line.refused_count)
        echo = asyncio.create_task(client.predict("echo", "and on"))
        await asyncio.sleep(0)
        bad_line.is_down = False
        with pytest.raises(ConnectionLost, match=r"^The connection was lost, and the answer with it\.$"):
            await slow
        assert (await echo)["prediction"] == "and on"
        assert session.closed == "connection_lost"


@pytest.mark.settings("[resume]\ngrace_s = 0")
@pytest.mark.gen_test
async def test_a_subscription_goes_on_at_a_service_that_has_forgotten_it(bad_line: Any) -> None:
    async with await Client.connect(bad_line.url) as client:
        count = 0
        async for _ in client.subscribe("echo", "ticks"):
            count += 1
            if count == 3:
                bad_line.cut()
            if count == 6:
                break
        assert bad_line.opened_count == 2


@pytest.mark.gen_test
async def test_who_closes_leaves_nothing_running(bad_line: Any, until: Any, shared: Shared, open_count: Any) -> None:
    client = await Client.connect(bad_line.url)
    stream = client.stream("counter", {"to": 1000, "seconds": 0.01})
    numbers, states = aiter(stream), client.subscribe_models()
    async with client.session("adder") as session:
        assert await anext(numbers) == 0
        assert (await anext(states))["state"] in {"ready", "failed"}
        await client.close()
        assert session.closed == "connection_lost"
    await until(lambda: not open_count())
    with pytest.raises(ConnectionLost, match=r"^The connection was closed by this client\.$"):
        await stream.result()


@pytest.mark.gen_test
async def test_who_closes_while_the_service_is_away_does_not_wait_for_it(bad_line: Any, until: Any) -> None:
    client = await Client.connect(bad_line.url)
    open_request = asyncio.create_task(client.predict("slow", {"seconds": 0.5}))
    bad_line.is_down = True
    bad_line.cut()
    await until(lambda: bad_line.refused_count)
    waiting = asyncio.create_task(client.predict("echo", 1))
    await client.close()
    for task in (open_request, waiting):
        with pytest.raises(ConnectionLost):
            await task


@pytest.mark.gen_test
async def test_who_closes_at_once_leaves_no_connection(bad_line: Any, until: Any, shared: Shared) -> None:
    await (await Client.connect(bad_line.url)).close()
    await until(lambda: len(shared.sockets) == 0)


@asynccontextmanager
async def service(*answers: str) -> AsyncIterator[str]:
    """One that answers each connection's first frame in its way, then closes with 4001; at the address it gives."""
    left = list(answers)

    async def converse(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(left.pop(0))
        await connection.close(4001, "another connection has resumed this one")

    async with serve(converse, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ws"


@pytest.mark.gen_test
async def test_a_connection_that_was_taken_over_is_not_taken_back(until: Any) -> None:
    data = {"session_token": "t", "epoch": "e", "resumed": False, "received": 0, "limits": {}}
    welcome = json.dumps({"event": "welcome", "data": data})
    async with service(welcome) as url, await Client.connect(url) as client:
        with pytest.raises(ConnectionLost, match=r"^The connection was closed with 4001: another connection "):
            await client.predict("echo", 1)


@pytest.mark.gen_test
async def test_a_service_that_refuses_hello_is_not_connected_to() -> None:
    async with service('{"event": "prediction_error", "data": {"message": "Not today."}}') as url:
        with pytest.raises(ConnectionLost, match=r"^The service refused the connection: Not today\.$"):
            await Client.connect(url)


@pytest.mark.gen_test
async def test_a_service_that_does_not_answer_hello_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def say_nothing(connection: ServerConnection) -> None:
        await connection.wait_closed()

    monkeypatch.setattr(line, "WELCOME_S", 0.05)
    async with serve(say_nothing, "127.0.0.1", 0) as server:
        with pytest.raises(ConnectionLost, match=r"did not answer in 0\.05 s"):
            await Client.connect(f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}")


@pytest.mark.gen_test
async def test_a_connection_that_is_not_waited_for_any_more_is_closed_when_it_is_there() -> None:
    opened, closed = asyncio.Event(), asyncio.Event()

    async def converse(connection: ServerConnection) -> None:
        opened.set()
        await connection.wait_closed()
        closed.set()

    async with serve(converse, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        connecting = asyncio.create_task(Client.connect(f"ws://127.0.0.1:{port}"))
        await asyncio.sleep(0)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await opened.wait()
        await closed.wait()


def test_attempts_become_rarer_up_to_one_in_half_a_minute() -> None:
    assert [max_delay_s(attempt) for attempt in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert max_delay_s(10_000) == 30
