"""The routes as data: unique, bound, and each error with a status."""

from __future__ import annotations

import re

import pytest

from tornado_ml.protocol import routes
from tornado_ml.protocol.catalogue import error_classes
from tornado_ml.protocol.routes import HTTP_STATUS, ROUTES, methods_of
from tornado_ml.server.app import make_app
from tornado_ml.server.base import Shared


def test_every_error_has_an_http_status() -> None:
    assert set(HTTP_STATUS) == set(error_classes())
    assert all(400 <= status < 600 for status in HTTP_STATUS.values())


def test_each_route_has_its_own_name_and_its_own_method_and_path() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


@pytest.mark.gen_test
async def test_each_route_is_bound_to_a_handler_with_its_method(shared: Shared) -> None:
    rules = make_app(shared).wildcard_router.rules
    patterns = {rule.matcher.regex.pattern.rstrip("$"): rule.target for rule in rules if hasattr(rule.matcher, "regex")}
    for route in ROUTES:
        handler = patterns[route.pattern]
        assert getattr(handler, route.method.lower()).__qualname__ != "RequestHandler._unimplemented_method"
    bound = {pattern for pattern in patterns if pattern.startswith(("/api/", "/health/"))}
    assert bound == {route.pattern for route in ROUTES}


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/models", ["GET", "HEAD"]),
        ("/api/models/a/metadata", ["GET", "HEAD"]),
        ("/api/models/a/predictions", ["POST"]),
        ("/api/models/a/reload", ["POST"]),
        ("/api/models/a", []),
        ("/api/models/a/b/metadata", []),
        ("/", []),
    ],
)
def test_the_methods_of_an_address_are_those_of_its_routes(path: str, methods: list[str]) -> None:
    assert methods_of(path) == methods


@pytest.mark.parametrize("parameter", [routes.MODEL_VERSION, routes.DEADLINE_MS])
def test_a_parameter_looks_like_its_examples(parameter: routes.QueryParameter) -> None:
    for example in parameter.example.split(" or "):
        assert re.fullmatch(parameter.pattern, example)
    assert not re.fullmatch(parameter.pattern, "x")
