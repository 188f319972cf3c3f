"""The real clients of Python, as the original's scripts use them, over each transport."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import socketio
from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.web import Application

from tornado_ml.server.app import make_app
from tornado_ml.server.base import Shared

Clients = Callable[..., Awaitable[Any]]

TRANSPORTS = [("polling",), ("websocket",), ()]
"""Without a choice a client polls, and then goes over to a websocket."""

SCRIPT = """
import socketio, sys, threading

sio = socketio.Client()
answered = threading.Event()

@sio.on("prediction_response")
def on_response(data):
    print("prediction_response", data)
    answered.set()

@sio.on("prediction_error")
def on_error(data):
    print("prediction_error", data)
    answered.set()

sio.connect(sys.argv[1], wait_timeout=20)
for model in ("echo", "nobody"):
    sio.emit("prediction_request", {"model_qualified_name": model, "input_data": {"a": 1}})
    assert answered.wait(20)
    answered.clear()
sio.disconnect()
"""


@pytest.mark.gen_test
async def test_the_script_of_the_original_works_as_it_is(http_server: HTTPServer, base_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, base_url, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert output.decode().splitlines() == [
        "prediction_response {'model_qualified_name': 'echo', 'prediction': {'a': 1}}",
        "prediction_error {'type': 'ERROR', 'message': 'Model not found.', 'model_qualified_name': 'nobody'}",
    ]
    assert (process.returncode, errors) == (0, b"")


@pytest.mark.parametrize("transports", TRANSPORTS)
@pytest.mark.gen_test
async def test_a_request_is_answered_by_an_event_with_the_payload_of_the_original(
    clients: Clients, transports: tuple[str, ...]
) -> None:
    client = await clients(*transports)
    assert client.sio.transport() == (transports or ("websocket",))[0]
    await client.ask("echo", {"a": [1, None, "ü"]})
    assert await client.event() == (
        "prediction_response",
        {"model_qualified_name": "echo", "prediction": {"a": [1, None, "ü"]}},
    )


@pytest.mark.parametrize("transports", TRANSPORTS)
@pytest.mark.gen_test
async def test_an_acknowledgement_says_what_the_event_says(clients: Clients, transports: tuple[str, ...]) -> None:
    client = await clients(*transports)
    for model in ("echo", "nobody"):
        payload = await client.call({"model_qualified_name": model, "input_data": 1})
        assert payload == (await client.event())[1]


ASK = "prediction_request"


def asking(model: str, data: Any) -> tuple[dict[str, Any]]:
    return ({"model_qualified_name": model, "input_data": data},)


FAULTS: list[tuple[str, str, str | None, str, tuple[Any, ...]]] = [
    ("DESERIALIZATION_ERROR", "BAD_FRAME", None, ASK, (float("nan"),)),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", None, ASK, asking("echo", json.loads("[" * 63 + "]" * 63))),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", None, ASK, (b"\x80\x04",)),
    ("DESERIALIZATION_ERROR", "BAD_FRAME", None, ASK, asking("echo", [b"\x80", b"\x04"])),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", None, ASK, ()),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", None, ASK, (*asking("echo", 1), {})),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", None, ASK, ("text",)),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", None, ASK, ([1, 2],)),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", None, ASK, ({"model_qualified_name": "echo"},)),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", None, ASK, ({"input_data": 1},)),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", None, ASK, ({"model_qualified_name": 1, "input_data": 1},)),
    ("DESERIALIZATION_ERROR", "BAD_ENVELOPE", None, ASK, ({**asking("echo", 1)[0], "meta": {}},)),
    ("DESERIALIZATION_ERROR", "UNKNOWN_EVENT", None, "predict", asking("echo", 1)),
    ("DESERIALIZATION_ERROR", "UNKNOWN_EVENT", None, "hello", ({},)),
    ("DESERIALIZATION_ERROR", "UNKNOWN_EVENT", None, "prediction_cancel", ({},)),
    ("SCHEMA_ERROR", "INVALID_INPUT", "broken", ASK, asking("broken", 5)),
    ("ERROR", "MODEL_NOT_FOUND", "nobody", ASK, asking("nobody", 5)),
    ("ERROR", "MODEL_NOT_READY", "unloadable", ASK, asking("unloadable", {"how": "return well"})),
    ("ERROR", "INTERNAL", "broken", ASK, asking("broken", {"how": "raise"})),
]


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.gen_test
async def test_whatever_is_wrong_is_answered_with_type_and_message_and_logged_with_its_code(
    clients: Clients, transport: str, logged: Callable[[], str]
) -> None:
    client = await clients(transport)
    for type_, code, model, event, arguments in FAULTS:
        payload = await client.call(*arguments, event=event)
        expected = {"type", "message"} | ({"model_qualified_name"} if model else set())
        assert (payload.keys(), payload["type"], payload.get("model_qualified_name")) == (expected, type_, model)
        assert await client.event() == ("prediction_error", payload)
        assert logged().rstrip().endswith(f"is answered {code}."), arguments
    assert (await client.call({"model_qualified_name": "echo", "input_data": 1}))["prediction"] == 1


@pytest.mark.gen_test
async def test_the_log_tells_under_which_request_the_cause_of_an_error_stands(
    clients: Clients, logged: Callable[[], str]
) -> None:
    client = await clients("websocket")
    await client.call({"model_qualified_name": "broken", "input_data": {"how": "raise"}})
    (line,) = [line for line in logged().splitlines() if line.endswith("is answered INTERNAL.")]
    assert f"Request {line.split()[2]}: model broken failed" in logged()


@pytest.mark.parametrize("transports", TRANSPORTS)
@pytest.mark.gen_test
async def test_many_requests_at_once_are_all_answered_and_quick_ones_first(
    clients: Clients, transports: tuple[str, ...], gate: Any
) -> None:
    client = await clients(*transports)
    await client.ask("slow", {"seconds": gate.seconds})
    for number in range(40):
        await client.ask("echo", number)
    answers = [(await client.event())[1]["prediction"] for _ in range(40)]
    assert sorted(answers) == list(range(40))
    gate.open()
    assert (await client.event())[1]["prediction"] == {"slept": gate.seconds}


@pytest.mark.settings("[server]\nmax_open_requests = 2")
@pytest.mark.gen_test
async def test_a_client_has_only_so_many_requests_open(clients: Clients, gate: Any) -> None:
    client = await clients("websocket")
    for _ in range(2):
        await client.ask("slow", {"seconds": gate.seconds})
    refused = await client.call({"model_qualified_name": "echo", "input_data": 1})
    assert (refused["type"], refused["message"]) == ("ERROR", "Too many requests are open on this connection.")


@pytest.mark.gen_test
async def test_there_is_one_namespace(clients: Clients) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError, match="namespaces failed to connect: /admin"):
        await clients("websocket", namespaces=["/admin"])


@pytest.mark.gen_test
async def test_what_clients_say_to_log_in_is_neither_needed_nor_kept(clients: Clients) -> None:
    client = await clients("websocket", auth={"token": "secret"})
    assert (await client.call({"model_qualified_name": "echo", "input_data": 1}))["prediction"] == 1


@pytest.mark.parametrize("transports", TRANSPORTS)
@pytest.mark.gen_test
async def test_a_client_that_disconnects_leaves_nothing_behind(
    clients: Clients,
    transports: tuple[str, ...],
    app: Application,
    shared: Shared,
    until_gone: Callable[[], Awaitable[None]],
) -> None:
    before = asyncio.all_tasks()
    client = await clients(*transports)
    await client.ask("slow", {"seconds": 0.1})
    assert len(shared.sockets) == 1
    await client.disconnect()
    await until_gone()
    while shared.service.open_count or asyncio.all_tasks() - before:
        await asyncio.sleep(0.01)
    endpoint = app.wildcard_router.rules[0].target_kwargs["endpoint"]
    library = endpoint._library
    kept = [endpoint._sessions, library.eio.sockets, library.environ, library.manager.rooms, library._binary_packet]
    assert kept == [{}, {}, {}, {}, {}]


@pytest.mark.usefixtures("steady")
@pytest.mark.settings("[server]\nping_interval_s = 1")
@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.gen_test
async def test_a_client_that_answers_pings_stays_while_a_model_takes_its_time(clients: Clients, transport: str) -> None:
    client = await clients(transport)
    await client.ask("slow", {"seconds": 2.2})
    assert (await client.event())[1]["prediction"] == {"slept": 2.2}


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.gen_test
async def test_a_stop_lets_clients_have_their_answers_first(
    clients: Clients, transport: str, shared: Shared, gate: Any
) -> None:
    client = await clients(transport)
    await client.ask("slow", {"seconds": gate.seconds})
    assert (await client.call({"model_qualified_name": "echo", "input_data": 1}))["prediction"] == 1
    await client.event()
    shared.sockets.goaway("the service is stopping", 20)
    asyncio.get_running_loop().call_soon(gate.open)
    await shared.service.drain(20)
    await shared.sockets.close(20)
    assert len(shared.sockets) == 0
    assert (await client.event())[1]["prediction"] == {"slept": gate.seconds}
    await client.sio.wait()


@pytest.mark.settings("[socketio]\nenabled = false")
@pytest.mark.gen_test
async def test_it_can_be_turned_off(http_client: AsyncHTTPClient, http_server: HTTPServer, base_url: str) -> None:
    answer = await http_client.fetch(f"{base_url}/socket.io/?EIO=4&transport=polling", raise_error=False)
    assert (answer.code, json.loads(answer.body)["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("is_enabled", [True, False])
def test_without_the_library_it_is_off_and_says_so_where_it_is_wanted(
    shared: Shared, is_enabled: bool, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = shared.settings
    object.__setattr__(settings.socketio, "enabled", is_enabled)
    monkeypatch.setitem(sys.modules, "socketio", None)  # as if it were not installed
    assert importlib.util.find_spec("socketio") is None
    rules = make_app(shared).wildcard_router.rules
    assert not [rule for rule in rules if "socket" in rule.matcher.regex.pattern]
    assert ("tornado-ml[socketio]" in logged()) is is_enabled


def test_the_library_is_imported_only_where_it_is_used() -> None:
    code = (
        "import sys, tornado_ml.server.app, tornado_ml.cli.main\n"
        "sys.exit(str(sorted(name for name in sys.modules if name.split('.')[0] in ('socketio', 'engineio'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
