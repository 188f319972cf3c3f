"""OpenAPI, AsyncAPI and the browser's constants: valid, complete, and true of the running service."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tornado.httpclient import AsyncHTTPClient

from tornado_ml import errors
from tornado_ml.access import ANYONE, Caller
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.connection import Connection
from tornado_ml.protocol import catalogue, events
from tornado_ml.protocol.catalogue import asyncapi, browser_constants, error_classes, openapi
from tornado_ml.protocol.routes import HTTP_STATUS, ROUTES, Route
from tornado_ml.server.base import Shared

Document = dict[str, Any]


def references(value: Any) -> Iterator[str]:
    """Every `$ref` of a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(document: Document, reference: str) -> Any:
    """What a local reference points to."""
    assert reference.startswith("#/")
    value: Any = document
    for part in reference[2:].split("/"):
        value = value[part.replace("~1", "/").replace("~0", "~")]
    return value


def faults(description: Document, schema: Document, document: Any) -> list[str]:
    """Why `document` does not fit a schema of `description`."""
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": description["components"]})
    return [error.message for error in validator.iter_errors(document)]


def test_openapi_is_valid() -> None:
    OpenAPIV31SpecValidator(openapi()).validate()


def test_openapi_describes_each_route_and_nothing_else() -> None:
    described = {(path, method) for path, methods in openapi()["paths"].items() for method in methods}
    assert described == {(route.path, route.method.lower()) for route in ROUTES}


@pytest.mark.parametrize("describe", [openapi, asyncapi])
def test_each_reference_points_to_something(describe: Callable[[], Document]) -> None:
    document = describe()
    found = list(references(document))
    assert found
    for reference in found:
        assert resolve(document, reference)


@pytest.mark.parametrize("describe", [openapi, asyncapi])
def test_each_schema_that_is_kept_is_used(describe: Callable[[], Document]) -> None:
    document = describe()
    used = set(references(document))
    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} <= used


@pytest.mark.parametrize("describe", [openapi, asyncapi])
def test_each_schema_is_a_valid_json_schema_and_a_description_of_it_is_plain_json(
    describe: Callable[[], Document],
) -> None:
    document = describe()
    assert json.loads(json.dumps(document)) == document
    for name in document["components"]["schemas"]:
        faults(document, {"$ref": f"#/components/schemas/{name}"}, None)


def test_each_error_of_a_route_is_described_under_its_status() -> None:
    paths = openapi()["paths"]
    for route in ROUTES:
        responses = paths[route.path][route.method.lower()]["responses"]
        for error in route.errors:
            assert f"`{error.code}`" in responses[str(HTTP_STATUS[error])]["description"]


def described_answer(description: Document, route: Route, status: int) -> Document:
    response = description["paths"][route.path][route.method.lower()]["responses"][str(status)]
    schema: Document = response["content"]["application/json"]["schema"]
    return schema


def options(route: Route, **headers: str) -> dict[str, Any]:
    """What a request of a route takes."""
    with_body = {"body": "1", "headers": {"Content-Type": "application/json", **headers}}
    return {"method": route.method, "raise_error": False} | (
        with_body if route.method == "POST" else {"headers": headers}
    )


def path_of(route: Route, model: str = "echo") -> str:
    return route.path.replace("{qualified_name}", model).replace("{source}", "countdown")


OF_MODELS = [route for route in ROUTES if "{" in route.path]
TEXTS = [route for route in ROUTES if "application/json" not in route.media_types]
DOCUMENTS = [route for route in ROUTES if route not in TEXTS and (route.answer is not None or not route.event_stream)]
GOOD = [(route, path_of(route), 404 if route.name == "login" else 200) for route in DOCUMENTS]  # nobody is asked
BAD = [
    *((route, path_of(route) + "?odd=1", 400) for route in ROUTES if route.is_guarded),
    *((route, path_of(route, "nobody"), 404) for route in OF_MODELS),
    *(
        (route, path_of(route, "unloadable"), 503)
        for route in OF_MODELS
        if errors.ModelNotReady in route.errors and "{source}" not in route.path
    ),
    *((route, path_of(route, "unloadable"), 404) for route in OF_MODELS if "{source}" in route.path),
    *((route, path_of(route, "broken"), 422) for route in ROUTES if route.name == "predict"),
]


@pytest.mark.parametrize(
    ("route", "path", "status"), [*GOOD, *BAD], ids=lambda value: getattr(value, "name", str(value))
)
@pytest.mark.gen_test
async def test_each_answer_of_the_running_service_is_as_it_describes_itself(
    http_client: AsyncHTTPClient, base_url: str, route: Route, path: str, status: int
) -> None:
    description = json.loads((await http_client.fetch(f"{base_url}/api/openapi.json")).body)
    assert description == openapi()
    response = await http_client.fetch(base_url + path, **options(route))
    document = json.loads(response.body)
    assert response.code == status, document
    assert response.headers["Content-Type"].startswith("application/json")
    assert faults(description, described_answer(description, route, status), document) == []


