"""Loading and unloading models, for who may."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tornado_ml.server.base import Shared

Post = Callable[..., Any]


@pytest.fixture
def settings_text(book: Any) -> str:
    book.add("root", "admin:echo", "admin:unloadable", "admin:nobody")
    text: str = book.settings_text
    return text


@pytest.fixture
def post(http_client: AsyncHTTPClient, base_url: str) -> Post:
    async def post(path: str, **headers: str) -> tuple[int, Any]:
        response: HTTPResponse = await http_client.fetch(
            base_url + path, method="POST", body="", headers=headers, raise_error=False
        )
        return response.code, json.loads(response.body)

    return post


@pytest.mark.gen_test
async def test_a_model_is_unloaded_loaded_and_loaded_anew(post: Post, book: Any) -> None:
    root = book.headers("root")
    status, entry = await post("/api/models/echo/unload", **root)
    assert (status, entry["qualified_name"], entry["state"]) == (200, "echo", "unloading")
    assert {one["state"] for one in entry["versions"]} == {"unloading"}
    assert (await post("/api/models/echo/unload", **root))[1]["code"] == "MODEL_NOT_FOUND"
    status, entry = await post("/api/models/echo/load", **root)
    assert (status, [one["state"] for one in entry["versions"]]) == (200, ["ready"] * 3)
    assert await post("/api/models/echo/load", **root) == (status, entry), "what is there stays"
    assert await post("/api/models/echo/reload", **root) == (status, entry)


@pytest.mark.parametrize("act", ["load", "unload", "reload"])
@pytest.mark.gen_test
async def test_it_takes_the_right_to_that_model(post: Post, book: Any, act: str) -> None:
    assert (await post(f"/api/models/echo/{act}"))[0] == 401
    assert (await post(f"/api/models/echo/{act}", **book.headers("ann")))[0] == 403
    assert (await post(f"/api/models/slow/{act}", **book.headers("root")))[0] == 403
    assert (await post(f"/api/models/nobody/{act}", **book.headers("root")))[1]["code"] == "MODEL_NOT_FOUND"


@pytest.mark.gen_test
async def test_tracebacks_are_for_who_may_do_everything(
    http_client: AsyncHTTPClient, base_url: str, shared: Shared, book: Any
) -> None:
    book.add("boss", "admin:*")
    echo = next(plugin for plugin in shared.plugins.plugins if plugin.name == "echo")
    shared.plugins.fail(echo.key, "broken", ValueError("broken"))
    for name, sees in (("boss", True), ("root", False)):
        response = await http_client.fetch(f"{base_url}/api/plugins", headers=book.headers(name))
        assert (b'"traceback"' in response.body) == sees


@pytest.mark.gen_test
async def test_who_may_may_from_anywhere(post: Post, book: Any, base_url: str) -> None:
    handed_on = {"X-Forwarded-For": "192.0.2.1", **book.headers("root")}
    assert (await post("/api/models/echo/reload", **handed_on))[0] == 200


@pytest.mark.gen_test
async def test_one_that_still_cannot_be_loaded_is_said_with_the_reason(post: Post, book: Any) -> None:
    for act in ("load", "reload"):
        status, error = await post(f"/api/models/unloadable/{act}", **book.headers("root"))
        assert (status, error["code"]) == (503, "MODEL_NOT_READY")
        assert "the parameters are not there" in error["message"]


class TestWhereNobodyIsAsked:
    @pytest.fixture
    def settings_text(self) -> str:
        return ""

    @pytest.mark.parametrize("act", ["load", "unload", "reload"])
    @pytest.mark.gen_test
    async def test_programs_on_the_same_machine_may_and_no_others(self, post: Post, act: str, base_url: str) -> None:
        for handed_on in ("Forwarded", "X-Forwarded-For", "Via"):
            assert (await post(f"/api/models/echo/{act}", **{handed_on: "x"}))[0] == 403
        assert (await post(f"/api/models/echo/{act}", Origin=base_url))[0] == 403
        assert (await post(f"/api/models/echo/{act}"))[0] == 200


@pytest.mark.parametrize("act", ["load", "unload", "reload"])
@pytest.mark.gen_test
async def test_while_the_service_stops_nothing_is_begun(post: Post, book: Any, shared: Shared, act: str) -> None:
    shared.service.is_draining = True
    status, answer = await post(f"/api/models/echo/{act}", **book.headers("root"))
    assert (status, answer["code"]) == (503, "SHUTTING_DOWN")
    assert (await post(f"/api/models/echo/{act}"))[0] == 401
