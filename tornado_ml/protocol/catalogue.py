"""What is said of the wire, made from its declarations: OpenAPI, AsyncAPI, the constants of the browser's client."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from marshmallow import Schema

from tornado_ml import __version__, errors
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.codecs.known import OWN_CODECS
from tornado_ml.errors import ServiceError
from tornado_ml.models.schema import declare
from tornado_ml.protocol import events, routes
from tornado_ml.protocol.events import Event
from tornado_ml.protocol.payloads import Document, ErrorData
from tornado_ml.protocol.routes import HTTP_STATUS, Route

TITLE = "tornado-ml"
DESCRIPTION = "Machine-learning models, served over WebSockets and HTTP."
EVENT_STREAM = "Server-sent events, named as on the socket; `id` counts from 1, and `data` is JSON, as `x-events` says."

SECURITY_SCHEMES: Document = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "For programs: a token, as `tornado-ml token new` makes one.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "tornado-ml-token",
        "description": "For browsers: what `/api/login` sets; over TLS it is called `__Host-tornado-ml-token`.",
    },
}


def error_classes() -> list[type[ServiceError]]:
    """Every error that clients may see, in the order of the contract's table."""

    def leaves(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
        below = error.__subclasses__()
        if not below:
            yield error
        for child in below:
            yield from leaves(child)

    return [error for error in leaves(ServiceError) if error.__module__ == errors.__name__]


@cache
def openapi() -> Document:
    """REST as OpenAPI 3.1."""
    schemas = _Schemas()
    paths: Document = {}
    for route in routes.ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "description": DESCRIPTION, "version": __version__},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas.found, "securitySchemes": SECURITY_SCHEMES},
        # The last one: where nobody is asked for a token.
        "security": [*({scheme: []} for scheme in SECURITY_SCHEMES), {}],
    }


@cache
def asyncapi() -> Document:
    """The socket as AsyncAPI 3.0."""
    schemas = _Schemas()
    channel = {"$ref": "#/channels/socket"}
    operations: Document = {}
    described: Document = {}
    for event in events.EVENTS:
        described[event.name] = {
            "name": event.name,
            "summary": event.summary,
            "contentType": "application/json",
            "payload": schemas.take(event.envelope(), _title(event)),
        }
        operations[event.name] = {
            "action": "receive" if event.sender == "client" else "send",
            "summary": event.summary,
            "channel": channel,
            "messages": [{"$ref": f"#/channels/socket/messages/{event.name}"}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": TITLE, "description": DESCRIPTION, "version": __version__},
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/ws",
                "description": f"One WebSocket message carries one envelope. Subprotocols: {_subprotocols()}.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in described},
            }
        },
        "operations": operations,
        "components": {"messages": described, "schemas": schemas.found},
    }


def browser_constants() -> str:
    """`web/js/client/protocol.js`: what the browser's client needs to know of the wire."""
    names = {event.name.upper(): event.name for event in events.EVENTS}
    closes = {close.name: close.code for close in events.CLOSE_CODES}
    fatal = [close.code for close in events.CLOSE_CODES if close.is_fatal]
    return "\n".join(
        [
            "// Made by `make docs` from the declarations in tornado_ml/protocol. Do not edit.",
            "",
            _constant("SUBPROTOCOL_JSON", JSONCodec.subprotocol, "The socket's subprotocol for JSON text frames."),
            _constant("EVENTS", names, "The names of the events."),
            _constant("CLOSE_CODES", closes, "Why the service closes a socket."),
            _constant("FATAL_CLOSE_CODES", fatal, "Those after which a client does not connect again by itself."),
            _union("ErrorType", [error.type for error in error_classes()], "What kind of error it is."),
            _union("ErrorCode", [error.code for error in error_classes()], "What precisely happened."),
        ]
    )


def _union(name: str, values: Iterable[str], comment: str) -> str:
    """A type, for editors and checkers; nothing of it is left where the code runs."""
    alternatives = " | ".join(f'"{value}"' for value in dict.fromkeys(values))
    return f"/** @typedef {{{alternatives}}} {name} {comment} */\n"


