"""Clients of Socket.IO are counted, whichever transport carries them, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tornado_ml.metrics import declarations
from tornado_ml.server.base import Shared


@pytest.mark.parametrize("transports", [("polling",), ("websocket",), ("polling", "websocket")])
@pytest.mark.gen_test
async def test_a_client_is_one_connection_however_it_is_carried(
    clients: Callable[..., Awaitable[Any]],
    transports: tuple[str, ...],
    shared: Shared,
    until_gone: Callable[[], Awaitable[None]],
) -> None:
    client = await clients(*transports)
    assert (await client.call({"model_qualified_name": "echo", "input_data": "é"}))["prediction"] == "é"
    values = shared.backend.metrics.values()
    assert values[declarations.CONNECTIONS] == {("socketio",): 1, ("websocket",): 0, ("sse",): 0}
    assert values[declarations.CONNECTIONS_OPENED] == {("socketio",): 1}
    assert values[declarations.RECEIVED_FRAMES] == {(): 1}
    assert values[declarations.REQUESTS] == {("echo", "2.0", "OK"): 1}
    await client.disconnect()
    await until_gone()
    assert shared.backend.metrics.values()[declarations.CONNECTIONS_CLOSED] == {("socketio", "1000"): 1}


@pytest.mark.gen_test
async def test_what_the_service_ends_is_counted_by_its_code(
    open_socket: Callable[..., Awaitable[Any]], shared: Shared, until_gone: Callable[[], Awaitable[None]]
) -> None:
    peer = await (await open_socket()).join()
    await peer.send("no packet")
    await until_gone()
    assert shared.backend.metrics.values()[declarations.CONNECTIONS_CLOSED] == {("socketio", "1002"): 1}
