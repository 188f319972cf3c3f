"""The files of widgets: how they are served, and that nothing beside them can be had."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tornado_ml.server.base import SECURITY_HEADERS, Shared

Fetch = Callable[..., Any]


@pytest.fixture
def fetch(http_client: AsyncHTTPClient, base_url: str) -> Fetch:
    async def fetch(path: str, **options: Any) -> HTTPResponse:
        return await http_client.fetch(base_url + path, raise_error=False, **options)

    return fetch


async def widgets_of(fetch: Fetch, model: str) -> dict[str, dict[str, Any]]:
    metadata = json.loads((await fetch(f"/api/models/{model}/metadata")).body)
    return {f"{one['kind']}/{one['name']}": one for one in metadata["widgets"]}


@pytest.mark.gen_test
async def test_the_metadata_lists_them_and_their_modules_are_kept_for_good(fetch: Fetch) -> None:
    found = await widgets_of(fetch, "echo")
    assert [(name, one["whole"]) for name, one in found.items()] == [("input/dial", False), ("output/dial", False)]
    response = await fetch(found["output/dial"]["module"])
    assert response.code == 200
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert b"export function output" in response.body
    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value
    known = await fetch(found["output/dial"]["module"], headers={"If-None-Match": response.headers["Etag"]})
    assert (known.code, known.body) == (304, b"")
    assert (await fetch(found["output/dial"]["module"], method="HEAD")).code == 200


@pytest.mark.gen_test
async def test_another_version_is_answered_with_the_present_one_and_not_kept(fetch: Fetch) -> None:
    response = await fetch("/widgets/dialling/0123456789abcdef/dial.js")
    assert (response.code, response.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.gen_test
async def test_plugins_are_listed_with_their_widgets(fetch: Fetch) -> None:
    plugins = {one["name"]: one for one in json.loads((await fetch("/api/plugins")).body)["plugins"]}
    assert plugins["dialling"]["registered"]["widgets"] == ["input/dial", "output/dial"]


@pytest.mark.parametrize(
    "path",
    [
        "/widgets/nobody/x/dial.js",
        "/widgets/dialling/x/lost.js",
        "/widgets/dialling/x/..%2Fdialling.py",
        "/widgets/dialling/x/%2e%2e/dialling.py",
        "/widgets/dialling/x/%2e%2e%2f%2e%2e%2fconftest.py",
        "/widgets/dialling/x/%2Fetc%2Fpasswd",
        "/widgets/dialling/x/dial.js%00",
        "/widgets/dialling/x/",
        "/widgets/dialling/",
        "/widgets/",
    ],
)
@pytest.mark.gen_test
async def test_what_is_no_file_of_a_widget_is_not_found(fetch: Fetch, path: str) -> None:
    response = await fetch(path)
    assert (response.code, json.loads(response.body)["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["../dialling.py", "../../conftest.py", "../../../../../../../../etc/passwd"])
@pytest.mark.usefixtures("http_server")
@pytest.mark.gen_test
async def test_a_path_that_leads_out_of_the_folder_is_not_followed(http_port: int, path: str) -> None:
    # By hand: a client of HTTP would take the dots out before it asks.
    reader, writer = await asyncio.open_connection("127.0.0.1", http_port)
    writer.write(f"GET /widgets/dialling/x/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 404 ")


@pytest.mark.gen_test
async def test_a_refused_host_gets_no_widget(fetch: Fetch) -> None:
    response = await fetch("/widgets/dialling/x/dial.js", headers={"Host": "elsewhere.example"})
    assert response.code == 403


@pytest.mark.gen_test
async def test_the_widgets_of_a_plugin_go_with_it(fetch: Fetch, shared: Shared, dropins: Path) -> None:
    (plugin,) = [one for one in shared.plugins.plugins if one.location == str(dropins / "dialling.py")]
    shared.plugins.remove(plugin)
    assert await widgets_of(fetch, "echo") == {}
    assert (await fetch("/widgets/dialling/x/dial.js")).code == 404