@pytest.mark.parametrize("route", TEXTS, ids=lambda route: route.name)
@pytest.mark.gen_test
async def test_each_text_is_written_as_it_is_described_and_asked_for(
    http_client: AsyncHTTPClient, base_url: str, route: Route
) -> None:
    content = openapi()["paths"][route.path][route.method.lower()]["responses"]["200"]["content"]
    assert set(content) == set(route.media_types)
    for media_type in route.media_types:
        response = await http_client.fetch(base_url + route.path, headers={"Accept": media_type})
        assert response.headers["Content-Type"].partition(";")[0] == media_type


@pytest.mark.parametrize("route", [route for route in ROUTES if route.event_stream], ids=lambda route: route.name)
@pytest.mark.gen_test
async def test_each_event_of_a_stream_is_as_it_is_described(
    http_client: AsyncHTTPClient, base_url: str, route: Route
) -> None:
    description = openapi()
    asked = options(route, Accept="text/event-stream")
    response = await http_client.fetch(base_url + path_of(route), **asked)
    assert response.headers["Content-Type"] == "text/event-stream"
    content = description["paths"][route.path][route.method.lower()]["responses"]["200"]["content"]
    described = content["text/event-stream"]["schema"]["x-events"]
    assert set(described) == {event.name for event in route.event_stream}
    texts = response.body.decode().rstrip("\n").split("\n\n")
    for number, text in enumerate(texts, start=1):
        event, id, data = (line.partition(": ")[2] for line in text.split("\n"))
        assert id == str(number)
        assert faults(description, described[event], json.loads(data)) == []


@pytest.mark.gen_test
async def test_a_refused_host_and_a_service_that_is_not_ready_answer_as_described(
    http_client: AsyncHTTPClient, base_url: str, shared: Shared
) -> None:
    description = openapi()
    await shared.service.drain(0)
    for route in ROUTES:
        response = await http_client.fetch(base_url + path_of(route), **options(route, Host="evil.com"))
        expected = 403 if route.is_guarded else 503 if route.unready_answer else 200
        assert response.code == expected
        assert faults(description, described_answer(description, route, expected), json.loads(response.body)) == []


@pytest.mark.settings("[limits_per_address]\nrequests_per_s = 0.001")
@pytest.mark.gen_test
async def test_who_asks_too_fast_is_answered_as_described(http_client: AsyncHTTPClient, base_url: str) -> None:
    description = openapi()
    await http_client.fetch(f"{base_url}/api/models")
    for route in ROUTES:
        if not route.is_guarded or route in TEXTS:
            assert ("429" in description["paths"][route.path][route.method.lower()]["responses"]) is route.is_guarded
            continue
        response = await http_client.fetch(base_url + path_of(route), **options(route))
        assert response.code == 429, route.path
        assert faults(description, described_answer(description, route, 429), json.loads(response.body)) == []


