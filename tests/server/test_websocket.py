"""The socket, through a real one: conversations, the error table, and what closes a connection."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect
from websockets.asyncio.client import connect as foreign_connect
from websockets.exceptions import ConnectionClosed

from tornado_ml.server.base import Shared

Ask = Callable[..., dict[str, Any]]
Connect = Callable[..., Any]
each_codec = pytest.mark.parametrize("codec", ["tornado-ml.v1.json", "tornado-ml.v1.msgpack"])


@pytest.mark.gen_test
async def test_a_foreign_client_sends_one_request_and_reads_one_answer(socket_url: str, ask: Ask) -> None:
    async with foreign_connect(socket_url) as socket:
        await socket.send(json.dumps(ask("echo", {"a": [1, None]}, id="r1")))
        answer = json.loads(await socket.recv())
    timing = answer["meta"].pop("timing_ms")
    assert answer == {
        "event": "prediction_response",
        "id": "r1",
        "data": {"model_qualified_name": "echo", "prediction": {"a": [1, None]}},
        "meta": {"model_version": "2.0", "batch_size": 1},
    }
    assert set(timing) == {"queue", "predict", "total"}
    assert 0 <= timing["queue"] + timing["predict"] <= timing["total"]


@pytest.mark.gen_test
async def test_a_request_without_an_id_is_answered_without_one(connect: Connect, ask: Ask) -> None:
    peer = await connect()
    assert "id" not in await peer.ask(ask("echo", 1))
    assert "id" not in await peer.ask(ask("nobody", 1))


@pytest.mark.parametrize("with_ids", [True, False])
@pytest.mark.gen_test
async def test_quick_requests_overtake_a_slow_one(connect: Connect, ask: Ask, with_ids: bool, gate: Any) -> None:
    peer = await connect()
    await peer.send(ask("slow", {"seconds": gate.seconds}, id="slow" if with_ids else None))
    for number in range(19):
        await peer.send(ask("echo", number, id=number if with_ids else None))
    answers = [await peer.read() for _ in range(19)]
    assert {answer["data"]["prediction"] for answer in answers} == set(range(19))
    gate.open()
    assert (await peer.read())["data"]["model_qualified_name"] == "slow"
    if with_ids:
        assert all(answer["id"] == answer["data"]["prediction"] for answer in answers)


@pytest.mark.gen_test
async def test_the_version_asked_for_answers(connect: Connect, ask: Ask) -> None:
    peer = await connect()
    versions = [
        (await peer.ask(ask("echo", 1, **({"model_version": asked} if asked else {}))))["meta"]["model_version"]
        for asked in (None, "1", "1.0", "1.2", "2")
    ]
    assert versions == ["2.0", "1.2", "1.0", "1.2", "2.0"]


BROKEN = {
    "event": "prediction_request",
    "id": "b",
    "data": {"model_qualified_name": "broken", "input_data": {"how": "return well"}},
}


def broken(**changes: Any) -> dict[str, Any]:
    return BROKEN | changes


def failing(how: str) -> dict[str, Any]:
    return broken(data={"model_qualified_name": "broken", "input_data": {"how": how}})


def asking(model: str, data: Any = None, **more: Any) -> dict[str, Any]:
    return broken(data={"model_qualified_name": model, "input_data": data}, **more)


def no_frame(peer: Any) -> str | bytes:
    return b"\xc1" if peer.is_binary else "this is no JSON"


def half_a_frame(peer: Any) -> Any:
    return peer.encoded(BROKEN)[:-1]


def a_frame_of_the_other_kind(peer: Any) -> str | bytes:
    text = json.dumps(BROKEN)
    return text if peer.is_binary else text.encode()


ERRORS = [
    ("DESERIALIZATION_ERROR", "BAD_FRAME", no_frame, ...),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", [], ...),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", None, ...),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", half_a_frame, ...),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", asking("echo", float("nan")), ...),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", asking("echo", [float("inf")] * 50), ...),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", asking("echo", json.loads("[" * 63 + "]" * 63)), "b"),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", a_frame_of_the_other_kind, ...),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", {"id": "b"}, "b"),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", broken(data=None), "b"),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", broken(more=1), "b"),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", broken(id=1.0), ...),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", broken(id=True), ...),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", broken(meta={"urgent": True}), "b"),
    ("DESERIALIZATION_ERROR", "UNKNOWN_EVENT", broken(event="predict"), "b"),
    ("DESERIALIZATION_ERROR", "UNKNOWN_EVENT", broken(event="prediction_response"), "b"),
    ("SCHEMA_ERROR", "INVALID_INPUT", asking("broken", {}), "b"),
    ("SCHEMA_ERROR", "INVALID_INPUT", failing("raise MLModelSchemaValidationException"), "b"),
    ("SCHEMA_ERROR", "INVALID_OUTPUT", failing("return NaN"), "b"),
    ("SCHEMA_ERROR", "INVALID_OUTPUT", failing("return Infinity"), "b"),
    ("SCHEMA_ERROR", "INVALID_OUTPUT", failing("return bytes"), "b"),
    ("SCHEMA_ERROR", "INVALID_OUTPUT", failing("return text"), "b"),
    ("SCHEMA_ERROR", "INVALID_OUTPUT", failing("return too much"), "b"),
    ("SCHEMA_ERROR", "INVALID_OUTPUT", failing("return nothing"), "b"),
    ("ERROR", "MODEL_NOT_FOUND", asking("nobody"), "b"),
    ("ERROR", "MODEL_NOT_FOUND", asking("../../etc/passwd"), "b"),
    ("ERROR", "MODEL_NOT_FOUND", asking("echo", meta={"model_version": "3"}), "b"),
    ("ERROR", "MODEL_NOT_READY", asking("unloadable"), "b"),
    ("ERROR", "INTERNAL", failing("raise"), "b"),
    ("ERROR", "INTERNAL", failing("raise MLModelException"), "b"),
    ("ERROR", "INTERNAL", failing("raise StopIteration"), "b"),
    ("ERROR", "INTERNAL", failing("exit"), "b"),
]


@each_codec
@pytest.mark.parametrize(("kind", "code", "frame", "id"), ERRORS)
@pytest.mark.gen_test
async def test_each_error_is_named_and_the_next_request_is_answered(
    connect: Connect, codec: str, kind: str, code: str, frame: Any, id: Any
) -> None:
    peer = await connect(subprotocols=[codec])
    answer = await peer.ask(frame(peer) if callable(frame) else frame)
    assert answer["event"] == "prediction_error"
    assert (answer["data"]["type"], answer["data"]["code"]) == (kind, code)
    assert answer.get("id", ...) == id
    assert "4711" not in json.dumps(answer), "the cause is for the log alone"
    assert (await peer.ask(broken(id="next")))["data"]["prediction"] == {"answer": 1}


@pytest.mark.gen_test
async def test_the_cause_of_a_failure_is_in_the_log_under_the_request_id(
    connect: Connect, logged: Callable[[], str]
) -> None:
    peer = await connect()
    for how in ("raise", "return text"):
        answer = await peer.ask(failing(how))
        assert answer["meta"]["request_id"] in logged()
    assert answer["data"]["message"] == "The model's prediction does not fit its output schema."
    assert "4711" in logged()
    assert "/answer must be a number" in logged()
    assert (await peer.ask(failing("raise")))["data"]["message"] == "Could not make a prediction."


@each_codec
@pytest.mark.gen_test
async def test_each_fault_of_an_input_is_named_by_its_path(connect: Connect, ask: Ask, codec: str) -> None:
    peer = await connect(subprotocols=[codec])
    answer = await peer.ask(ask("broken", {"how": 5, "times": 1.5, "why": "so"}))
    assert {fault["path"] for fault in answer["data"]["details"]} == {"/how", "/times", "/why"}
    assert answer["data"]["model_qualified_name"] == "broken"


@pytest.mark.gen_test
async def test_two_open_requests_may_not_share_an_id(connect: Connect, ask: Ask, gate: Any) -> None:
    peer = await connect()
    await peer.send(ask("slow", {"seconds": gate.seconds}, id="1"))
    duplicate = await peer.ask(ask("echo", 1, id="1"))
    assert (duplicate["id"], duplicate["data"]["code"]) == ("1", "DUPLICATE_ID")
    assert (await peer.ask(ask("echo", 1, id=1)))["event"] == "prediction_response", "1 is another id than '1'"
    gate.open()
    assert (await peer.read())["data"]["prediction"] == {"slept": gate.seconds}
    assert (await peer.ask(ask("echo", 2, id="1")))["data"]["prediction"] == 2, "an answered id is free again"


@pytest.mark.settings("[server]\nmax_open_requests = 3")
@pytest.mark.gen_test
async def test_a_connection_has_only_so_many_requests_open(connect: Connect, ask: Ask, gate: Any) -> None:
    peer = await connect()
    for number in range(3):
        await peer.send(ask("slow", {"seconds": gate.seconds}, id=number))
    refused = await peer.ask(ask("echo", 1, id="one more"))
    assert (refused["id"], refused["data"]["code"]) == ("one more", "OVERLOADED")
    assert refused["data"]["retryable"] is True
    assert refused["data"]["retry_after_ms"] >= 1
    gate.open()
    assert {(await peer.read())["id"] for _ in range(3)} == {0, 1, 2}
    assert (await peer.ask(ask("echo", 1)))["event"] == "prediction_response"


@pytest.mark.gen_test
async def test_requests_of_a_client_that_is_gone_are_dropped(
    connect: Connect, ask: Ask, shared: Shared, gate: Any
) -> None:
    peer = await connect()
    await peer.send(ask("slow", {"seconds": gate.seconds}))
    while not gate.held_count:
        await asyncio.sleep(0.01)
    await peer.send(ask("slow", {"seconds": gate.seconds}))
    await peer.ask(ask("echo", 1))
    await peer.close()
    while len(shared.sockets):
        await asyncio.sleep(0.01)
    gate.open()
    other = await connect()
    await other.ask(ask("slow", {"seconds": 0}))
    assert gate.held_count == 1, "the second request was taken out of the model's queue"


@pytest.mark.parametrize("size", [65_537, 1_000_000, 20_000_000])
@pytest.mark.gen_test
async def test_a_message_that_is_too_large_closes_with_1009(socket_url: str, size: int) -> None:
    async with foreign_connect(socket_url) as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.send("x" * size)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 1009


@each_codec
@pytest.mark.gen_test
async def test_a_message_of_just_the_limit_is_read(connect: Connect, ask: Ask, codec: str) -> None:
    peer = await connect(subprotocols=[codec])
    rest = len(peer.encoded(ask("echo", "x" * 60_000))) - 60_000
    assert (await peer.ask(ask("echo", "x" * (65_536 - rest))))["event"] == "prediction_response"


@pytest.mark.settings("[server]\nmax_connections = 2")
@pytest.mark.gen_test
async def test_a_connection_too_many_is_told_when_to_come_back(connect: Connect, ask: Ask, shared: Shared) -> None:
    first, _second = await connect(), await connect()
    with pytest.raises(HTTPClientError) as caught:
        await connect()
    response = caught.value.response
    assert response is not None
    assert response.code == 503
    assert int(response.headers["Retry-After"]) > 0
    await first.close()
    while len(shared.sockets) > 1:
        await asyncio.sleep(0.01)
    assert (await (await connect()).ask(ask("echo", 1)))["event"] == "prediction_response"


@pytest.mark.parametrize(
    ("offered", "selected"),
    [
        ([], None),
        (["tornado-ml.v1.json"], "tornado-ml.v1.json"),
        (["chat", "tornado-ml.v1.json"], "tornado-ml.v1.json"),
        (["tornado-ml.v1.msgpack", "tornado-ml.v1.json"], "tornado-ml.v1.msgpack"),
    ],
)
@pytest.mark.gen_test
async def test_the_first_acceptable_subprotocol_is_selected(
    connect: Connect, ask: Ask, offered: list[str], selected: str | None
) -> None:
    peer = await connect(subprotocols=offered)
    assert peer.socket.selected_subprotocol == selected
    assert (await peer.ask(ask("echo", 1)))["event"] == "prediction_response"


@pytest.mark.gen_test
async def test_a_token_that_is_offered_as_a_subprotocol_is_never_selected_nor_repeated(
    connect: Connect, ask: Ask, socket_url: str, logged: Callable[[], str]
) -> None:
    token = "tornado-ml.bearer.c2VjcmV0"
    for offered in ([token, "tornado-ml.v1.json"], ["tornado-ml.v1.json", token]):
        peer = await connect(subprotocols=offered)
        assert peer.socket.selected_subprotocol == "tornado-ml.v1.json"
        assert (await peer.ask(ask("echo", 1)))["event"] == "prediction_response"
    with pytest.raises(HTTPClientError) as caught:
        await websocket_connect(HTTPRequest(socket_url, headers={"Sec-WebSocket-Protocol": token}))
    response = caught.value.response
    assert response is not None
    assert response.code == 400
    assert "c2VjcmV0" not in f"{response.headers}{response.body!r}{logged()}"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Sec-WebSocket-Protocol": "chat, soap"}, 400, "BAD_FRAME"),
        ({"Host": "evil.com", "Origin": "http://evil.com"}, 403, "FORBIDDEN"),
        ({"Host": "evil.com"}, 403, "FORBIDDEN"),
        ({"Origin": "http://evil.com"}, 403, "FORBIDDEN"),
        ({"Origin": "null"}, 403, "FORBIDDEN"),
    ],
)
@pytest.mark.gen_test
async def test_a_refused_upgrade_is_answered_with_the_error_document(
    socket_url: str, headers: dict[str, str], status: int, code: str
) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await websocket_connect(HTTPRequest(socket_url, headers=headers))
    response = caught.value.response
    assert response is not None
    assert (response.code, json.loads(response.body)["code"]) == (status, code)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")


@pytest.mark.gen_test
async def test_the_services_own_page_may_open_a_socket(socket_url: str, http_port: int, ask: Ask) -> None:
    origin = f"http://127.0.0.1:{http_port}"
    socket = await websocket_connect(HTTPRequest(socket_url, headers={"Origin": origin}))
    await socket.write_message(json.dumps(ask("echo", 1)))
    assert json.loads(str(await socket.read_message()))["event"] == "prediction_response"
    socket.close()
    await socket.read_message()


@pytest.mark.usefixtures("steady")
@pytest.mark.settings("[server]\nping_interval_s = 1")
@pytest.mark.gen_test
async def test_a_client_that_answers_pings_stays_while_a_model_takes_its_time(connect: Connect, ask: Ask) -> None:
    peer = await connect()
    assert (await peer.ask(ask("slow", {"seconds": 2.2})))["data"]["prediction"] == {"slept": 2.2}
