"""The login of a browser: a cookie for a token, which no script can read, and taking it back."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from tornado_ml import Authenticator, Identity
from tornado_ml.models.schema import Validator, declare
from tornado_ml.protocol import documents
from tornado_ml.server.base import Shared

Fetch = Callable[..., Any]
ANN = Identity("Ann Ünal <ann@example.org>", frozenset({"predict:*", "metrics"}))


class Knows(Authenticator):
    async def identify(self, token: str) -> Identity | None:
        return {"a.b-c_d~e+f/g==": ANN, "plain": ANN}.get(token)


@pytest.fixture
def shared(shared: Shared) -> Shared:
    shared.access.set("plugin", [Knows()])
    return shared


@pytest.fixture
def post(http_client: AsyncHTTPClient, base_url: str) -> Fetch:
    async def post(path: str, document: Any = None, **headers: str) -> HTTPResponse:
        body = document if isinstance(document, str) else json.dumps(document)
        headers = {"Content-Type": "application/json", **headers}
        return await http_client.fetch(base_url + path, method="POST", body=body, headers=headers, raise_error=False)

    return post


def cookies(response: HTTPResponse) -> SimpleCookie:
    found = SimpleCookie()
    for line in response.headers.get_list("Set-Cookie"):
        found.load(line)
    return found


def sent(found: SimpleCookie) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={one.coded_value}" for name, one in found.items())}


@pytest.mark.parametrize("token", ["plain", "a.b-c_d~e+f/g=="])
@pytest.mark.gen_test
async def test_a_token_gives_a_cookie_that_no_script_and_no_other_site_gets(
    post: Fetch, http_client: AsyncHTTPClient, base_url: str, token: str
) -> None:
    response = await post("/api/login", {"token": token})
    assert response.code == 200
    document = json.loads(response.body)
    assert document == {"name": ANN.name, "scopes": ["metrics", "predict:*"]}
    assert not Validator(declare(documents.LoginDocument, direction="output").json_schema).faults(document)
    found = cookies(response)
    secret, name = found["tornado-ml-token"], found["tornado-ml-name"]
    assert (secret["httponly"], secret["samesite"], secret["path"]) == (True, "Strict", "/")
    assert (name["httponly"], name["samesite"]) == ("", "Strict")
    assert (secret["secure"], secret["max-age"], secret["expires"]) == ("", "", "")
    assert name.value == "Ann%20%C3%9Cnal%20%3Cann%40example.org%3E"
    models = await http_client.fetch(f"{base_url}/api/models", headers=sent(found))
    assert models.code == 200


@pytest.mark.gen_test
async def test_who_wants_to_be_remembered_is_for_thirty_days(post: Fetch) -> None:
    found = cookies(await post("/api/login", {"token": "plain", "remember": True}))
    assert {one["max-age"] for one in found.values()} == {"2592000"}


@pytest.mark.gen_test
async def test_over_tls_the_cookie_is_for_tls_and_this_host_alone(app: Any, http_client: AsyncHTTPClient) -> None:
    (listener,) = bind_sockets(0, "127.0.0.1")
    proxied = HTTPServer(app, xheaders=True)
    proxied.add_sockets([listener])
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    https = {"Content-Type": "application/json", "X-Forwarded-Proto": "https"}
    body = json.dumps({"token": "plain"})
    found = cookies(await http_client.fetch(f"{address}/api/login", method="POST", body=body, headers=https))
    assert set(found) == {"__Host-tornado-ml-token", "tornado-ml-name"}
    assert {bool(one["secure"]) for one in found.values()} == {True}
    assert (await http_client.fetch(f"{address}/api/models", headers={**https, **sent(found)})).code == 200
    proxied.stop()
    await proxied.close_all_connections()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"token": "unknown"}, 401, "UNAUTHORIZED"),
        ({"token": ""}, 401, "UNAUTHORIZED"),
        ({"token": "a\r\nSet-Cookie: b=c"}, 401, "UNAUTHORIZED"),
        ({"token": "plain; Path=/"}, 401, "UNAUTHORIZED"),
        ({"token": "x" * 10_000}, 401, "UNAUTHORIZED"),
        ({"token": "x" * 20_000}, 413, "BODY_TOO_LARGE"),
        ({"token": ["plain"]}, 400, "BAD_ENVELOPE"),
        ({"token": None}, 400, "BAD_ENVELOPE"),
        ({}, 400, "BAD_ENVELOPE"),
        ({"token": "plain", "secret": 1}, 400, "BAD_ENVELOPE"),
        (["plain"], 400, "BAD_ENVELOPE"),
        ("plain", 400, "BAD_FRAME"),
        ("", 400, "BAD_FRAME"),
    ],
)
@pytest.mark.gen_test
async def test_what_is_no_login_sets_no_cookie_and_is_not_repeated(
    post: Fetch, body: Any, status: int, code: str, logged: Callable[[], str]
) -> None:
    response = await post("/api/login", body)
    assert (response.code, json.loads(response.body)["code"]) == (status, code)
    assert "Set-Cookie" not in response.headers
    assert "xxxx" not in f"{response.body!r}{logged()}"


@pytest.mark.gen_test
async def test_a_page_of_another_site_can_log_nobody_in(post: Fetch) -> None:
    response = await post("/api/login", {"token": "plain"}, Origin="http://evil.example")
    assert response.code == 403
    assert "Set-Cookie" not in response.headers


@pytest.mark.gen_test
async def test_logging_out_takes_the_cookies_back(post: Fetch) -> None:
    response = await post("/api/logout", "")
    assert (response.code, json.loads(response.body)) == (200, {})
    found = cookies(response)
    assert {name: one.value for name, one in found.items()} == {"tornado-ml-token": "", "tornado-ml-name": ""}
    assert all("1970" in one["expires"] or one["max-age"] == "0" or one["expires"] for one in found.values())


@pytest.mark.gen_test
async def test_where_nobody_is_asked_there_is_nothing_to_log_in_to(post: Fetch, shared: Shared) -> None:
    shared.access.is_on = False
    assert (await post("/api/login", {"token": "plain"})).code == 404