def test_asyncapi_has_the_parts_of_version_3() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert set(document) == {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    assert set(document["info"]) == {"title", "description", "version"}
    (channel,) = document["channels"].values()
    assert channel["address"] == "/ws"


def test_asyncapi_describes_each_event_as_seen_from_the_service() -> None:
    document = asyncapi()
    (channel,) = document["channels"].values()
    assert set(document["operations"]) == set(channel["messages"]) == {event.name for event in events.EVENTS}
    for event in events.EVENTS:
        operation = document["operations"][event.name]
        assert operation["action"] == {"client": "receive", "server": "send"}[event.sender]
        (message,) = operation["messages"]
        described = resolve(document, resolve(document, message["$ref"])["$ref"])
        payload = resolve(document, described["payload"]["$ref"])
        assert described["name"] == event.name
        assert payload["properties"]["event"] == {"const": event.name}
        assert ("id" in payload["properties"]) is event.has_id


def payload_faults(document: Document, frame: Document) -> list[str]:
    return faults(document, document["components"]["messages"][frame["event"]]["payload"], frame)


CLIENT_FRAMES = [
    {"event": "prediction_request", "data": {"model_qualified_name": "echo", "input_data": None}},
    {
        "event": "prediction_request",
        "id": "r1",
        "data": {"model_qualified_name": "echo", "input_data": [1]},
        "meta": {"model_version": "1.2", "deadline_ms": 500.5, "replaces": "r0"},
    },
]


@pytest.mark.parametrize("frame", CLIENT_FRAMES)
@pytest.mark.gen_test
async def test_frames_of_a_conversation_are_as_asyncapi_describes_them(frame: Document, shared: Shared) -> None:
    document = asyncapi()
    assert payload_faults(document, frame) == []
    answered: list[Document] = []

    def take() -> None:
        while (taken := connection.take()) is not None:
            answered.append(json.loads(taken))

    connection = Connection(shared.backend, JSONCodec(), caller=Caller(ANYONE, "127.0.0.1"), wake=take, end=pytest.fail)
    connection.receive(json.dumps(frame))
    for bad in ("{", {**frame, "more": 1}, {**frame, "event": "odd"}):
        connection.receive(json.dumps(bad))
    for model, input_data in (("nobody", 1), ("broken", {}), ("broken", {"how": "raise"})):
        asked = {"model_qualified_name": model, "input_data": input_data}
        connection.receive(json.dumps({**frame, "data": asked, "id": model}))
    connection.goaway("maintenance", 1)
    await shared.service.drain(5)
    assert {answer["event"] for answer in answered} == {"prediction_response", "prediction_error", "goaway"}
    for answer in answered:
        assert payload_faults(document, answer) == []


@pytest.mark.gen_test
async def test_each_event_that_the_service_sends_is_as_asyncapi_describes_it(shared: Shared) -> None:
    document = asyncapi()
    sent: dict[str, Document] = {}
    arrived = asyncio.Event()

    def take() -> None:
        while (taken := connection.take()) is not None:
            frame = json.loads(taken)
            assert payload_faults(document, frame) == []
            sent[frame["event"]] = frame
        arrived.set()

    async def say(event: str, data: Document, until: str, **more: Any) -> Document:
        frame = {"event": event, "data": data, **more}
        assert payload_faults(document, frame) == []
        connection.receive(json.dumps(frame))
        while until not in sent:
            arrived.clear()
            await asyncio.wait_for(arrived.wait(), 30)
        return sent[until]["data"]

    connection = Connection(shared.backend, JSONCodec(), caller=Caller(ANYONE, "127.0.0.1"), wake=take, end=pytest.fail)
    await say("hello", {}, "welcome", id=1)
    await say("ping", {"x": 1}, "pong")
    counter = {"model_qualified_name": "counter", "input_data": {"to": 2}}
    await say("prediction_request", counter, "prediction_partial", meta={"stream": True})
    opened = await say("session_open", {"model_qualified_name": "adder", "parameters": {}}, "session_opened")
    adder = {"model_qualified_name": "adder", "input_data": {"number": 2}}
    await say("prediction_request", adder, "prediction_response", meta={"session": opened["session"]}, id=7)
    await say("session_close", opened, "session_closed", id="c")
    await say("subscribe", {"topic": "models"}, "model_state")
    ticks = {"model_qualified_name": "echo", "source": "ticks"}
    subscribed = await say("subscribe", ticks, "subscribed", meta={"policy": "buffer", "max_rate_hz": 10})
    await say("unsubscribe", subscribed, "unsubscribed")
    await say("prediction_cancel", {}, "welcome", id="nothing")
    await say("prediction_request", {**counter, "model_qualified_name": "nobody"}, "prediction_error")
    connection.goaway("maintenance", 1)
    connection.close()
    shared.backend.waiting_room.close()
    assert set(sent) == {event.name for event in events.EVENTS if event.sender == "server"}


def test_a_frame_with_a_key_too_many_or_of_the_wrong_kind_does_not_fit_asyncapi() -> None:
    document = asyncapi()
    bad: list[Document] = [{"more": 1}, {"id": ""}, {"id": True}, {"data": {}}]
    bad += [{"meta": meta} for meta in ({"model_version": "x"}, {"replaces": True}, {"deadline_ms": 0}, {"odd": 1})]
    for more in bad:
        assert payload_faults(document, CLIENT_FRAMES[1] | more)


def test_the_browser_is_told_each_event_each_error_and_each_close_code() -> None:
    text = browser_constants()
    constants = {
        name: json.loads(re.sub(r"^Object\.freeze\((.*)\)$", r"\1", value, flags=re.DOTALL))
        for name, value in re.findall(r"^export const (\w+) = (.*?);$", text, flags=re.DOTALL | re.MULTILINE)
    }
    assert constants["SUBPROTOCOL_JSON"] == "tornado-ml.v1.json"
    assert set(constants["EVENTS"].values()) == {event.name for event in events.EVENTS}
    unions = {name: re.findall('"([^"]+)"', values) for values, name in re.findall(r"@typedef \{(.*?)\} (\w+)", text)}
    assert unions["ErrorCode"] == [error.code for error in error_classes()]
    assert unions["ErrorType"] == ["DESERIALIZATION_ERROR", "SCHEMA_ERROR", "ERROR"]
    assert constants["CLOSE_CODES"] == {close.name: close.code for close in events.CLOSE_CODES}
    assert constants["FATAL_CLOSE_CODES"] == [1008, 4001]


def test_errors_are_listed_once_each_in_the_order_of_the_contract() -> None:
    codes = [error.code for error in error_classes()]
    assert len(set(codes)) == len(codes)
    assert codes[:5] == ["BAD_FRAME", "BAD_ENVELOPE", "UNKNOWN_EVENT", "DUPLICATE_ID", "BODY_TOO_LARGE"]
    assert codes[-1] == "INTERNAL"
    assert all(catalogue.HTTP_STATUS[error] for error in error_classes())
