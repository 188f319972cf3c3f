"""What becomes of connections when the token that opened them is revoked, or expires."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tornado_ml.server import logins
from tornado_ml.server.base import Shared
from tornado_ml.server.logins import end_bygone, watch_logins

Connect = Callable[..., Any]
JSON = "tornado-ml.v1.json"


@pytest.fixture
def settings_text(book: Any) -> str:
    text: str = book.settings_text
    return text


@pytest.fixture
def watched(io_loop: IOLoop, shared: Shared) -> Iterator[None]:
    """The service looks after logins, as it does when it runs."""

    async def begin() -> asyncio.Task[None]:
        return asyncio.create_task(watch_logins(shared.access, shared.sockets))

    async def end() -> None:
        task.cancel()
        await asyncio.wait([task])

    task = io_loop.run_sync(begin)
    yield
    io_loop.run_sync(end)


@pytest.mark.gen_test
async def test_a_token_that_is_revoked_closes_its_sockets_within_two_seconds_and_no_others(
    connect: Connect, book: Any, watched: None, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.add("bob", "predict:*")
    anns = [await connect(subprotocols=[JSON, book.subprotocol("ann")]) for _ in range(2)]
    bobs = await connect(subprotocols=[JSON, book.subprotocol("bob")])
    looks = [end_bygone]  # as if there were no other after the next one, which comes soon enough
    monkeypatch.setattr(logins, "end_bygone", lambda *both: looks.pop()(*both) if looks else None)
    assert logins.INTERVAL_S < 2
    book.revoke("ann")
    assert [await peer.closed() for peer in anns] == [1008, 1008]
    while len(shared.sockets) > 1:
        await asyncio.sleep(0.01)
    assert (await bobs.ask({"event": "ping", "data": {}}))["event"] == "pong"
    assert len(shared.sockets) == 1


@pytest.mark.gen_test
async def test_a_token_that_expires_while_its_socket_is_open_closes_it(
    connect: Connect, book: Any, watched: None, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    expires = datetime.now(UTC) + timedelta(hours=1)
    book.add("ann", "predict:*", expires=expires)
    peer = await connect(subprotocols=[JSON, book.subprotocol()])
    monkeypatch.setattr(shared.access.authenticators[0], "_now", lambda: expires)
    assert await peer.closed() == 1008


@pytest.mark.gen_test
async def test_sessions_requests_and_streams_end_with_their_token(
    connect: Connect, book: Any, ask: Any, shared: Shared, nothing_is_left: Any
) -> None:
    peer = await connect(subprotocols=[JSON, book.subprotocol()])
    opened = await peer.ask({"event": "session_open", "data": {"model_qualified_name": "adder", "parameters": {}}})
    assert opened["event"] == "session_opened"
    assert (await peer.ask({"event": "hello", "data": {}}))["event"] == "welcome"
    await peer.send(ask("slow", {"seconds": 2}))
    await peer.send(ask("counter", {"to": 1000, "seconds": 0.01}, id="c", stream=True))
    assert (await peer.read())["event"] == "prediction_partial"
    book.revoke("ann")
    end_bygone(shared.access, shared.sockets)
    assert await peer.closed() == 1008
    await nothing_is_left()
    assert len(shared.backend.waiting_room) == 0, "nobody may come back for it"


@pytest.mark.gen_test
async def test_what_waits_for_a_client_to_come_back_ends_with_its_token(
    connect: Connect, book: Any, shared: Shared, ask: Any, nothing_is_left: Any
) -> None:
    peer = await connect(subprotocols=[JSON, book.subprotocol()])
    await peer.ask({"event": "hello", "data": {}})
    await peer.send(ask("slow", {"seconds": 2}))
    await peer.close()
    async with asyncio.timeout(20):
        while len(shared.backend.waiting_room) == 0:
            await asyncio.sleep(0.01)
    end_bygone(shared.access, shared.sockets)
    assert len(shared.backend.waiting_room) == 1, "its token is good"
    book.revoke("ann")
    end_bygone(shared.access, shared.sockets)
    assert len(shared.backend.waiting_room) == 0
    await nothing_is_left()


@pytest.mark.gen_test
async def test_streams_over_http_are_cut(event_reader: Any, book: Any, shared: Shared, pushed: Any) -> None:
    reader = event_reader()
    await reader.ask("/api/models/echo/subscriptions/pushed", **book.headers())
    source = await pushed()
    source.publish(1)
    assert (await reader.event())[0] == "prediction_response"
    book.revoke("ann")
    end_bygone(shared.access, shared.sockets)
    assert await reader.is_cut()


@pytest.mark.gen_test
async def test_other_rights_are_another_login(connect: Connect, book: Any, shared: Shared) -> None:
    peer = await connect(subprotocols=[JSON, book.subprotocol()])
    text = book.path.read_text()
    book.path.write_text(text.replace("predict:*", "metrics"))
    end_bygone(shared.access, shared.sockets)
    assert await peer.closed() == 1008


@pytest.mark.gen_test
async def test_a_file_that_goes_bad_closes_nothing(connect: Connect, book: Any, shared: Shared) -> None:
    peer = await connect(subprotocols=[JSON, book.subprotocol()])
    book.path.write_text("[tokens")
    end_bygone(shared.access, shared.sockets)
    book.path.unlink()
    end_bygone(shared.access, shared.sockets)
    assert (await peer.ask({"event": "ping", "data": {}}))["event"] == "pong"


@pytest.mark.gen_test
async def test_each_login_is_looked_at_once_however_many_sockets_it_has(
    connect: Connect, book: Any, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        await connect(subprotocols=[JSON, book.subprotocol()])
    asked: list[str] = []
    authenticator = shared.access.authenticators[0]
    monkeypatch.setattr(authenticator, "is_current", lambda identity: asked.append(identity.name) or True)
    end_bygone(shared.access, shared.sockets)
    assert asked == ["ann"]


@pytest.mark.gen_test
async def test_whatever_goes_wrong_logins_are_looked_after_again(
    connect: Connect, book: Any, shared: Shared, watched: None, monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    peer = await connect(subprotocols=[JSON, book.subprotocol()])
    with monkeypatch.context() as patch:
        patch.setattr(type(shared.access), "is_current", lambda *_: 1 / 0)
        async with asyncio.timeout(20):
            while "ZeroDivisionError" not in logged():
                await asyncio.sleep(0.05)
    assert "Not all logins could be looked after." in logged()
    book.revoke("ann")
    assert await peer.closed() == 1008
