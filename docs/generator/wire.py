"""Parts of the pages about the wire: the socket, REST, and the errors of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from generator.markdown import Part, code, doc, document_table, field_table, opening, sentence, table
from tornado_ml import errors
from tornado_ml.codecs.known import OWN_CODECS
from tornado_ml.errors import OperatorError, ServiceError
from tornado_ml.models.fault_messages import MAX_FAULTS
from tornado_ml.models.tensors import DTYPES
from tornado_ml.protocol import events, payloads, routes
from tornado_ml.protocol.catalogue import error_classes
from tornado_ml.protocol.events import Event
from tornado_ml.protocol.routes import HTTP_STATUS, Route
from tornado_ml.server.base import SECURITY_HEADERS
from tornado_ml.server.ui import PAGE_HEADERS


def _subprotocols() -> str:
    rows = [
        (code(codec.subprotocol), "binary" if codec.is_binary else "text", opening(doc(type(codec))))
        for codec in OWN_CODECS
    ]
    return table(("subprotocol", "frames", "format"), rows)


def _id() -> str:
    return str(events.ID_SCHEMA["description"])


def _events() -> str:
    rows = [(f"[`{event.name}`](#{event.name})", event.sender, event.summary) for event in events.EVENTS]
    return table(("event", "sent by", "meaning"), rows)


def _event_sections() -> str:
    return "\n\n".join(map(_event_section, events.EVENTS))


def _event_section(event: Event) -> str:
    envelope = event.envelope()
    properties = envelope["properties"]
    parts = [f"### {event.name}", f"{event.summary} Sent by the {event.sender}."]
    if "id" in envelope["required"]:
        parts += ["`id` is required."]
    parts += ["`data`:", field_table(properties["data"], envelope)]
    if event.meta is not None:
        parts += ["`meta`, which may be left out:" if event.sender == "client" else "`meta`:"]
        parts += [field_table(properties["meta"], envelope)]
    return "\n\n".join(parts)


def _close_codes() -> str:
    rows = [(str(one.code), sentence(one.when), "no" if one.is_fatal else "yes") for one in events.CLOSE_CODES]
    return table(("code", "when", "connect again by itself"), rows)


def _error_table() -> str:
    rows = [
        (code(error.type), code(error.code), sentence(error.when), str(HTTP_STATUS[error]), _retryable(error))
        for error in error_classes()
    ]
    return table(("`type`", "`code`", "when", "HTTP", "retry"), rows)


def _retryable(error: type[ServiceError]) -> str:
    return {True: "yes", False: "no", None: ""}[error.retryable]


def _error_messages() -> str:
    return table(
        ("`code`", "`message`, unless there is more to say"),
        [(code(error.code), error.default_message) for error in error_classes()],
    )


def _dtypes() -> str:
    return ", ".join(map(code, DTYPES))


def _max_faults() -> str:
    return str(MAX_FAULTS)


def _error_document() -> str:
    return document_table(payloads.ErrorData)


def _operator_errors() -> str:
    def below(error: type[OperatorError]) -> Iterable[type[OperatorError]]:
        return [found for child in error.__subclasses__() for found in (child, *below(child))]

    found = [error for error in below(OperatorError) if error.__module__ == errors.__name__]
    return table(("exception", "meaning"), [(code(error.__name__), opening(doc(error))) for error in found])


def _model_errors() -> str:
    raised = (errors.MLModelException, errors.MLModelSchemaValidationException)
    return table(("exception", "meaning"), [(code(error.__name__), opening(doc(error))) for error in raised])


def _routes() -> str:
    rows = [(f"[`{route.method} {route.path}`](#{route.name})", route.summary) for route in routes.ROUTES]
    return table(("method and path", "answer"), rows)


def _route_sections() -> str:
    return "\n\n".join(map(_route_section, routes.ROUTES))


def _route_section(route: Route) -> str:
    parts = [f'### <a id="{route.name}"></a>{route.method} {route.path}', route.summary]
    if route.query:
        rows = [(code(query.name), query.description) for query in route.query]
        parts += [table(("query parameter", "meaning"), rows)]
    if route.answer is not None:
        about = vars(route.answer)["__doc__"]  # its own, not an inherited one
        status = "`200`" if route.unready_answer is None else "`200` or `503`"
        parts += [f"Answer ({status}): {opening(about or '')}".rstrip(), document_table(route.answer)]
    if route.event_stream:
        when = "Answer" if route.answer is None else "Answer to `Accept: text/event-stream`"
        names = [f"[`{event.name}`](protocol.md#{event.name})" for event in route.event_stream]
        parts += [f"{when} (`200`): [events](#server-sent-events): {', '.join(names)}."]
    faults = [f"{code(error.code)} ({HTTP_STATUS[error]})" for error in route.errors]
    if faults:
        parts += [f"Errors: {', '.join(faults)}."]
    return "\n\n".join(parts)


def _headers(headers: Mapping[str, str]) -> str:
    return table(("header", "value"), [(code(name), code(value)) for name, value in headers.items()])


PROTOCOL_PARTS: Mapping[str, Part] = {
    "subprotocols": _subprotocols,
    "id": _id,
    "events": _events,
    "event_sections": _event_sections,
    "close_codes": _close_codes,
    "error_table": _error_table,
    "max_faults": _max_faults,
    "dtypes": _dtypes,
}

REST_PARTS: Mapping[str, Part] = {
    "routes": _routes,
    "route_sections": _route_sections,
    "security_headers": lambda: _headers(SECURITY_HEADERS),
    "page_headers": lambda: _headers(PAGE_HEADERS),
}

ERROR_PARTS: Mapping[str, Part] = {
    "error_document": _error_document,
    "error_table": _error_table,
    "max_faults": _max_faults,
    "error_messages": _error_messages,
    "model_errors": _model_errors,
    "operator_errors": _operator_errors,
}
