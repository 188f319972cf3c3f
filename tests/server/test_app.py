"""The URL map: every declared route is bound, and nothing is bound that is not declared."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.web import Application, RequestHandler

from tornado_ml.errors import OperatorError
from tornado_ml.protocol.routes import ROUTES
from tornado_ml.server.app import make_tracer
from tornado_ml.server.base import SECURITY_HEADERS, DocumentHandler, GuardedHandler, Shared
from tornado_ml.server.health import LiveHandler, ReadyHandler
from tornado_ml.server.websocket import SocketHandler


def bound(app: Application) -> dict[str, Any]:
    """Handler classes by the patterns they are bound to."""
    (rules,) = (rule.target for rule in app.default_router.rules if rule.target is app.wildcard_router)
    return {rule.matcher.regex.pattern.removesuffix("$"): rule.target for rule in rules.rules}


def methods(handler: type[RequestHandler]) -> set[str]:
    """Those that it answers by itself: Tornado's own refuse."""
    names = ("get", "post", "put", "patch", "delete")
    return {name.upper() for name in names if getattr(handler, name) is not getattr(RequestHandler, name)}


def test_every_declared_route_is_bound_to_a_handler_of_its_method(app: Application) -> None:
    handlers = bound(app)
    for route in ROUTES:
        assert route.method in methods(handlers[route.pattern]), route.name
        assert issubclass(handlers[route.pattern], DocumentHandler)


def test_every_bound_address_of_rest_is_declared(app: Application) -> None:
    declared = {route.pattern for route in ROUTES}
    rest = {pattern for pattern, handler in bound(app).items() if issubclass(handler, DocumentHandler)}
    assert rest == declared
    assert {pattern for pattern in bound(app) if pattern.startswith("/api")} <= declared


def test_a_handler_answers_no_method_that_is_not_declared_for_its_address(app: Application) -> None:
    for pattern, handler in bound(app).items():
        declared = {route.method for route in ROUTES if route.pattern == pattern}
        if declared:
            assert methods(handler) == declared


def test_every_handler_is_guarded_but_those_of_health(app: Application) -> None:
    handlers = [*bound(app).values(), app.settings["default_handler_class"]]
    assert all(issubclass(handler, GuardedHandler) for handler in handlers)
    assert {handler for handler in handlers if not handler.is_guarded} == {LiveHandler, ReadyHandler}


def test_routes_that_go_without_a_guard_are_declared_so(app: Application) -> None:
    for route in ROUTES:
        assert bound(app)[route.pattern].is_guarded is route.is_guarded


def test_no_two_patterns_take_the_same_address(app: Application) -> None:
    addresses = [re.sub(r"\(.*?\)", "x", route.pattern) for route in ROUTES] + ["/", "/ws", "/models/x/predict"]
    for address in addresses:
        assert len([pattern for pattern in bound(app) if re.fullmatch(pattern, address)]) == 1, address


def test_the_socket_is_told_the_limits_of_the_settings(app: Application, shared: Shared) -> None:
    assert bound(app)["/ws"] is SocketHandler
    assert app.settings["websocket_max_message_size"] == shared.settings.server.max_message_bytes
    assert app.settings["websocket_ping_interval"] == shared.settings.server.ping_interval_s


@pytest.mark.gen_test
async def test_the_headers_say_nothing_of_what_the_service_is_made_with(
    http_client: AsyncHTTPClient, base_url: str, logged: Callable[[], str]
) -> None:
    headers = (await http_client.fetch(base_url)).headers
    assert headers["Server"] == SECURITY_HEADERS["Server"] == "tornado-ml"


def test_traces_without_opentelemetry_are_an_operators_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("tornado_ml.inference.tracing", "tornado_ml.traces.sdk"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(OperatorError, match=r"pip install 'tornado-ml\[otel\]'$"):
        make_tracer("http://127.0.0.1:4318/v1/traces")
    assert make_tracer("") is None
