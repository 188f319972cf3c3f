"""The page and its files: where they are, how they are cached, and that nothing else can be had."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tornado_ml.page.files import Edition
from tornado_ml.resources import web_directory
from tornado_ml.server.base import Shared
from tornado_ml.server.ui import OF_DOCUMENTS, file_patterns

Fetch = Callable[..., Any]
PAGES = ["/", "/models/echo/metadata", "/models/echo/predict", "/models/nobody/predict", "/?x=1"]


@pytest.fixture
def fetch(http_client: AsyncHTTPClient, base_url: str) -> Fetch:
    async def fetch(path: str, **options: Any) -> HTTPResponse:
        return await http_client.fetch(base_url + path, raise_error=False, **options)

    return fetch


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.gen_test
async def test_the_page_stands_at_each_of_its_addresses(fetch: Fetch, path: str) -> None:
    response = await fetch(path)
    assert response.code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert re.search(rb"<title>.*tornado-ml</title>", response.body)


@pytest.mark.gen_test
async def test_an_address_that_leads_nowhere_is_shown_on_the_page_to_who_wants_a_page(fetch: Fetch) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/nowhere", "/models/echo/nowhere", "/models"):
        response = await fetch(path, headers=browser)
        assert (response.code, response.body) == (404, (await fetch("/")).body)
    for path, options in (
        ("/nowhere", {}),
        ("/api/nowhere", {"headers": browser}),
        ("/nowhere", {"headers": browser, "method": "POST", "body": ""}),
    ):
        response = await fetch(path, **options)
        assert (response.code, json.loads(response.body)["code"]) == (404, "NOT_FOUND")


@pytest.mark.gen_test
async def test_the_pages_of_a_model_name_it_before_any_script_has_run(fetch: Fetch) -> None:
    for tab in ("predict", "metadata"):
        body = (await fetch(f"/models/echo/{tab}")).body.decode()
        assert "<h1" in body
        assert f" · {tab.capitalize()} · tornado-ml</title>" in body
    assert (await fetch("/models/nobody/predict")).body == (await fetch("/")).body


@pytest.mark.gen_test
async def test_nobody_else_waits_while_the_page_is_read(
    fetch: Fetch, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_asked, may_read = threading.Event(), threading.Event()
    read = shared.page.current

    def read_slowly() -> Edition:
        is_asked.set()
        may_read.wait(10)
        return read()

    monkeypatch.setattr(shared.page, "current", read_slowly)
    page = asyncio.ensure_future(fetch("/"))
    await asyncio.to_thread(is_asked.wait, 10)
    assert (await fetch("/health/live")).code == 200
    assert not page.done()
    may_read.set()
    assert (await page).code == 200


ASSET = re.compile(rb'"(/page/\w+/([^"]+))"')


@pytest.mark.gen_test
async def test_what_the_page_asks_for_is_kept_for_good(fetch: Fetch) -> None:
    found = ASSET.findall((await fetch("/")).body)
    assert {path for _, path in found} == {b"js/main.js"}
    for address, _ in found:
        response = await fetch(address.decode())
        assert response.code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.gen_test
async def test_a_page_of_another_version_gets_the_present_files_and_keeps_them_not(fetch: Fetch) -> None:
    ((present, _), *_) = ASSET.findall((await fetch("/")).body)
    for path in ("js/main.js", "css/base.css"):
        address = present.decode().replace("js/main.js", path)
        known, other = await fetch(address), await fetch(f"/page/0123456789abcdef/{path}")
        assert (other.code, other.body) == (200, known.body)
        assert other.headers["Cache-Control"] == "no-cache"


@pytest.mark.gen_test
async def test_a_script_that_is_kept_comes_without_what_says_nothing_of_scripts(fetch: Fetch) -> None:
    ((address, _), *_) = ASSET.findall((await fetch("/")).body)
    headers = (await fetch(address.decode())).headers
    assert (headers["X-Content-Type-Options"], headers["Cross-Origin-Resource-Policy"]) == ("nosniff", "same-origin")
    assert not set(headers).intersection(OF_DOCUMENTS)
    for other in ("main.js", "nothing.js"), ("js/main.js", "favicon.svg"):
        assert set(OF_DOCUMENTS) <= set((await fetch(address.decode().replace(*other))).headers)


@pytest.mark.parametrize(
    ("path", "documents"),
    [
        ("/", ["/api/models", "/api/plugins"]),
        ("/models/echo/predict", ["/api/models", "/api/models/echo/metadata"]),
        ("/models/%3E%22a+b/metadata", ["/api/models", "/api/models/%3E%22a%2Bb/metadata"]),
    ],
)
@pytest.mark.gen_test
async def test_the_documents_that_the_page_will_ask_for_are_named_beforehand(
    fetch: Fetch, path: str, documents: list[str]
) -> None:
    links = (await fetch(path)).headers["Link"].split(", ")
    named = [link for link in links if "; as=fetch" in link]
    assert named == [f"<{document}>; rel=preload; as=fetch; crossorigin" for document in documents]


@pytest.mark.gen_test
async def test_what_shows_the_list_comes_with_its_page(fetch: Fetch) -> None:
    links = (await fetch("/")).headers["Link"].split(", ")
    (address,) = re.findall(r"<(.+)>; rel=modulepreload", ", ".join(links[2:]))
    assert b"Search the models" in (await fetch(address)).body
    assert "modulepreload" not in (await fetch("/models/echo/predict")).headers["Link"]


@pytest.mark.parametrize(
    "path", ["/models", "/models/", "/models/echo", "/models/echo/", "/models//predict", "/models/a/b/predict", "/x"]
)
@pytest.mark.gen_test
async def test_it_stands_nowhere_else(fetch: Fetch, path: str) -> None:
    assert (await fetch(path)).code == 404


@pytest.mark.gen_test
async def test_head_says_what_get_would_without_the_body(fetch: Fetch) -> None:
    for path in ("/", "/models/echo/predict", "/js/main.js"):
        got, asked = await fetch(path), await fetch(path, method="HEAD")
        assert (asked.code, asked.body) == (200, b"")
        for name in ("Content-Length", "Content-Type", "Etag", "Cache-Control", "Last-Modified"):
            assert asked.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("/js/main.js", "text/javascript"), ("/css/base.css", "text/css"), ("/favicon.svg", "image/svg+xml")],
)
@pytest.mark.gen_test
async def test_each_file_says_what_it_is(fetch: Fetch, path: str, content_type: str) -> None:
    response = await fetch(path)
    assert response.code == 200
    assert response.headers["Content-Type"].partition(";")[0] == content_type
    assert response.body == (web_directory() / path[1:]).read_bytes()


@pytest.mark.parametrize("path", ["/", "/models/echo/predict", "/js/main.js", "/css/base.css"])
@pytest.mark.gen_test
async def test_a_browser_asks_each_time_and_is_told_when_nothing_has_changed(fetch: Fetch, path: str) -> None:
    first = await fetch(path)
    assert first.headers["Cache-Control"] == "no-cache"
    for headers in (
        {"If-None-Match": first.headers["Etag"]},
        {"If-None-Match": f'"other", W/{first.headers["Etag"]}'},
        *([{"If-Modified-Since": first.headers["Last-Modified"]}] if "Last-Modified" in first.headers else []),
    ):
        again = await fetch(path, headers=headers)
        assert (again.code, again.body) == (304, b"")
        assert again.headers["Etag"] == first.headers["Etag"]
    assert ("Last-Modified" in first.headers) is not path.startswith("/models/")  # these tell how a model is just now
    changed = await fetch(path, headers={"If-None-Match": '"another"'})
    assert (changed.code, changed.body) == (200, first.body)


TRAVERSAL = [
    "/js/../../settings.toml",
    "/js/../../tornado_ml/errors.py",
    "/js/%2e%2e/%2e%2e/settings.toml",
    "/js/..%2f..%2fsettings.toml",
    "/js/..%5c..%5csettings.toml",
    "/js//etc/passwd",
    "/js/%2fetc%2fpasswd",
    "/js/main.js%00",
    "/js/%00",
    "/js/%ff",
    "/js/" + "x" * 5000,
    "/js/",
    "/js",
    "/js/client",
    "/css/",
    "/../settings.toml",
    "/settings.toml",
    "/__init__.py",
    "/page/x/../settings.toml",
    "/page/x/..%2f..%2fsettings.toml",
    "/page/x/__init__.py",
    "/page/x/",
    "/page/js/main.js",
]


async def ask_raw(port: int, path: str) -> bytes:
    """The answer to a path exactly as it is written, which a client would put in order first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize("path", TRAVERSAL)
