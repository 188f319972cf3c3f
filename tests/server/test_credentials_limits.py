"""What a token may take on all its connections, and strangers who do not have one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from tornado_ml.metrics import declarations
from tornado_ml.server.base import Shared

Connect = Callable[..., Any]
JSON = "tornado-ml.v1.json"


@pytest.fixture
def settings_text(settings_text: str, book: Any) -> str:
    return f"{settings_text}\n{book.settings_text}"


@pytest.mark.settings("[limits_per_token]\nrequests_per_s = 0.01\nconnections = 1")
@pytest.mark.gen_test
async def test_a_token_has_its_share_on_all_its_connections_and_strangers_do_not_use_up_each_others(
    connect: Connect, http_client: Any, base_url: str, book: Any
) -> None:
    book.add("bob", "predict:*")
    for token in ["tml_wrong", "tml_wrong", "tml_wrong", book.tokens["ann"]]:
        login = {"body": json.dumps({"token": token}), "headers": {"Content-Type": "application/json"}}
        answer = await http_client.fetch(f"{base_url}/api/login", method="POST", raise_error=False, **login)
        assert answer.code == (401 if token == "tml_wrong" else 200)
    await connect(subprotocols=[JSON, book.subprotocol()])
    with pytest.raises(HTTPClientError) as caught:
        await connect(subprotocols=[JSON, book.subprotocol()])
    assert caught.value.code == 429
    assert b"Too many connections are open with this token." in caught.value.response.body
    await connect(subprotocols=[JSON, book.subprotocol("bob")])


@pytest.mark.settings("[limits_per_address]\nrequests_per_s = 0.001\nburst_s = 2000")
@pytest.mark.gen_test
async def test_an_address_that_guesses_tokens_is_refused_for_a_while_wherever_it_shows_them(
    connect: Connect, http_client: Any, base_url: str, book: Any, shared: Shared
) -> None:
    async def status(path: str, token: str = "tml_wrong") -> int:
        headers = {"Authorization": f"Bearer {token}"}
        response = await http_client.fetch(base_url + path, headers=headers, raise_error=False)
        return int(response.code)

    assert [await status("/api/models") for _ in range(5)] == [401, 401, 401, 429, 429]
    assert await status("/ws") == await status("/metrics", book.tokens["ann"]) == 429
    with pytest.raises(HTTPClientError) as caught:
        await connect(subprotocols=[JSON, book.subprotocol()])
    assert caught.value.code == 429
    assert await status("/", book.tokens["ann"]) == await status("/health/ready") == 200
    assert shared.backend.metrics.values()[declarations.LIMITED] == {("address", "requests_per_s"): 6}
