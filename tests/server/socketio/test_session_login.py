"""Who a client of Socket.IO is: by a header, by a cookie, or by what it joins with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import socketio

from tornado_ml.metrics import declarations
from tornado_ml.server.base import Shared
from tornado_ml.server.logins import end_bygone
from tornado_ml.server.socketio import session

MakeClient = Callable[[], Any]
each_transport = pytest.mark.parametrize("transport", ["websocket", "polling"])


@pytest.fixture
def settings_text(settings_text: str, book: Any) -> str:
    return f"{settings_text}\n{book.settings_text}"


@each_transport
@pytest.mark.parametrize("way", ["header", "cookie", "auth"])
@pytest.mark.gen_test
async def test_the_real_client_logs_in(
    clients: Callable[..., Any], book: Any, transport: str, way: str, logged: Callable[[], str]
) -> None:
    ways: dict[str, dict[str, Any]] = {
        "header": {"headers": book.headers()},
        "cookie": {"headers": book.cookie()},
        "auth": {"auth": {"token": book.tokens["ann"]}},
    }
    client = await clients(transport, **ways[way])
    answer = await client.call({"model_qualified_name": "echo", "input_data": 1})
    assert answer == {"model_qualified_name": "echo", "prediction": 1}
    assert book.tokens["ann"] not in logged()


@each_transport
@pytest.mark.parametrize("auth", [None, {"token": "tml_wrong"}, {"token": 1}, {"other": "x"}])
@pytest.mark.gen_test
async def test_who_joins_without_a_good_token_is_refused(
    clients: Callable[..., Any], transport: str, auth: Any
) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError, match="One or more namespaces failed to connect"):
        await clients(transport, auth=auth)


@pytest.mark.gen_test
async def test_a_bad_header_is_refused_before_anything_else(poller: Any) -> None:
    assert (await poller.fetch(poller.url, headers={"Authorization": "Bearer tml_wrong"})).code == 401


@pytest.mark.parametrize(
    "join",
    ["40", "40{}", "40[]", "40{", '40{"token":"a\\r\\nb"}', '40/,{"token":"tml_wrong"}', "40" + '{"token":' * 50],
)
@pytest.mark.gen_test
async def test_whatever_a_stranger_joins_with_is_refused_in_the_words_of_socketio(
    open_socket: Callable[..., Any], asking: Callable[..., str], join: str
) -> None:
    peer = await open_socket()
    assert (await peer.read())[0] == "0"
    await peer.send(join)
    assert await peer.read() == '44{"message":"This takes a token: there was none, or it is not known here."}'
    await peer.send(asking("echo", 1))
    assert "This takes a token" in await peer.read()


@pytest.mark.gen_test
async def test_a_stranger_may_try_again_and_then_is_who_it_says(
    open_socket: Callable[..., Any], asking: Callable[..., str], book: Any, shared: Shared
) -> None:
    peer = await open_socket()
    await peer.read()
    await peer.send('40{"token":"tml_wrong"}')
    assert (await peer.read()).startswith("44")
    await peer.send(f'40/,{{"token":"{book.tokens["ann"]}"}}')
    assert (await peer.read()).startswith('40{"sid":')
    (socket,) = shared.sockets
    assert socket.caller.identity.name == "ann"
    await peer.send(asking("echo", 1))
    assert '"prediction":1' in await peer.read()
    book.add("ann", "metrics")
    end_bygone(shared.access, shared.sockets)
    assert await peer.closed() == 1008


@pytest.mark.usefixtures("steady")
@pytest.mark.gen_test
async def test_a_stranger_who_does_not_log_in_is_sent_away(
    open_socket: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, shared: Shared
) -> None:
    monkeypatch.setattr(session, "LOGIN_S", 0.2)
    peer = await open_socket()
    await peer.read()
    end_bygone(shared.access, shared.sockets)
    assert len(shared.sockets) == 1, "its time is not over"
    assert await peer.closed() == 1008


@pytest.mark.gen_test
async def test_a_session_is_nobody_elses(poller: Any, book: Any) -> None:
    book.add("bob", "predict:*")
    (packet,) = (await poller.fetch(poller.url, headers=book.headers())).body.decode().split("\x1e")
    poller.url += "&sid=" + packet.partition('"sid":"')[2].partition('"')[0]
    stolen = await poller.fetch(poller.url, headers=book.headers("bob"), method="POST", body="40")
    assert (stolen.code, b"There is no such session." in stolen.body) == (400, True)
    for headers in (book.headers(), {}):
        assert (await poller.fetch(poller.url, headers=headers, method="POST", body="40")).code == 200


@pytest.mark.gen_test
async def test_a_polled_session_ends_with_its_token(poller: Any, book: Any, shared: Shared, until_gone: Any) -> None:
    (packet,) = (await poller.fetch(poller.url, headers=book.headers())).body.decode().split("\x1e")
    poller.url += "&sid=" + packet.partition('"sid":"')[2].partition('"')[0]
    waiting = asyncio.ensure_future(poller.fetch(poller.url, headers=book.headers()))
    await poller.fetch(poller.url, headers=book.headers(), method="POST", body="40")
    book.revoke("ann")
    end_bygone(shared.access, shared.sockets)
    await until_gone()
    await waiting


@pytest.mark.settings("[limits_per_token]\nconnections = 1\n[limits_per_address]\nconnections = 3")
@pytest.mark.gen_test
async def test_a_token_has_only_so_many_connections_by_whichever_way_it_is_shown_and_each_is_counted_once(
    open_socket: Callable[..., Any], book: Any, shared: Shared
) -> None:
    first, second, stranger = [await open_socket() for _ in range(3)]
    for peer in (first, second, stranger):
        assert (await peer.read())[0] == "0"
    join = f'40{{"token":"{book.tokens["ann"]}"}}'
    await first.send(join)
    assert (await first.read()).startswith('40{"sid":')
    await second.send(join)
    assert await second.read() == '44{"message":"Too many connections are open with this token."}'
    await stranger.send('40{"token":"tml_wrong"}')
    assert (await stranger.read()).startswith("44")
    values = shared.backend.metrics.values()
    assert values[declarations.CONNECTIONS_OPENED] == {("socketio",): 3}
    assert values[declarations.CONNECTIONS_CLOSED] == {}
    assert values[declarations.ERRORS] == {("handshake", "RATE_LIMITED"): 1, ("handshake", "UNAUTHORIZED"): 1}
    first.socket.close()
    async with asyncio.timeout(20):
        while len(shared.sockets) > 2:
            await asyncio.sleep(0.01)
    await second.send(join)
    assert (await second.read()).startswith('40{"sid":')
