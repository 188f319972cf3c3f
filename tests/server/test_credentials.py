"""Tokens, in all the places where one can stand, good and bad: who is let in, and how the others are sent away."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.websocket import websocket_connect

from tornado_ml.metrics import declarations
from tornado_ml.server.base import Shared
from tornado_ml.server.credentials import Credential, find_credential

Ask = Callable[..., dict[str, Any]]
Fetch = Callable[..., Any]
JSON = "tornado-ml.v1.json"


@pytest.fixture
def settings_text(book: Any) -> str:
    text: str = book.settings_text
    return text + '[server]\nallowed_origins = ["http://127.0.0.1:1"]\n'


@pytest.fixture
def fetch(http_client: AsyncHTTPClient, base_url: str) -> Fetch:
    async def fetch(path: str, **options: Any) -> HTTPResponse:
        return await http_client.fetch(base_url + path, raise_error=False, **options)

    return fetch


def asked(headers: HTTPHeaders) -> HTTPServerRequest:
    headers["Host"] = "127.0.0.1"
    return HTTPServerRequest(start_line=RequestStartLine("GET", "/ws", "HTTP/1.1"), headers=headers)


def encoded(token: str) -> str:
    return f"tornado-ml.bearer.{base64.urlsafe_b64encode(token.encode()).decode().rstrip('=')}"


def is_unauthorized(response: HTTPResponse) -> bool:
    document = json.loads(response.body)
    return (
        response.code == 401
        and response.headers["WWW-Authenticate"] == "Bearer"
        and document
        == {
            "type": "ERROR",
            "code": "UNAUTHORIZED",
            "message": "This takes a token: there was none, or it is not known here.",
        }
    )


@given(
    st.dictionaries(
        st.sampled_from(["Authorization", "Sec-WebSocket-Protocol", "Cookie", "Sec-Fetch-Site"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")).map(str.strip)
        | st.from_regex(
            r"\\A(tornado-ml\\.bearer\\.[\\w=+/-]{0,20}(, )?){1,3}\\Z", alphabet=st.characters(max_codepoint=126)
        ),
    )
)
def test_whatever_is_shown_gives_a_credential_or_none(headers: dict[str, str]) -> None:
    found = find_credential(asked(HTTPHeaders(headers)))
    assert (found is not None) >= ("Authorization" in headers)


@given(st.text(min_size=1))
def test_what_is_encoded_as_a_subprotocol_is_read_back(token: str) -> None:
    headers = HTTPHeaders({"Sec-WebSocket-Protocol": f"{JSON}, {encoded(token)}"})
    assert find_credential(asked(headers)) == Credential(token, is_browsers=True)


@pytest.mark.parametrize(
    "path",
    [
        "/api/models",
        "/api/models/echo/metadata",
        "/api/models/nobody/metadata",
        "/api/models/echo/subscriptions/pushed",
        "/api/plugins",
        "/api/openapi.json",
        "/api/asyncapi.json",
        "/metrics",
        "/nowhere",
        "/widgets/dial/1/dial.js",
        "/ws",
        "/socket.io/?EIO=4&transport=polling&sid=guessed",
    ],
)
@pytest.mark.gen_test
async def test_without_a_token_nothing_is_told_but_that_it_takes_one(fetch: Fetch, path: str) -> None:
    if "socket.io" in path:
        assert (await fetch(path)).code == 400, "there is no such session"
        return
    assert is_unauthorized(await fetch(path))
    assert is_unauthorized(await fetch(path, headers={"Authorization": "Bearer tml_wrong"}))
    assert (await fetch(path, method="HEAD")).code == 401


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/", "/models/echo/predict", "/js/main.js"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Cookie": "tornado-ml-token=wrong"}])
@pytest.mark.gen_test
async def test_health_and_the_page_are_open(fetch: Fetch, path: str, headers: dict[str, str]) -> None:
    response = await fetch(path, headers=headers)
    assert response.code == 200
    assert "Link" not in response.headers
    assert b"Answers with its input." not in response.body, "what models there are is not for strangers"


@pytest.mark.gen_test
async def test_who_is_logged_in_has_the_page_as_it_was(fetch: Fetch, book: Any) -> None:
    response = await fetch("/models/echo/predict", headers=book.cookie())
    assert "/api/models/echo/metadata" in response.headers["Link"]
    assert b"Answers with its input." in response.body
    assert "Cookie" in ",".join(response.headers.get_list("Vary")), "what is kept of it is not for others"


@pytest.mark.gen_test
async def test_a_browser_may_ask_before_it_sends_a_token(fetch: Fetch) -> None:
    headers = {"Origin": "http://127.0.0.1:1", "Access-Control-Request-Headers": "authorization"}
    preflight = await fetch("/api/models/echo/predictions", method="OPTIONS", headers=headers)
    assert preflight.code == 204
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]


@pytest.mark.gen_test
async def test_a_foreign_host_or_origin_is_refused_before_any_token_is_looked_at(fetch: Fetch, book: Any) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        assert (await fetch("/api/models", headers={**headers, **book.headers()})).code == 403


@pytest.mark.gen_test
async def test_any_token_sees_the_list_and_each_asks_the_models_that_it_may(fetch: Fetch, book: Any) -> None:
    book.add("bob", "predict:slow", "metrics")
    headers = book.headers("bob")
    assert (await fetch("/api/models", headers=headers)).code == 200
    assert (await fetch("/metrics", headers=headers)).code == 200
    assert (await fetch("/api/models/slow/metadata", headers=headers)).code == 200
    refused = await fetch("/api/models/echo/metadata", headers=headers)
    assert (refused.code, json.loads(refused.body)) == (
        403,
        {
            "type": "ERROR",
            "code": "FORBIDDEN",
            "message": "This is not allowed to bob: it takes the scope predict:echo.",
        },
    )
    predictions: dict[str, Any] = {"method": "POST", "body": "1", "headers": headers}
    assert (await fetch("/api/models/echo/predictions", **predictions)).code == 403
    assert (await fetch("/api/models/nobody/predictions", **predictions)).code == 403
    assert (await fetch("/api/models/echo/subscriptions/pushed", headers=headers)).code == 403
    assert (await fetch("/api/models/echo/subscriptions/pushed", method="HEAD", headers=headers)).code == 403
    assert (await fetch("/metrics", headers=book.headers("ann"))).code == 403
    predictions["headers"] = {**book.headers("ann"), "Content-Type": "application/json"}
    assert (await fetch("/api/models/echo/predictions", **predictions)).code == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic {token}",
        "{token}",
        "Bearer {token} more",
        "Bearer {token},",
        "Bearer {token}, Bearer {token}",
        "Bearer {token}x",
        "Bearer {TOKEN}",
        "Bearer tökén",
        "Bearer " + "x" * 10_000,
        'Bearer "{token}"',
        "Bearer {token};x=y",
    ],
)
@pytest.mark.gen_test
async def test_a_header_that_is_not_right_is_refused_before_the_upgrade(
    fetch: Fetch, book: Any, socket_url: str, value: str, logged: Callable[[], str]
) -> None:
    value = value.format(token=book.tokens["ann"], TOKEN=book.tokens["ann"].upper())
    assert is_unauthorized(await fetch("/api/models", headers={"Authorization": value}))
    with pytest.raises(HTTPClientError) as refused:
        await websocket_connect(HTTPRequest(socket_url, headers={"Authorization": value}))
    assert refused.value.code == 401
    # A good subprotocol beside it changes nothing.
    with pytest.raises(HTTPClientError) as refused:
        await websocket_connect(
            HTTPRequest(socket_url, headers={"Authorization": value}), subprotocols=[JSON, book.subprotocol()]
        )
    assert refused.value.code == 401
    assert book.tokens["ann"] not in logged()


@pytest.mark.parametrize("value", ["Bearer {token}", "bearer {token}", "BEARER   {token}  "])
@pytest.mark.gen_test
async def test_a_header_may_be_written_in_several_ways(fetch: Fetch, book: Any, value: str) -> None:
    headers = {"Authorization": value.format(token=book.tokens["ann"])}
    assert (await fetch("/api/models", headers=headers)).code == 200


@pytest.mark.gen_test
async def test_two_headers_are_none(fetch: Fetch, book: Any) -> None:
    headers = HTTPHeaders()
    for name in ("ann", "ann"):
        headers.add("Authorization", book.headers(name)["Authorization"])
    assert is_unauthorized(await fetch("/api/models", headers=headers))


@pytest.mark.gen_test
async def test_of_a_header_and_a_cookie_the_header_counts(fetch: Fetch, book: Any) -> None:
    wrong = {"Authorization": "Bearer tml_wrong"}
    assert is_unauthorized(await fetch("/api/models", headers={**wrong, **book.cookie()}))
    good = {**book.headers(), "Cookie": "tornado-ml-token=tml_wrong"}
    assert (await fetch("/api/models", headers=good)).code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:1"},  # an origin that may use the service with a token of its own
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.gen_test
async def test_a_cookie_counts_for_pages_of_the_service_alone(
    fetch: Fetch, book: Any, headers: dict[str, str], base_url: str
) -> None:
    assert is_unauthorized(await fetch("/api/models", headers={**book.cookie(), **headers}))
    own = {"Origin": base_url.replace("localhost", "127.0.0.1"), "Sec-Fetch-Site": "same-origin"}
    own["Host"] = own["Origin"].removeprefix("http://")
    assert (await fetch("/api/models", headers={**book.cookie(), **own})).code == 200
    assert (await fetch("/api/models", headers=book.cookie())).code == 200


@pytest.mark.parametrize(
    "offered",
    [
        [JSON, "tornado-ml.bearer.{token}"],
        ["tornado-ml.bearer.{token}", "tornado-ml.v1.msgpack"],
    ],
)
@pytest.mark.gen_test
async def test_a_subprotocol_says_who_somebody_is_and_is_neither_selected_nor_repeated(
    connect: Callable[..., Any], ask: Ask, book: Any, offered: list[str], logged: Callable[[], str]
) -> None:
    offered = [book.subprotocol() if "bearer" in name else name for name in offered]
    peer = await connect(subprotocols=offered)
    assert peer.socket.selected_subprotocol in (JSON, "tornado-ml.v1.msgpack")
    assert (await peer.ask(ask("echo", 1)))["event"] == "prediction_response"
    assert book.tokens["ann"] not in f"{peer.socket.headers}{logged()}"
    assert book.subprotocol() not in f"{peer.socket.headers}{logged()}"


BAD_SUBPROTOCOLS = {
    "unknown": [JSON, encoded("tml_unknown")],
    "not encoded": [JSON, "tornado-ml.bearer.tml_x.y~z"],
    "no base64": [JSON, "tornado-ml.bearer.!!!!"],
    "empty": [JSON, "tornado-ml.bearer."],
    "base64 of a length that there is not": [JSON, "tornado-ml.bearer.abcde"],
    "no UTF-8": [JSON, "tornado-ml.bearer._____w"],
    "CRLF": [JSON, encoded("a\r\nSet-Cookie: a=b")],
    "unicode": [JSON, encoded("𝒂é")],
    "NUL": [JSON, encoded("\0")],
    "long": [JSON, encoded("x" * 10_000)],
    "two": [JSON, "{good}", encoded("tml_unknown")],
    "the same twice": [JSON, "{good}", "{good}"],
}


@pytest.mark.parametrize("offered", BAD_SUBPROTOCOLS.values(), ids=BAD_SUBPROTOCOLS.keys())
@pytest.mark.gen_test
async def test_a_login_by_subprotocol_that_fails_closes_with_1008(
    connect: Callable[..., Any], book: Any, ask: Ask, offered: list[str], logged: Callable[[], str]
) -> None:
    peer = await connect(subprotocols=[book.subprotocol() if name == "{good}" else name for name in offered])
    await peer.send(ask("echo", 1))
    assert await peer.socket.read_message() is None, "nothing is answered"
    assert peer.socket.close_code == 1008
    peer.is_closed = True
    peer.socket.close()
    assert "Traceback" not in logged()


@pytest.mark.gen_test
async def test_a_browsers_cookie_opens_a_socket_and_a_bad_one_or_none_closes_it_with_1008(
    socket_url: str, book: Any, ask: Ask, http_port: int, shared: Shared
) -> None:
    host = {"Host": f"127.0.0.1:{http_port}", "Origin": f"http://127.0.0.1:{http_port}"}
    socket = await websocket_connect(HTTPRequest(socket_url, headers={**host, **book.cookie()}))
    await socket.write_message(json.dumps(ask("echo", 1)))
    assert "prediction_response" in str(await socket.read_message())
    socket.close()
    assert await socket.read_message() is None
    for cookie in ({"Cookie": "tornado-ml-token=tml_wrong"}, {}):
        socket = await websocket_connect(HTTPRequest(socket_url, headers={**host, **cookie}))
        assert await socket.read_message() is None
        assert socket.close_code == 1008
        socket.close()
    assert shared.backend.metrics.values()[declarations.ERRORS] == {("handshake", "UNAUTHORIZED"): 2}


@pytest.mark.gen_test
async def test_a_program_without_a_token_is_refused_before_the_upgrade(socket_url: str) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await websocket_connect(socket_url)
    assert refused.value.code == 401


@pytest.mark.gen_test
async def test_on_a_socket_each_model_takes_its_right(connect: Callable[..., Any], ask: Ask, book: Any) -> None:
    book.add("bob", "predict:slow")
    peer = await connect(subprotocols=[JSON, book.subprotocol("bob")])
    for event, data in (
        ("prediction_request", {"model_qualified_name": "echo", "input_data": 1}),
        ("session_open", {"model_qualified_name": "counter"}),
        ("subscribe", {"model_qualified_name": "echo", "source": "pushed"}),
    ):
        answer = await peer.ask({"event": event, "id": event, "data": data})
        assert (answer["id"], answer["data"]["code"]) == (event, "FORBIDDEN")
    assert (await peer.ask(ask("slow", {"seconds": 0})))["event"] == "prediction_response"
    assert (await peer.ask({"event": "subscribe", "data": {"topic": "models"}}))["event"] == "subscribed"


@pytest.mark.gen_test
async def test_a_session_token_is_good_for_who_it_was_given_to_alone(connect: Callable[..., Any], book: Any) -> None:
    book.add("bob", "predict:*")
    first = await connect(subprotocols=[JSON, book.subprotocol("ann")])
    welcome = (await first.ask({"event": "hello", "data": {}}))["data"]
    resume = {"session_token": welcome["session_token"], "epoch": welcome["epoch"], "last_seq": 0}
    thief = await connect(subprotocols=[JSON, book.subprotocol("bob")])
    assert not (await thief.ask({"event": "hello", "data": resume}))["data"]["resumed"]
    assert (await first.ask({"event": "ping", "data": {}}))["event"] == "pong", "it goes on undisturbed"
    second = await connect(subprotocols=[JSON, book.subprotocol("ann")])
    assert (await second.ask({"event": "hello", "data": resume}))["data"]["resumed"]
    assert await first.closed() == 4001
