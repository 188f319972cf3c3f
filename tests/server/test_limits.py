"""What one token or address may take, by each way in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from tornado_ml.server.base import Shared

Connect = Callable[..., Any]
Ask = Callable[..., dict[str, Any]]


async def post(http_client: Any, base_url: str, model: str, body: str) -> Any:
    return await http_client.fetch(
        f"{base_url}/api/models/{model}/predictions",
        method="POST",
        body=body,
        headers={"Content-Type": "application/json"},
        raise_error=False,
    )


class Clock:
    """What the rates go by: it stands still, but for what a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(shared.backend.accounts, "_clock", clock)
    return clock


async def until_open(shared: Shared) -> None:
    while not shared.service.open_count:
        await asyncio.sleep(0.001)


@pytest.mark.settings("[limits_per_connection]\nrequests_per_s = 3")
@pytest.mark.gen_test
async def test_a_connection_that_asks_too_fast_is_told_and_goes_on(connect: Connect, ask: Ask, clock: Clock) -> None:
    peer, other = await connect(), await connect()
    for number in range(5):
        await peer.send(ask("echo", number, id=number))
    answers = {frame["id"]: frame for frame in [await peer.read() for _ in range(5)]}
    assert [answers[number]["event"] for number in range(3)] == ["prediction_response"] * 3
    assert [answers[number]["data"]["code"] for number in (3, 4)] == ["RATE_LIMITED"] * 2
    assert (await other.ask(ask("echo", 1)))["event"] == "prediction_response"
    clock.now += answers[3]["data"]["retry_after_ms"] / 1000
    assert (await peer.ask(ask("echo", 1)))["event"] == "prediction_response"


@pytest.mark.settings("[limits_per_address]\nrequests_per_s = 2")
@pytest.mark.gen_test
async def test_an_address_that_asks_too_fast_is_told_by_rest_and_the_socket_alike(
    connect: Connect, ask: Ask, http_client: Any, base_url: str, clock: Clock
) -> None:
    peer = await connect()
    assert (await peer.ask(ask("echo", 1)))["event"] == "prediction_response"
    assert (await post(http_client, base_url, "echo", "1")).code == 200
    refused = await post(http_client, base_url, "echo", "1")
    assert refused.code == 429
    assert b'"code":"RATE_LIMITED"' in refused.body
    assert int(refused.headers["Retry-After"]) > 0
    assert (await peer.ask(ask("echo", 1)))["data"]["code"] == "RATE_LIMITED"
    assert (await http_client.fetch(f"{base_url}/health/ready", raise_error=False)).code == 200
    assert (await http_client.fetch(base_url)).code == 200, "the page is no request for work"


@pytest.mark.settings("[limits_per_address]\nbytes_per_s = 100")
@pytest.mark.gen_test
async def test_bytes_are_counted_too(http_client: Any, base_url: str, connect: Connect, ask: Ask, clock: Clock) -> None:
    assert (await post(http_client, base_url, "echo", f'"{"x" * 1000}"')).code == 200
    assert (await post(http_client, base_url, "echo", "1")).code == 429
    assert (await (await connect()).ask(ask("echo", 1)))["data"]["code"] == "RATE_LIMITED"


@pytest.mark.settings("[limits_per_address]\nconnections = 2")
@pytest.mark.gen_test
async def test_an_address_has_only_so_many_connections(connect: Connect, ask: Ask) -> None:
    first, _second = await connect(), await connect()
    with pytest.raises(HTTPClientError) as caught:
        await connect()
    assert caught.value.code == 429
    await first.close()
    for _ in range(500):
        try:
            peer = await connect()
            break
        except HTTPClientError:
            await asyncio.sleep(0.01)
    else:
        pytest.fail("its place is not free again")
    assert (await peer.ask(ask("echo", 1)))["event"] == "prediction_response"


@pytest.mark.settings("[limits_per_address]\nopen_requests = 1")
@pytest.mark.gen_test
async def test_an_address_has_only_so_many_requests_open(
    connect: Connect, ask: Ask, shared: Shared, http_client: Any, base_url: str, gate: Any
) -> None:
    peer, other = await connect(), await connect()
    await peer.send(ask("slow", {"seconds": gate.seconds}))
    await until_open(shared)
    refused = await other.ask(ask("echo", 1))
    assert refused["data"]["code"] == "RATE_LIMITED"
    assert refused["data"]["message"] == "Too many requests are open from this address."
    assert (await post(http_client, base_url, "echo", "1")).code == 429
    gate.open()
    assert (await peer.read())["event"] == "prediction_response"
    assert (await other.ask(ask("echo", 1)))["event"] == "prediction_response"
    assert (await post(http_client, base_url, "echo", "1")).code == 200


@pytest.mark.settings("[limits_per_address]\nopen_requests = 1")
@pytest.mark.gen_test
async def test_requests_of_a_client_that_is_gone_are_open_no_more(
    connect: Connect, ask: Ask, shared: Shared, gate: Any
) -> None:
    peer, other = await connect(), await connect()
    await peer.send(ask("slow", {"seconds": gate.seconds}))
    await until_open(shared)
    assert (await other.ask(ask("echo", 1)))["data"]["code"] == "RATE_LIMITED"
    await peer.close()
    for _ in range(500):
        if (await other.ask(ask("echo", 1)))["event"] == "prediction_response":
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("its request still counts")
