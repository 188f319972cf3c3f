"""What a running service tells of its connections, models and plugins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient

from tornado_ml.metrics import Metric, Metrics
from tornado_ml.metrics import declarations as declared
from tornado_ml.models.manager import ModelState
from tornado_ml.server.base import Shared
from tornado_ml.server.metering import close_label, measure_lag

Value = Callable[..., float]


@pytest.fixture
def value(shared: Shared) -> Value:
    """One value, as it is now; 0 if there is none."""

    def value(metric: Metric, *labels: str) -> float:
        return shared.backend.metrics.values()[metric].get(labels, 0)

    return value


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.gen_test
async def test_connections_are_counted_by_what_carries_them(
    connect: Any, event_reader: Any, pushed: Any, value: Value
) -> None:
    peer = await connect()
    reader = event_reader()
    await reader.ask("/api/models/echo/subscriptions/pushed")
    (await pushed()).publish("x")
    assert await reader.event() is not None
    for transport in ("websocket", "sse"):
        assert value(declared.CONNECTIONS, transport) == value(declared.CONNECTIONS_OPENED, transport) == 1
    assert value(declared.SUBSCRIPTIONS, "echo", "pushed") == value(declared.FEED_DELIVERED, "echo", "pushed") == 1
    assert value(declared.SENT_FRAMES) == 1
    assert value(declared.SENT_BYTES) > len("event: prediction_response")
    await peer.close()
    await reader.close()
    await until(lambda: not value(declared.CONNECTIONS, "websocket") + value(declared.CONNECTIONS, "sse"))
    assert value(declared.CONNECTIONS_CLOSED, "sse", "1000") == 1


@pytest.mark.parametrize(("code", "label"), [(None, "1005"), (1000, "1000"), (1001, "1001"), (4999, "other")])
@pytest.mark.gen_test
async def test_a_close_is_counted_by_the_code_that_the_client_says(
    connect: Any, value: Value, code: int | None, label: str
) -> None:
    peer = await connect()
    peer.socket.close(code)
    await until(lambda: value(declared.CONNECTIONS_CLOSED, "websocket", label) == 1)


@pytest.mark.gen_test
async def test_a_connection_that_is_cut_is_counted_as_1006(connect: Any, value: Value) -> None:
    peer = await connect()
    peer.socket.protocol.stream.close()
    await until(lambda: value(declared.CONNECTIONS_CLOSED, "websocket", "1006") == 1)


@pytest.mark.settings("[server]\nmax_message_bytes = 1024")
@pytest.mark.gen_test
async def test_what_the_service_says_first_counts_whatever_the_client_answers(
    connect: Any, shared: Shared, value: Value
) -> None:
    too_large, stopped = await connect(), await connect()
    await too_large.send("x" * 2000)
    await until(lambda: value(declared.CONNECTIONS_CLOSED, "websocket", "1009") == 1)
    closing = asyncio.create_task(shared.sockets.close(5))
    await stopped.close()
    await closing
    assert value(declared.CONNECTIONS_CLOSED, "websocket", "1001") == 1


@pytest.mark.gen_test
async def test_errors_are_counted_by_code_and_by_what_they_answer(
    connect: Any, ask: Any, http_client: AsyncHTTPClient, base_url: str, value: Value
) -> None:
    peer = await connect()
    for bad in ("{", ask("nobody", 1), ask("broken", {"how": "raise"})):
        assert (await peer.ask(bad))["event"] == "prediction_error"
    for path, headers in (("/api/nothing", {}), ("/ws", {}), ("/ws", {"Host": "evil.com"})):
        await http_client.fetch(base_url + path, headers=headers, raise_error=False)
    assert [value(declared.ERRORS, "frame", code) for code in ("BAD_FRAME", "MODEL_NOT_FOUND", "INTERNAL")] == [1, 1, 1]
    assert value(declared.ERRORS, "http", "NOT_FOUND") == value(declared.HTTP_RESPONSES, "404") == 1
    assert [value(declared.ERRORS, "handshake", code) for code in ("BAD_FRAME", "FORBIDDEN")] == [1, 1]
    assert value(declared.HTTP_RESPONSES, "101") == 1


@pytest.mark.gen_test
async def test_frames_are_counted_in_bytes_and_not_in_characters(connect: Any, ask: Any, value: Value) -> None:
    peer = await connect()
    frame = '{"event":"ping","data":{"x":"é€"}}'
    await peer.ask(frame)
    assert (value(declared.RECEIVED_FRAMES), value(declared.SENT_FRAMES)) == (1, 1)
    assert value(declared.RECEIVED_BYTES) == len(frame.encode()) == len(frame) + 3


@pytest.mark.gen_test
async def test_what_cannot_be_resumed_is_counted_as_gone(connect: Any, value: Value) -> None:
    peer = await connect()
    await peer.ask({"event": "hello", "data": {"session_token": "x", "epoch": "y", "last_seq": 0}})
    assert (value(declared.RESUMES, "gone"), value(declared.RESUMES, "resumed")) == (1, 0)


@pytest.mark.gen_test
async def test_models_and_plugins_are_in_one_state_each(shared: Shared, value: Value) -> None:
    def states(model: str) -> list[str]:
        return [state for state in ModelState if value(declared.MODEL_STATE, model, "1.0", state)]

    assert (states("echo"), states("unloadable")) == (["ready"], ["failed"])
    key = next(plugin.key for plugin in shared.plugins.plugins if plugin.name == "echo")
    assert value(declared.PLUGIN_STATE, key, "loaded") == 1
    shared.plugins.fail(key, "a test wants it so")
    assert (value(declared.PLUGIN_STATE, key, "loaded"), value(declared.PLUGIN_STATE, key, "failed")) == (0, 1)
    assert value(declared.READY) == 1


@pytest.mark.gen_test
async def test_a_model_without_worker_processes_is_told_of_without_them(shared: Shared) -> None:
    assert shared.backend.metrics.values()[declared.WORKERS] == {}


@pytest.mark.gen_test
async def test_a_loop_that_is_held_up_is_seen() -> None:
    metrics = Metrics()
    begun = time.monotonic()
    measuring = asyncio.create_task(measure_lag(metrics))
    await asyncio.sleep(0)  # which begins with it
    time.sleep(0.75)
    lag = metrics.distribution(declared.LOOP_LAG)
    await until(lambda: lag.total > 0)
    measuring.cancel()
    assert 0.3 < lag.total < time.monotonic() - begun


def test_codes_of_a_clients_own_are_one_label() -> None:
    assert {close_label(code) for code in (*range(3000, 4001), *range(4002, 5000))} == {"other"}
    assert close_label(4001) == "4001"
