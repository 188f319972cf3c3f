"""What is said of the wire is valid, complete, and what the service does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tornado.httpclient import AsyncHTTPClient

from tornado_ml.models.validator import Validator
from tornado_ml.protocol import messages
from tornado_ml.protocol.catalogue import asyncapi, browser_constants, error_classes, openapi
from tornado_ml.protocol.routes import ROUTES


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def target(document: Any, reference: str) -> Any:
    for key in reference.removeprefix("#/").split("/"):
        document = document[key]
    return document


def standalone(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """One schema of a description, with those it refers to."""
    return schema | {"components": {"schemas": document["components"]["schemas"]}}


def test_the_openapi_document_is_valid() -> None:
    assert list(OpenAPIV31SpecValidator(openapi()).iter_errors()) == []


def test_each_route_is_described_with_what_it_may_answer() -> None:
    paths = openapi()["paths"]
    for route in ROUTES:
        operation = paths[route.path][route.method.lower()]
        assert operation["operationId"] == route.name
        assert "200" in operation["responses"]
        assert "500" in operation["responses"]
        assert ("403" in operation["responses"]) == route.is_guarded


@pytest.mark.parametrize("document", [openapi(), asyncapi()], ids=["openapi", "asyncapi"])
def test_each_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        assert target(document, reference)


def test_the_asyncapi_document_describes_each_event_from_the_services_side() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert document["channels"]["socket"]["address"] == "/ws"
    actions = {name: operation["action"] for name, operation in document["operations"].items()}
    assert actions == {event.name: "receive" if event.sender == "client" else "send" for event in messages.EVENTS}


def test_the_asyncapi_schema_of_a_request_takes_a_request_and_refuses_another_key() -> None:
    document = asyncapi()
    payload = document["components"]["messages"]["prediction_request"]["payload"]
    validator = Validator(standalone(document, payload))
    request = {"event": "prediction_request", "data": {"model_qualified_name": "m", "input_data": None}}
    assert validator.faults(request) == []
    assert validator.faults(request | {"id": "1", "meta": {"replaces": "0", "deadline_ms": 1}}) == []
    assert validator.faults(request | {"seq": 1}) != []
    assert validator.faults(request | {"meta": {"replaces": True}}) != []


def test_the_page_is_given_every_event_code_and_subprotocol() -> None:
    text = browser_constants()
    constants = {
        name: json.loads(value)
        for name, value in re.findall(r"export const (\w+) = (?:Object\.freeze\()?(.+?)\)?;\n", text, re.DOTALL)
    }
    assert constants["SUBPROTOCOL_JSON"] == messages.SUBPROTOCOL_JSON
    assert set(constants["EVENTS"].values()) == {event.name for event in messages.EVENTS}
    assert set(constants["ERROR_CODES"]) == {error.code for error in error_classes()}
    assert constants["CLOSE_CODES"]["TRY_AGAIN_LATER"] == 1013


@pytest.mark.gen_test
async def test_what_the_service_answers_fits_its_description(http_client: AsyncHTTPClient, base_url: str) -> None:
    description = json.loads((await http_client.fetch(f"{base_url}/api/openapi.json")).body)
    assert description == json.loads(json.dumps(openapi()))
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            for name in ("echo", "unloadable", "nobody"):
                response = await http_client.fetch(
                    base_url + path.replace("{qualified_name}", name),
                    method=method.upper(),
                    body="1" if method == "post" else None,
                    raise_error=False,
                )
                described = operation["responses"][str(response.code)]["content"]["application/json"]["schema"]
                assert Validator(standalone(description, described)).faults(json.loads(response.body)) == []
