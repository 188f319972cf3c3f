"""REST through a real server: its documents, and the one error document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from tornado_ml.models.schema import Validator, declare
from tornado_ml.protocol import documents
from tornado_ml.protocol.payloads import ErrorData
from tornado_ml.server.base import SECURITY_HEADERS, Shared
from tornado_ml.server.ui import PAGE_HEADERS

Fetch = Callable[..., Any]


@pytest.fixture
def fetch(http_client: AsyncHTTPClient, base_url: str) -> Fetch:
    async def fetch(path: str, **options: Any) -> HTTPResponse:
        return await http_client.fetch(base_url + path, raise_error=False, **options)

    return fetch


def post(body: Any, content_type: str | None = "application/json", **headers: str) -> dict[str, Any]:
    if content_type is not None:
        headers["Content-Type"] = content_type
    return {
        "method": "POST",
        "body": body if isinstance(body, str | bytes) else json.dumps(body),
        "headers": headers,
    }


def fits(schema: Any, document: Any) -> bool:
    return Validator(declare(schema, direction="output").json_schema).faults(document) == []


@pytest.mark.gen_test
async def test_the_list_has_an_entry_a_name_of_its_newest_ready_version(fetch: Fetch) -> None:
    document = json.loads((await fetch("/api/models")).body)
    assert fits(documents.ModelsDocument, document)
    entries = {entry["qualified_name"]: entry for entry in document["models"]}
    assert list(entries) == sorted(entries) == ["adder", "broken", "counter", "echo", "slow", "unloadable"]
    assert entries["echo"] == {
        "qualified_name": "echo",
        "display_name": "Echo",
        "description": "Answers with its input.",
        "major_version": 2,
        "minor_version": 0,
        "state": "ready",
        "versions": [{"model_version": version, "state": "ready"} for version in ("2.0", "1.2", "1.0")],
    }
    assert entries["unloadable"]["versions"] == [
        {"model_version": "1.0", "state": "failed", "reason": "OSError: the parameters are not there"}
    ]


@pytest.mark.gen_test
async def test_metadata_is_the_entry_with_schemas_examples_capabilities_and_limits(fetch: Fetch) -> None:
    document = json.loads((await fetch("/api/models/slow/metadata")).body)
    assert fits(documents.MetadataDocument, document)
    assert document["input_schema"]["properties"]["seconds"]["maximum"] == 10
    assert document["input_schema"]["properties"]["seconds"]["x-unit"] == "s"
    assert document["capabilities"]["sources"] == []
    assert document["limits"] == {"max_message_bytes": 65536}
    echo = json.loads((await fetch("/api/models/echo/metadata?model_version=1")).body)
    assert (echo["major_version"], echo["minor_version"]) == (1, 2)
    assert echo["examples"] == ["hello", 1.5, None, {"a": [1, 2]}]
    assert [source["name"] for source in echo["capabilities"]["sources"]] == ["countdown", "pushed", "ticks"]


@pytest.mark.gen_test
async def test_metadata_says_what_a_model_can_do_besides(fetch: Fetch) -> None:
    streaming = json.loads((await fetch("/api/models/counter/metadata")).body)
    remembering = json.loads((await fetch("/api/models/adder/metadata")).body)
    assert fits(documents.MetadataDocument, streaming)
    assert fits(documents.MetadataDocument, remembering)
    assert streaming["capabilities"] == {"batch": False, "stream": True, "session": False, "sources": []}
    assert streaming["partial_schema"]["type"] == "integer"
    assert "session_schema" not in streaming
    assert remembering["capabilities"] == {"batch": False, "stream": False, "session": True, "sources": []}
    assert "start" in remembering["session_schema"]["properties"]
    assert "partial_schema" not in remembering


@pytest.mark.gen_test
async def test_metadata_of_an_unknown_model_is_exactly_the_originals_error(fetch: Fetch) -> None:
    for path in (
        "/api/models/nobody/metadata",
        "/api/models/%2e%2e%2fx/metadata",
        "/api/models/echo/metadata?model_version=7",
    ):
        response = await fetch(path)
        assert response.code == 404
        assert json.loads(response.body) == {
            "type": "ERROR",
            "message": "Model not found.",
            "code": "MODEL_NOT_FOUND",
        }


@pytest.mark.parametrize("data", [None, True, 0, "text", [], [1, {"a": None}], {"a": 1}])
@pytest.mark.gen_test
async def test_any_json_value_may_be_an_input(fetch: Fetch, data: Any) -> None:
    response = await fetch("/api/models/echo/predictions", **post(json.dumps(data)))
    document = json.loads(response.body)
    assert response.code == 200
    assert fits(documents.PredictionDocument, document)
    assert (document["model_qualified_name"], document["prediction"]) == ("echo", data)
    assert document["meta"]["model_version"] == "2.0"


@pytest.mark.gen_test
async def test_the_version_asked_for_answers(fetch: Fetch) -> None:
    response = await fetch("/api/models/echo/predictions?model_version=1.0", **post(1))
    assert json.loads(response.body)["meta"]["model_version"] == "1.0"


ERRORS = [
    ("echo", post(""), 400, "BAD_FRAME"),
    ("echo", post("{"), 400, "BAD_FRAME"),
    ("echo", post("NaN"), 400, "BAD_FRAME"),
    ("echo", post("[" * 65 + "]" * 65), 400, "BAD_FRAME"),
    ("echo", post(b"\xff"), 400, "BAD_FRAME"),
    ("echo?model_version=x", post("1"), 400, "BAD_ENVELOPE"),
    ("echo?model_version=1&model_version=2", post("1"), 400, "BAD_ENVELOPE"),
    ("echo?verison=1", post("1"), 400, "BAD_ENVELOPE"),
    ("echo?deadline_ms=soon", post("1"), 400, "BAD_ENVELOPE"),
    ("echo", post('"' + "x" * 65_535 + '"'), 413, "BODY_TOO_LARGE"),
    ("echo", post("1", content_type="text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    ("echo", post("a=1", content_type="application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    ("broken", post({}), 422, "INVALID_INPUT"),
    ("broken", post([]), 422, "INVALID_INPUT"),
    ("broken", post({"how": "raise MLModelSchemaValidationException"}), 422, "INVALID_INPUT"),
    ("broken", post({"how": "return NaN"}), 500, "INVALID_OUTPUT"),
    ("broken", post({"how": "return text"}), 500, "INVALID_OUTPUT"),
    ("nobody", post("1"), 404, "MODEL_NOT_FOUND"),
    ("echo?model_version=3", post("1"), 404, "MODEL_NOT_FOUND"),
    ("unloadable", post("1"), 503, "MODEL_NOT_READY"),
    ("broken", post({"how": "raise"}), 500, "INTERNAL"),
    ("broken", post({"how": "exit"}), 500, "INTERNAL"),
    ("broken", post({"how": "return well"}, Host="evil.com", Origin="http://evil.com"), 403, "FORBIDDEN"),
    ("broken", post({"how": "return well"}, Origin="http://evil.com"), 403, "FORBIDDEN"),
    ("broken", post({"how": "return well"}, Origin="null"), 403, "FORBIDDEN"),
]


@pytest.mark.parametrize(("target", "options", "status", "code"), ERRORS)
@pytest.mark.gen_test
async def test_each_error_is_named_and_the_next_request_is_answered(
    fetch: Fetch, target: str, options: dict[str, Any], status: int, code: str
) -> None:
    model, _, query = target.partition("?")
    response = await fetch(f"/api/models/{model}/predictions?{query}", **options)
    document = json.loads(response.body)
    assert (response.code, document["code"]) == (status, code)
    assert fits(ErrorData, document)
    assert "4711" not in str(document), "the cause is for the log alone"
    assert ("X-Request-ID" in response.headers) == (status == 500), "which the log names the cause by"
    assert (await fetch("/api/models/echo/predictions", **post(1))).code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "NOT_FOUND"),
        ("POST", "/api/nothing", 404, "NOT_FOUND"),
        ("GET", "/js/../../settings.toml", 404, "NOT_FOUND"),
        ("GET", "/js/%2e%2e/%2e%2e/settings.toml", 404, "NOT_FOUND"),
        ("GET", "/js/nothing.js", 404, "NOT_FOUND"),
        ("POST", "/api/models", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/api/models/echo/metadata", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/models/echo/predictions", 405, "METHOD_NOT_ALLOWED"),
        ("HEAD", "/api/models/echo/predictions", 405, ""),
        ("PUT", "/", 405, "METHOD_NOT_ALLOWED"),
        ("BREW", "/api/models", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/ws", 400, "BAD_FRAME"),
    ],
)
@pytest.mark.gen_test
async def test_an_address_or_method_that_is_not_there_is_told_so(
    fetch: Fetch, method: str, path: str, status: int, code: str
) -> None:
    body = b"" if method in {"POST", "PUT"} else None
    response = await fetch(path, method=method, body=body, allow_nonstandard_methods=True)
    assert response.code == status
    if code:
        assert json.loads(response.body)["code"] == code
    if status == 405:
        assert response.headers["Allow"]
        assert method not in response.headers["Allow"].split(", ")


@pytest.mark.parametrize(
    "path", ["/", "/api/models", "/api/nothing", "/js/main.js", "/js/nothing.js", "/health/live", "/api/openapi.json"]
)
@pytest.mark.gen_test
async def test_every_answer_carries_the_security_headers(fetch: Fetch, path: str) -> None:
    response = await fetch(path)
    expected = SECURITY_HEADERS | (PAGE_HEADERS if path == "/" else {})
    (policy,) = response.headers.get_list("Content-Security-Policy")
    for name, value in expected.items():
        if name != "Content-Security-Policy":
            assert response.headers.get_list(name) == [value]
    # The page's document brings its styles and its first lines of script along, and names their hashes.
    source = r"'self' 'sha256-[A-Za-z0-9+/]{43}='"
    brought = f"; script-src {source}; style-src {source}" if path == "/" else ""
    assert re.fullmatch(re.escape(expected["Content-Security-Policy"]) + brought, policy)
    assert policy.startswith("default-src 'self'; ")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.gen_test
async def test_a_refused_host_is_refused_whatever_the_method(fetch: Fetch) -> None:
    for method, path in (("GET", "/"), ("BREW", "/"), ("GET", "/js/main.js"), ("GET", "/nothing")):
        response = await fetch(path, method=method, headers={"Host": "evil.com"}, allow_nonstandard_methods=True)
        assert (response.code, json.loads(response.body)["code"]) == (403, "FORBIDDEN")
    assert (await fetch("/health/live", headers={"Host": "evil.com", "Origin": "http://evil.com"})).code == 200


@pytest.mark.settings('[server]\nallowed_origins = ["https://app.example.org"]')
@pytest.mark.gen_test
async def test_a_page_of_an_allowed_origin_may_read_the_answer(fetch: Fetch) -> None:
    origin = {"Origin": "https://app.example.org"}
    preflight = await fetch("/api/models/echo/predictions", method="OPTIONS", headers=origin)
    assert preflight.code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == "Content-Type"
    answer = await fetch("/api/models/echo/predictions", **post(1, **origin))
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Origin" not in (await fetch("/api/models")).headers


@pytest.mark.gen_test
async def test_head_is_answered_like_get_without_a_body(fetch: Fetch) -> None:
    for path in ("/api/models", "/health/live", "/", "/js/main.js"):
        response = await fetch(path, method="HEAD")
        assert (response.code, response.body) == (200, b"")


@pytest.mark.gen_test
async def test_plugins_are_listed_with_what_they_brought(fetch: Fetch) -> None:
    document = json.loads((await fetch("/api/plugins")).body)
    assert fits(documents.PluginsDocument, document)
    listed = {plugin["name"]: plugin for plugin in document["plugins"]}
    none: dict[str, list[str]] = {"widgets": [], "observers": [], "authenticators": []}
    assert listed["echo"]["registered"] == {"models": ["echo"], "sources": [], **none}
    assert listed["ticking"]["registered"] == {
        "models": [],
        "sources": ["echo/countdown", "echo/pushed", "echo/ticks"],
        **none,
    }
    assert listed["echo"]["origin"] == "directory"
    assert listed["broken"]["registered"] == {"models": ["broken", "unloadable"], "sources": [], **none}


@pytest.mark.settings('[server]\nallowed_origins = ["https://app.example.org"]')
@pytest.mark.gen_test
async def test_the_traceback_of_a_failed_plugin_is_for_the_same_machine(fetch: Fetch, shared: Shared) -> None:
    reason = "ValueError: its model is no model"
    echo = next(plugin for plugin in shared.plugins.plugins if plugin.name == "echo")
    shared.plugins.fail(echo.key, reason, ValueError("its model is no model"))
    here = json.loads((await fetch("/api/plugins")).body)
    assert fits(documents.PluginsDocument, here)
    (seen_here,) = [plugin for plugin in here["plugins"] if plugin["state"] == "failed"]
    assert (seen_here["reason"], seen_here.pop("traceback")) == (reason, reason)
    for headers in ({"X-Forwarded-For": "192.0.2.1"}, {"Origin": "https://app.example.org"}):
        elsewhere = json.loads((await fetch("/api/plugins", headers=headers)).body)
        assert [plugin for plugin in elsewhere["plugins"] if plugin["state"] == "failed"] == [seen_here]


@pytest.mark.gen_test
async def test_a_body_that_is_far_too_large_is_answered_too(fetch: Fetch) -> None:
    response = await fetch("/api/models/echo/predictions", **post("x" * 5_000_000))
    assert (response.code, json.loads(response.body)["code"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.gen_test
async def test_a_streamed_body_that_is_too_large_is_answered_too(fetch: Fetch) -> None:
    async def produce(write: Callable[[bytes], Any]) -> None:
        for _ in range(20):
            await write(b"x" * 10_000)

    headers = {"Content-Type": "application/json"}
    response = await fetch("/api/models/echo/predictions", method="POST", body_producer=produce, headers=headers)
    assert (response.code, json.loads(response.body)["code"]) == (413, "BODY_TOO_LARGE")