def _subprotocols() -> str:
    return ", ".join(codec.subprotocol for codec in OWN_CODECS)


class _Schemas:
    """Collects the schemas of a description under `#/components/schemas`."""

    def __init__(self) -> None:
        self.found: Document = {}

    def of(self, schema: type[Schema]) -> Document:
        name = schema.__name__.removesuffix("Document")
        return self.take(declare(schema, direction="output").json_schema, name)

    def take(self, json_schema: Document, name: str) -> Document:
        """Put a self-contained schema and its `$defs` there; gives the reference to it."""
        json_schema = _with_component_references(json_schema)
        for key, inner in json_schema.pop("$defs", {}).items():
            self.found.setdefault(key, inner)
        json_schema.pop("$schema", None)
        self.found[name] = json_schema
        return {"$ref": f"#/components/schemas/{name}"}


def _with_component_references(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: inner.replace("#/$defs/", "#/components/schemas/")
            if key == "$ref" and isinstance(inner, str)
            else _with_component_references(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_with_component_references(inner) for inner in value]
    return value


def _operation(route: Route, schemas: _Schemas) -> Document:
    operation: Document = {"operationId": route.name, "summary": route.summary, "responses": _responses(route, schemas)}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in route.path_parameters
    ] + [
        {
            "name": query.name,
            "in": "query",
            "description": query.description,
            "schema": {"type": "string", "pattern": query.pattern},
        }
        for query in route.query
    ]
    if parameters:
        operation["parameters"] = parameters
    if not route.needs_login:
        operation["security"] = []
    if route.body is not None:
        content = {"application/json": {"schema": schemas.of(route.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    elif route.has_body:
        description = "What the model's input schema describes."
        operation["requestBody"] = {
            "required": True,
            "description": description,
            "content": {"application/json": {"schema": {"description": description}}},
        }
    return operation


def _responses(route: Route, schemas: _Schemas) -> Document:
    responses: Document = {"200": {"description": route.summary, "content": _content(route, schemas)}}
    if route.unready_answer is not None:
        responses["503"] = _response("Not ready.", schemas.of(route.unready_answer))
    by_status: dict[int, list[type[ServiceError]]] = {}
    for error in (*route.errors, *_errors_of_all(route), errors.Internal):
        by_status.setdefault(HTTP_STATUS[error], []).append(error)
    for status, found in sorted(by_status.items()):
        description = "; ".join(f"`{error.code}`: {error.when}" for error in found)
        responses.setdefault(str(status), _response(description, schemas.of(ErrorData)))
    return responses


def _errors_of_all(route: Route) -> list[type[ServiceError]]:
    """What any route answers that is guarded so."""
    guards = {
        errors.Forbidden: route.is_guarded,
        errors.Unauthorized: route.needs_login,
        errors.RateLimited: route.is_guarded,
    }
    return [error for error, guarded in guards.items() if guarded]


def _content(route: Route, schemas: _Schemas) -> Document:
    """What its good answer may be, by media type."""
    content: Document = {}
    if route.answer is not None or not route.event_stream:
        for media_type in route.media_types:
            described = "object" if media_type == "application/json" else "string"
            schema = {"type": described} if route.answer is None else schemas.of(route.answer)
            content[media_type] = {"schema": schema}
    if route.event_stream:
        # OpenAPI 3.1 has no words for events; `x-events` says what the data of each is.
        data = {event.name: schemas.of(event.data) for event in route.event_stream}
        content["text/event-stream"] = {"schema": {"type": "string", "description": EVENT_STREAM, "x-events": data}}
    return content


def _response(description: str, schema: Document) -> Document:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _title(event: Event) -> str:
    return "".join(word.capitalize() for word in event.name.split("_"))


def _constant(name: str, value: object, description: str) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if isinstance(value, dict | list):
        text = f"Object.freeze({text})"
    return f"/** {description} */\nexport const {name} = {text};\n"
