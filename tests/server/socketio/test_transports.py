"""Polls and websockets, request by request: who is let in, what is refused, and how one takes over from the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from tornado_ml.server.base import Shared
from tornado_ml.server.socketio import transports
from tornado_ml.server.socketio.session import Session

OpenSocket = Callable[..., Awaitable[Any]]
Asking = Callable[[str, Any], str]
UntilGone = Callable[[], Awaitable[None]]

ANSWER = '42["prediction_response",{"model_qualified_name":"echo","prediction":%s}]'


@pytest.mark.gen_test
async def test_a_poll_waits_for_what_there_is_to_tell(poller: Any, asking: Asking) -> None:
    await poller.join()
    answer = asyncio.ensure_future(poller.poll())
    await asyncio.sleep(0)
    await poller.send(asking("echo", 1))
    assert await answer == [ANSWER % 1]


@pytest.mark.gen_test
async def test_one_body_may_have_many_packets_and_one_poll_fetches_many_answers(poller: Any, asking: Asking) -> None:
    await poller.join()
    response = await poller.send(*(asking("echo", number) for number in range(40)))
    assert (response.code, response.body) == (200, b"ok")
    answers: list[str] = []
    while len(answers) < 40:
        answers += await poller.poll()
    assert sorted(answers) == sorted(ANSWER % number for number in range(40))


REFUSED = [
    ({"Host": "evil.com"}, "evil.com"),
    ({"Host": "evil.com", "Origin": "http://evil.com"}, "evil.com"),
    ({"Origin": "http://evil.com"}, "evil.com"),
    ({"Origin": "null"}, "null"),
]


@pytest.mark.parametrize(("headers", "named"), REFUSED)
@pytest.mark.gen_test
async def test_host_and_origin_are_judged_at_each_request(
    poller: Any, asking: Asking, headers: dict[str, str], named: str
) -> None:
    begin = poller.url
    await poller.join()
    for url, options in [(begin, {}), (poller.url, {}), (poller.url, {"method": "POST", "body": asking("echo", 1)})]:
        response = await poller.fetch(url, headers=headers, **options)
        assert (response.code, json.loads(response.body)["code"]) == (403, "FORBIDDEN")
        assert named in json.loads(response.body)["message"]
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
    await poller.send(asking("echo", 2))
    assert await poller.poll() == [ANSWER % 2], "what was refused has not been read"


@pytest.mark.parametrize("headers", [headers for headers, _ in REFUSED])
@pytest.mark.gen_test
async def test_host_and_origin_are_judged_before_a_websocket_opens(
    poller: Any, http_port: int, headers: dict[str, str]
) -> None:
    await poller.open()
    for query in ("EIO=4", f"EIO=4&sid={poller.opened['sid']}"):
        url = f"ws://127.0.0.1:{http_port}/socket.io/?transport=websocket&{query}"
        with pytest.raises(HTTPClientError) as caught:
            await websocket_connect(HTTPRequest(url, headers=headers))
        assert caught.value.code == 403


@pytest.mark.settings('[server]\nallowed_origins = ["https://friend.example"]')
@pytest.mark.gen_test
async def test_pages_of_an_allowed_origin_may_read_the_answers_as_elsewhere(poller: Any, asking: Asking) -> None:
    headers = {"Origin": "https://friend.example"}
    await poller.join()
    sent = await poller.fetch(poller.url, method="POST", body=asking("echo", 1), headers=headers)
    answer = await poller.fetch(poller.url, headers=headers)
    for response in (sent, answer):
        assert response.headers.get_list("Access-Control-Allow-Origin") == ["https://friend.example"]
        assert "Access-Control-Allow-Credentials" not in response.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "query", "status", "told"),
    [
        ("GET", "EIO=3&transport=polling", 400, "'3'"),
        ("GET", "transport=polling", 400, "python-socketio 5 or socket.io-client 3 or 4"),
        ("GET", "EIO=4&transport=polling&j=0", 400, "JSONP"),
        ("GET", "EIO=4&EIO=4", 400, "EIO more than once"),
        ("GET", "EIO=4%20", 400, "'4 '"),
        ("GET", "EIO=4%00", 400, "'4\\x00'"),
        ("GET", "EIO=4&transport=polling&transport=websocket", 400, "transport more than once"),
        ("GET", "EIO=4&transport=websocket&transport=websocket", 400, "transport more than once"),
        ("GET", "EIO=4&transport=%20polling", 400, "polling"),
        ("GET", "EIO=4&sid=one&sid=other", 400, "sid more than once"),
        ("GET", "EIO=4&transport=webtransport", 400, "polling"),
        ("GET", "EIO=4&transport=polling&sid=nobody", 400, "no such session"),
        ("GET", "EIO=4&transport=polling&sid=%0aforged", 400, "no such session"),
        ("POST", "EIO=4&transport=polling&sid=nobody", 400, "no such session"),
        ("POST", "EIO=4&transport=polling", 400, "no session"),
        ("GET", "EIO=4&transport=websocket", 400, "WebSocket"),
        ("PUT", "EIO=4&transport=polling", 405, "method"),
        ("DELETE", "EIO=4&transport=polling", 405, "method"),
    ],
)
@pytest.mark.gen_test
async def test_a_request_that_cannot_be_is_answered_with_the_error_document(
    http_client: AsyncHTTPClient,
    http_server: Any,
    base_url: str,
    method: str,
    query: str,
    status: int,
    told: str,
    shared: Shared,
    caplog: pytest.LogCaptureFixture,
) -> None:
    response = await http_client.fetch(
        f"{base_url}/socket.io/?{query}", method=method, allow_nonstandard_methods=True, raise_error=False
    )
    assert response.code == status
    assert told in json.loads(response.body)["message"]
    assert len(shared.sockets) == 0
    assert "forged" not in caplog.text


@pytest.mark.gen_test
async def test_a_websocket_that_cannot_be_is_refused_before_it_opens(http_port: int, http_server: Any) -> None:
    for query in ("EIO=3", "EIO=4&EIO=4", "EIO=4&sid=nobody", "EIO=4&j=0"):
        with pytest.raises(HTTPClientError) as caught:
            await websocket_connect(f"ws://127.0.0.1:{http_port}/socket.io/?transport=websocket&{query}")
        assert caught.value.code == 400


@pytest.mark.gen_test
async def test_a_body_that_is_too_large_ends_the_session(poller: Any, until_gone: UntilGone) -> None:
    await poller.join()
    response = await poller.send("4" + "x" * 65_536)
    assert (response.code, json.loads(response.body)["code"]) == (413, "BODY_TOO_LARGE")
    await until_gone()


@pytest.mark.gen_test
async def test_a_body_that_is_no_text_ends_the_session(poller: Any, until_gone: UntilGone) -> None:
    await poller.join()
    response = await poller.fetch(poller.url, method="POST", body=b"42\xff")
    assert response.code == 400
    await until_gone()


@pytest.mark.gen_test
async def test_a_body_of_just_the_limit_is_read(poller: Any, asking: Asking) -> None:
    await poller.join()
    await poller.send(asking("echo", "x" * (65_536 - len(asking("echo", "")))))
    assert (await poller.poll())[0].startswith('42["prediction_response"')


@pytest.mark.gen_test
async def test_a_message_that_is_too_large_closes_a_websocket_with_1009(open_socket: OpenSocket) -> None:
    peer = await (await open_socket()).join()
    await peer.send("4" + "x" * 65_536)
    assert await peer.closed() == 1009


@pytest.mark.gen_test
async def test_two_polls_at_once_end_the_session(poller: Any, until_gone: UntilGone) -> None:
    await poller.join()
    waiting, refused = sorted(
        await asyncio.gather(poller.fetch(poller.url), poller.fetch(poller.url)), key=lambda response: response.code
    )
    assert (waiting.code, waiting.body) == (200, b"6")
    assert (refused.code, "under way" in refused.body.decode()) == (400, True)
    await until_gone()


@pytest.mark.gen_test
async def test_a_poll_whose_connection_drops_ends_the_session(
    poller: Any, http_port: int, until_gone: UntilGone, shared: Shared
) -> None:
    await poller.join()
    _, writer = await asyncio.open_connection("127.0.0.1", http_port)
    path = poller.url.partition(str(http_port))[2]
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    (session,) = shared.sockets
    assert isinstance(session, Session)
    while not session.is_polled:
        await asyncio.sleep(0.01)
    writer.close()
    await until_gone()


@pytest.mark.gen_test
async def test_a_websocket_takes_over_from_polls(
    poller: Any, open_socket: OpenSocket, asking: Asking, gate: Any
) -> None:
    await poller.join()
    await poller.send(asking("slow", {"seconds": gate.seconds}))
    waiting = asyncio.ensure_future(poller.poll())
    peer = await open_socket(f"EIO=4&sid={poller.opened['sid']}")
    await peer.send("2probe")
    assert await peer.read() == "3probe"
    assert await waiting == ["6"], "the poll is let go"
    # What follows at once is read, too.
    await peer.send("5", asking("echo", 1))
    assert await peer.read() == ANSWER % 1
    gate.open()
    assert f'{{"slept":{gate.seconds}}}' in await peer.read()
    for options in ({}, {"method": "POST", "body": "3"}):
        response = await poller.fetch(poller.url, **options)
        assert (response.code, "gone over to a websocket" in response.body.decode()) == (400, True)


@pytest.mark.parametrize("first", [(), ("2",), ("5",), ("42[]",), ("2probe", "42[]"), ("2probe",)])
@pytest.mark.gen_test
async def test_polling_goes_on_where_a_websocket_does_not_get_through(
    poller: Any, open_socket: OpenSocket, asking: Asking, first: tuple[str, ...]
) -> None:
    await poller.join()
    for _ in range(2):
        peer = await open_socket(f"EIO=4&sid={poller.opened['sid']}")
        await peer.send(*first)
        if first in {(), ("2probe",)}:
            peer.socket.close()
        await peer.closed()
    await poller.send(asking("echo", 1))
    packets: list[str] = []
    while not packets or packets[-1] == "6":
        packets += await poller.poll()
    assert packets[-1] == ANSWER % 1


@pytest.mark.gen_test
async def test_one_websocket_is_tried_at_a_time(poller: Any, open_socket: OpenSocket) -> None:
    await poller.join()
    query = f"EIO=4&sid={poller.opened['sid']}"
    await open_socket(query)
    with pytest.raises(HTTPClientError) as caught:
        await open_socket(query)
    assert caught.value.code == 400


@pytest.mark.gen_test
async def test_a_websocket_that_is_not_used_is_closed(
    poller: Any, open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "PROBE_S", 0.05)
    await poller.join()
    peer = await open_socket(f"EIO=4&sid={poller.opened['sid']}")
    assert await peer.closed() == 1000


@pytest.mark.gen_test
async def test_a_websocket_that_is_tried_ends_with_its_session(poller: Any, open_socket: OpenSocket) -> None:
    await poller.join()
    peer = await open_socket(f"EIO=4&sid={poller.opened['sid']}")
    await poller.send("1")
    assert await peer.closed() == 1000


@pytest.mark.gen_test
async def test_the_service_speaks_first(http_server: Any, http_port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", http_port)
    handshake = (
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    writer.write(handshake.encode() + b"\x81\x82\0\0\0\0" + b"40")
    await reader.readuntil(b"\r\n\r\n")
    assert (await reader.readexactly(4))[2:] == (1002).to_bytes(2)
    writer.close()


@pytest.mark.settings("[server]\nmax_connections = 2")
@pytest.mark.gen_test
async def test_sessions_count_among_the_connections(
    poller: Any, open_socket: OpenSocket, connect: Callable[..., Any], until_gone: UntilGone
) -> None:
    begin = poller.url
    await poller.open()
    await open_socket()
    response = await poller.fetch(begin)
    assert response.code == 503
    assert int(response.headers["Retry-After"]) > 0
    for one_more in (open_socket, connect):
        with pytest.raises(HTTPClientError) as caught:
            await one_more()
        assert caught.value.code == 503
    await poller.send("1")
    while (await poller.fetch(begin)).code == 503:
        await asyncio.sleep(0.01)


@pytest.mark.gen_test
async def test_websockets_are_not_compressed(http_server: Any, http_port: int) -> None:
    url = f"ws://127.0.0.1:{http_port}/socket.io/?EIO=4&transport=websocket"
    socket = await websocket_connect(url, compression_options={})
    assert socket.headers is not None
    assert "Sec-WebSocket-Extensions" not in socket.headers
    socket.close()
    while await socket.read_message() is not None:
        pass


@pytest.mark.gen_test
async def test_the_access_log_keeps_the_sessions_id_to_itself(
    poller: Any, caplog: pytest.LogCaptureFixture, asking: Asking
) -> None:
    caplog.set_level("DEBUG")
    await poller.join()
    await poller.send(asking("echo", "private"))
    assert "POST /socket.io/ (127.0.0.1)" in caplog.text
    assert poller.opened["sid"] not in caplog.text
    assert "private" not in caplog.text