@pytest.mark.gen_test
async def test_no_path_leads_out_of_the_pages_files(
    http_server: Any, http_port: int, path: str, logged: Callable[[], str]
) -> None:
    answer = await ask_raw(http_port, path)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'"NOT_FOUND"' in answer
    assert "failed" not in logged()


@pytest.mark.gen_test
async def test_only_reading_is_allowed(fetch: Fetch) -> None:
    for path in ("/", "/js/main.js"):
        response = await fetch(path, method="POST", body=b"x" * 100_000)
        assert (response.code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_the_addresses_of_files_are_those_of_the_folders_and_the_files_beside_the_page(tmp_path: Path) -> None:
    for name in ("index.html", "icon.svg", "robots.txt", "notes.md", ".hidden.svg", "_draft.svg"):
        (tmp_path / name).touch()
    for name in ("js", "css", "__pycache__", ".git"):
        (tmp_path / name).mkdir()
    assert file_patterns(tmp_path) == ["/(css/.+)", "/(js/.+)", "/(icon[.]svg)", "/(robots[.]txt)"]


@pytest.mark.settings('[server]\nallowed_origins = ["https://app.example.org"]')
@pytest.mark.gen_test
async def test_a_page_of_an_allowed_origin_may_import_the_client_and_a_cache_keeps_it_apart(fetch: Fetch) -> None:
    for headers, allowed in (({"Origin": "https://app.example.org"}, "https://app.example.org"), ({}, None)):
        response = await fetch("/js/client/index.js", headers=headers)
        assert response.code == 200
        assert response.headers["Content-Type"].startswith("text/javascript")
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert response.headers["Cross-Origin-Resource-Policy"] == ("cross-origin" if allowed else "same-origin")
        assert "Origin" in response.headers.get_list("Vary")
        known = {**headers, "If-None-Match": response.headers["Etag"]}
        unchanged = await fetch("/js/client/index.js", headers=known)
        assert unchanged.code == 304
        assert unchanged.headers.get("Access-Control-Allow-Origin") == allowed
    assert (await fetch("/js/client/index.js", headers={"Origin": "https://evil.example"})).code == 403
