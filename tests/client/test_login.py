"""How the client shows its token, to whom, and what comes of one that is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from tornado_ml import Authenticator, Identity
from tornado_ml.client import Client, LoginFailed, PredictionError, predict, rest
from tornado_ml.client.login import login_headers
from tornado_ml.server.base import Shared


class Knows(Authenticator):
    def __init__(self) -> None:
        self.tokens = {"good"}

    async def identify(self, token: str) -> Identity | None:
        return Identity("ann", frozenset({"predict:*"})) if token in self.tokens else None


@pytest.fixture
def knows(shared: Shared) -> Knows:
    knows = Knows()
    shared.access.set("plugin", [knows])
    return knows


def test_a_token_is_a_header_and_none_is_none() -> None:
    assert login_headers("tml_a") == {"Authorization": "Bearer tml_a"}
    assert login_headers(None) == {}


@pytest.mark.parametrize("token", ["", "x y", "x\ny", "a\r\nX: y", "é"])
def test_what_could_be_more_than_a_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(ValueError, match=r"^the token has characters that no token has") as refused:
        login_headers(token)
    assert not token or token not in str(refused.value)


@pytest.mark.gen_test
async def test_a_client_logs_in(knows: Knows, socket_url: str) -> None:
    async with await Client.connect(socket_url, token="good") as client:
        assert (await client.predict("echo", 1))["prediction"] == 1


@pytest.mark.parametrize("token", [None, "bad"])
@pytest.mark.gen_test
async def test_one_that_is_not_known_is_told_at_once(knows: Knows, socket_url: str, token: str | None) -> None:
    with pytest.raises(LoginFailed, match="asks for a token, and knows none that it was shown"):
        await Client.connect(socket_url, token=token)


@pytest.mark.gen_test
async def test_a_connection_that_is_lost_is_not_dialled_for_ever_once_the_token_is_gone(
    knows: Knows, socket_url: str, shared: Shared
) -> None:
    async with await Client.connect(socket_url, token="good") as client:
        knows.tokens.clear()
        waiting = asyncio.ensure_future(client.predict("slow", {"seconds": 5}))
        await asyncio.sleep(0)
        for socket in shared.sockets:
            socket.close(1001, "a test")
        with pytest.raises(Exception, match="asks for a token"):
            await waiting


@pytest.mark.gen_test
async def test_over_rest_a_token_is_shown_too(knows: Knows, http_server: Any, base_url: str) -> None:
    def ask(act: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        return asyncio.to_thread(act, *arguments, **options)

    assert "echo" in await ask(rest.model_names, base_url, token="good")
    with pytest.raises(PredictionError, match="UNAUTHORIZED"):
        await ask(rest.model_names, base_url)
    for act in (rest.load, rest.unload, rest.reload):
        with pytest.raises(PredictionError, match="FORBIDDEN"):
            await ask(act, "echo", base_url, token="good")


@pytest.mark.gen_test
async def test_a_token_is_not_shown_to_where_a_service_sends_one_on() -> None:
    seen: list[str] = []

    class Elsewhere(RequestHandler):
        def get(self) -> None:
            if self.request.path == "/elsewhere":
                seen.append(self.request.headers.get("Authorization", ""))
            self.redirect("/elsewhere")

    (listener,) = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([(r".*", Elsewhere)]))
    server.add_sockets([listener])
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Exception, match="302"):
        await Client.connect(url, token="good")
    with pytest.raises(Exception, match="Cannot ask"):
        await asyncio.to_thread(rest.model_names, url, token="good")
    assert seen == []
    server.stop()
    await server.close_all_connections()


@pytest.mark.gen_test
async def test_one_question_may_have_a_token(knows: Knows, socket_url: str) -> None:
    assert (await asyncio.to_thread(predict, socket_url, "echo", 1, token="good"))["prediction"] == 1
