"""The client, against the service, against servers that are none, and against nobody."""

from __future__ import annotations

import asyncio
import gc
import http
import json
import math
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tornado_ml.client import Client, ConnectionLost, PredictionError, predict


@pytest.fixture
def deaf_url() -> Iterator[str]:
    """An address that is taken, and at which nobody listens."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield f"ws://127.0.0.1:{deaf.getsockname()[1]}/ws"


@asynccontextmanager
async def foreign_service(converse: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """A server that is no tornado-ml, at the address it gives."""
    async with serve(converse, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws"


@pytest.mark.gen_test
async def test_an_answer_is_the_data_of_the_response(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        assert await client.predict("echo", {"a": [1, None, "ä"]}) == {
            "model_qualified_name": "echo",
            "prediction": {"a": [1, None, "ä"]},
        }


@pytest.mark.gen_test
async def test_requests_of_one_connection_run_side_by_side(socket_url: str, gate: threading.Event) -> None:
    async with await Client.connect(socket_url) as client:
        slow = asyncio.create_task(client.predict("gate", "slow"))
        answers = await asyncio.gather(*(client.predict("echo", number) for number in range(50)))
        assert [answer["prediction"] for answer in answers] == list(range(50))
        assert not slow.done()
        gate.set()
        assert (await slow)["prediction"] == "slow"


@pytest.mark.gen_test
async def test_the_version_asked_for_answers(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        with pytest.raises(PredictionError) as failure:
            await client.predict("echo", 1, model_version="7")
        assert failure.value.code == "MODEL_NOT_FOUND"
        assert (await client.predict("echo", 1, model_version="1.0"))["prediction"] == 1


@pytest.mark.gen_test
async def test_an_error_is_raised_with_its_code_and_all_its_data(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        with pytest.raises(PredictionError, match="INVALID_INPUT: ") as failure:
            await client.predict("slow", {"seconds": "long"})
        assert failure.value.code == "INVALID_INPUT"
        assert failure.value.data["model_qualified_name"] == "slow"
        assert failure.value.data["details"][0]["path"] == "/seconds"
        assert (await client.predict("echo", "and on"))["prediction"] == "and on"


@pytest.mark.gen_test
async def test_an_error_that_names_no_request_is_not_waited_for(socket_url: str) -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    async with await Client.connect(socket_url) as client:
        with pytest.raises(PredictionError) as failure:
            await client.predict("echo", deep)
        assert failure.value.code == "BAD_FRAME"


class Matrix:
    def tolist(self) -> list[list[float]]:
        return [[1.5, 2.0]]


@pytest.mark.gen_test
async def test_arrays_and_tuples_are_sent_as_lists(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        assert (await client.predict("echo", {"a": Matrix(), "b": (1, 2)}))["prediction"] == {
            "a": [[1.5, 2.0]],
            "b": [1, 2],
        }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"a": [0, math.nan]}, "The input at /a/1 is NaN, which JSON does not have."),
        (math.inf, "The input is infinite, which JSON does not have."),
        ({"a": object()}, "The input at /a is of type object, which JSON does not have."),
        ({1: "a"}, "The input has a key of type int; keys must be strings."),
    ],
)
@pytest.mark.gen_test
async def test_what_json_cannot_say_is_refused_before_it_is_sent(socket_url: str, data: Any, message: str) -> None:
    async with await Client.connect(socket_url) as client:
        with pytest.raises(ValueError, match=r"^The input") as refusal:
            await client.predict("echo", data)
        assert str(refusal.value) == message
        assert (await client.predict("echo", "and on"))["prediction"] == "and on"


@pytest.mark.settings("[server]\nmax_message_bytes = 20_000_000")
@pytest.mark.gen_test(timeout=30)
async def test_large_answers_arrive_whole(socket_url: str) -> None:
    large = ["0123456789" * 100] * 10_000
    async with await Client.connect(socket_url) as client:
        assert (await client.predict("echo", large))["prediction"] == large


@pytest.mark.gen_test
async def test_a_request_over_the_limit_is_refused_before_it_is_sent(socket_url: str) -> None:
    async with await Client.connect(socket_url) as client:
        with pytest.raises(ValueError, match=r"^This makes a message of \d+ bytes; the service takes at most 65536\.$"):
            await client.predict("echo", "x" * 100_000)
        assert (await client.predict("echo", "and on"))["prediction"] == "and on"


@pytest.mark.gen_test
async def test_a_client_that_does_not_know_the_limit_loses_its_connection_over_it(socket_url: str) -> None:
    async with await Client.connect(socket_url, reconnect_s=0) as client:
        with pytest.raises(ConnectionLost, match=r"^The connection was closed with 1009: "):
            await client.predict("echo", "x" * 100_000)
        with pytest.raises(ConnectionLost, match="1009"):
            await client.predict("echo", 1)


@pytest.mark.gen_test
async def test_a_request_that_nobody_waits_for_any_more_disturbs_no_other(
    socket_url: str, gate: threading.Event
) -> None:
    async with await Client.connect(socket_url) as client:
        impatient = asyncio.create_task(client.predict("gate", "impatient"))
        await client.predict("echo", 1)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        gate.set()
        assert (await client.predict("gate", "patient"))["prediction"] == "patient"


@pytest.mark.gen_test
async def test_closing_ends_what_is_open(socket_url: str, gate: threading.Event) -> None:
    client = await Client.connect(socket_url)
    open_request = asyncio.create_task(client.predict("gate", 1))
    await client.predict("echo", 1)
    await client.close()
    with pytest.raises(ConnectionLost):
        await open_request
    with pytest.raises(ConnectionLost):
        await client.predict("echo", 1)
    await client.close()


@pytest.mark.gen_test
async def test_a_service_that_goes_away_ends_all_that_is_open() -> None:
    async def hang_up(connection: ServerConnection) -> None:
        for _ in range(3):
            await connection.recv()
        await connection.close(1001, "the service is stopping")

    async with foreign_service(hang_up) as url, await Client.connect(url, reconnect_s=0) as client:
        results = await asyncio.gather(*(client.predict("echo", n) for n in range(3)), return_exceptions=True)
        assert [str(result) for result in results] == [
            "The connection was closed with 1001: the service is stopping."
        ] * 3
        assert {type(result) for result in results} == {ConnectionLost}


@pytest.mark.gen_test
async def test_a_connection_that_is_cut_is_lost() -> None:
    async def cut(connection: ServerConnection) -> None:
        await connection.recv()
        connection.transport.abort()

    async with foreign_service(cut) as url, await Client.connect(url, reconnect_s=0) as client:
        with pytest.raises(ConnectionLost, match=r"^The connection was closed\.$"):
            await client.predict("echo", 1)


@pytest.mark.parametrize("said", ["hello", "[1]", "5", '{"event": "x"}', b"\xff\x00", '{"event": "x", "data": 1}'])
@pytest.mark.gen_test
async def test_a_server_that_speaks_otherwise_is_not_waited_for(said: str | bytes) -> None:
    async def speak(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(said)
        await connection.wait_closed()

    async with foreign_service(speak) as url:
        with pytest.raises(ConnectionLost, match=r"^What answered is no tornado-ml service\.$"):
            await Client.connect(url)
        async with await Client.connect(url, reconnect_s=0) as client:
            for _ in range(2):
                with pytest.raises(ConnectionLost, match=r"^What answered is no tornado-ml service\.$"):
                    await client.predict("echo", 1)


@pytest.mark.gen_test
async def test_what_the_client_did_not_ask_for_is_passed_over() -> None:
    async def chat(connection: ServerConnection) -> None:
        await connection.send('{"event": "goaway", "data": {"reason": "later", "deadline_ms": 1}}')
        request = json.loads(await connection.recv())
        for id in (999, "other", request["id"]):
            answer = {"model_qualified_name": "echo", "prediction": id}
            await connection.send(json.dumps({"event": "prediction_response", "id": id, "data": answer}))
        await connection.wait_closed()

    async with foreign_service(chat) as url, await Client.connect(url, reconnect_s=0) as client:
        assert (await client.predict("echo", 1))["prediction"] == 1


@pytest.mark.gen_test
async def test_nobody_at_the_address_is_said_so(deaf_url: str) -> None:
    with pytest.raises(ConnectionLost, match=rf"^Cannot connect to {deaf_url}: .*refused"):
        await Client.connect(deaf_url)


@pytest.mark.gen_test
async def test_a_web_server_without_a_socket_is_said_so(base_url: str, http_server: Any) -> None:
    with pytest.raises(ConnectionLost, match="HTTP 404"):
        await Client.connect(f"{base_url}/elsewhere")


@pytest.mark.gen_test
async def test_a_web_server_that_answers_with_a_page_is_said_so() -> None:
    def page(connection: ServerConnection, _: Any) -> Any:
        return connection.respond(http.HTTPStatus.OK, "Welcome!\n")

    async with serve(lambda connection: connection.wait_closed(), "127.0.0.1", 0, process_request=page) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(ConnectionLost, match="Non-websocket response"):
            await Client.connect(f"ws://127.0.0.1:{port}/")


@pytest.mark.gen_test
async def test_a_server_that_speaks_no_http_is_said_so() -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        with pytest.raises(ConnectionLost, match="Cannot connect"):
            await Client.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")


def test_nothing_is_left_behind_however_it_ends() -> None:
    complaints: list[dict[str, Any]] = []

    async def abort(connection: ServerConnection) -> None:
        await connection.recv()
        connection.transport.abort()

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with foreign_service(abort) as url:
            client = await Client.connect(url, reconnect_s=0)
            requests = [asyncio.create_task(client.predict("echo", "x" * 100_000)) for _ in range(20)]
            await asyncio.wait(requests)
            assert {type(request.exception()) for request in requests} == {ConnectionLost}
            await client.close()
        del client, requests
        gc.collect()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario(), debug=True)
    gc.collect()
    assert complaints == []


def test_a_single_question_blocks_until_it_is_answered_or_lost(deaf_url: str) -> None:
    with pytest.raises(ConnectionLost, match="refused"):
        predict(deaf_url, "echo", 1)
    with pytest.raises(ValueError, match="is no address"):
        predict("nowhere", "echo", 1)


@pytest.mark.gen_test
async def test_a_single_question_may_be_asked_where_a_loop_runs_as_in_a_notebook(deaf_url: str) -> None:
    with pytest.raises(ConnectionLost, match="refused"):
        predict(deaf_url, "echo", 1)
