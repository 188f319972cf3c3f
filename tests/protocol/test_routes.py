"""The declared routes: what they match, and the HTTP status of each error."""

from __future__ import annotations

import re

import pytest

from tornado_ml.protocol.catalogue import error_classes
from tornado_ml.protocol.routes import GET_METADATA, HTTP_STATUS, PREDICT, ROUTES, SUBSCRIBE, QueryParameter, methods_of

STATUS = {
    400: {"BAD_FRAME", "BAD_ENVELOPE", "UNKNOWN_EVENT"},
    401: {"UNAUTHORIZED"},
    403: {"FORBIDDEN"},
    404: {"MODEL_NOT_FOUND", "NOT_FOUND"},
    405: {"METHOD_NOT_ALLOWED"},
    409: {"DUPLICATE_ID", "SUPERSEDED"},
    413: {"BODY_TOO_LARGE"},
    415: {"UNSUPPORTED_MEDIA_TYPE"},
    422: {"INVALID_INPUT"},
    429: {"RATE_LIMITED"},
    499: {"CANCELLED"},
    500: {"INVALID_OUTPUT", "MODEL_CRASHED", "INTERNAL"},
    503: {"MODEL_NOT_READY", "OVERLOADED", "SHUTTING_DOWN"},
    504: {"DEADLINE_EXCEEDED"},
}


def test_every_error_has_the_status_of_the_contract() -> None:
    assert set(HTTP_STATUS) == set(error_classes())
    assert {status: {e.code for e in HTTP_STATUS if HTTP_STATUS[e] == status} for status in STATUS} == STATUS
    assert set(HTTP_STATUS.values()) == set(STATUS)


def test_no_two_routes_have_the_same_name_or_the_same_method_of_a_path() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("name", ["echo", "iris_model", "a.b-c", "x" * 128, "%2e%2e"])
def test_a_pattern_takes_one_segment_for_a_parameter(name: str) -> None:
    match = re.fullmatch(GET_METADATA.pattern, f"/api/models/{name}/metadata")
    assert match is not None
    assert match.groups() == (name,)
    assert GET_METADATA.path_parameters == ["qualified_name"]


@pytest.mark.parametrize(
    "path",
    ["/api/models//metadata", "/api/models/a/b/metadata", "/api/models/a/metadata/", "/x/api/models/a/metadata"],
)
def test_a_pattern_takes_nothing_more_and_nothing_less(path: str) -> None:
    assert re.fullmatch(GET_METADATA.pattern, path) is None


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/models", ["GET", "HEAD"]),
        ("/api/models/echo/metadata", ["GET", "HEAD"]),
        ("/api/models/echo/predictions", ["POST"]),
        ("/api/models/echo/reload", ["POST"]),
        ("/api/models/echo/subscriptions/ticks", ["GET", "HEAD"]),
        ("/health/live", ["GET", "HEAD"]),
        ("/api/nothing", []),
        ("/", []),
    ],
)
def test_the_methods_of_an_address_are_those_declared_for_it(path: str, methods: list[str]) -> None:
    assert methods_of(path) == methods


def parameter(name: str) -> QueryParameter:
    return next(query for query in (*PREDICT.query, *SUBSCRIBE.query) if query.name == name)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("model_version", ["1", "1.2", "0", "0.0", "123456789.1"], ["", "v1", "1.", ".1", "1.2.3", "-1", "1e3", "١"]),
        (
            "deadline_ms",
            ["1", "500", "0.5", "86400000"],
            ["", "-1", "1e3", "NaN", "inf", "1,5", ".5", "123456789", "١"],
        ),
        ("policy", ["latest", "buffer"], ["", "newest", "Latest", "latest,buffer"]),
        (
            "max_rate_hz",
            ["1", "0.5", "0.000001", "999.999999", "1000"],
            ["", "0", "0.0", "000.000", "-1", "1001", "1000.5", "1e2", "NaN", "inf", ".5", "5.", "١"],
        ),
    ],
)
def test_a_query_parameter_looks_as_declared(name: str, good: list[str], bad: list[str]) -> None:
    pattern = re.compile(parameter(name).pattern)
    assert [text for text in good if not pattern.fullmatch(text)] == []
    assert [text for text in bad if pattern.fullmatch(text)] == []


def test_the_example_of_a_query_parameter_is_one() -> None:
    for route in ROUTES:
        for query in route.query:
            for example in query.example.split(" or "):
                assert re.fullmatch(query.pattern, example)
