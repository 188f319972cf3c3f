"""Every event of the socket, declared once: who sends it, what its `data` and `meta` hold.

Frames become documents in `codec`; here documents become messages and back. Nothing is sent from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeGuard

from marshmallow import RAISE, Schema, fields, validate

from tornado_ml.errors import BadEnvelope, Fault, ServiceError, UnknownEvent
from tornado_ml.models.base import VERSION_PATTERN
from tornado_ml.models.schema import Validator, declare

SUBPROTOCOL_JSON = "tornado-ml.v1.json"
"""Text frames, JSON; also used when the client offers no subprotocol."""
SUBPROTOCOLS = (SUBPROTOCOL_JSON,)

MAX_ID_LENGTH = 64
MAX_DEADLINE_MS = 86_400_000
MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that JavaScript holds exactly (ECMA-262, Number.MAX_SAFE_INTEGER)."""

RequestId = str | int
Document = dict[str, Any]


class MessageSchema(Schema):
    """A document of the wire: unknown keys are refused."""

    class Meta:
        unknown = RAISE


def _model_name(**options: Any) -> fields.String:
    return fields.String(metadata={"description": "The name of a model, as `GET /api/models` lists it."}, **options)


class PredictionRequestData(MessageSchema):
    model_qualified_name = _model_name(required=True)
    input_data = fields.Raw(
        required=True, allow_none=True, metadata={"description": "What the model's input schema describes."}
    )


class PredictionRequestMeta(MessageSchema):
    model_version = fields.String(
        validate=validate.Regexp(rf"^{VERSION_PATTERN}\Z"),
        metadata={"description": '`"1"` or `"1.2"`; without it, the newest version that is ready.'},
    )

    deadline_ms = fields.Float(
        validate=validate.Range(min=0, min_inclusive=False, max=MAX_DEADLINE_MS),
        metadata={"description": "Milliseconds from the request's arrival in which it must be answered."},
    )
    replaces = fields.Raw(
        metadata={"description": "The id of an earlier request that nobody waits for any more: it is `SUPERSEDED`."}
    )


class PredictionCancelData(MessageSchema):
    """Empty: the frame's id says which request."""


class PredictionResponseData(MessageSchema):
    model_qualified_name = _model_name(required=True)
    prediction = fields.Raw(
        required=True, allow_none=True, metadata={"description": "What the model's output schema describes."}
    )


class TimingMs(MessageSchema):
    queue = fields.Float(required=True, metadata={"description": "Milliseconds the request waited for the model."})
    predict = fields.Float(required=True, metadata={"description": "Milliseconds the model took."})
    total = fields.Float(
        required=True, metadata={"description": "Milliseconds from the request's arrival to its answer."}
    )


class PredictionResponseMeta(MessageSchema):
    model_version = fields.String(
        required=True, metadata={"description": "The version that answered, as `major.minor`."}
    )
    timing_ms = fields.Nested(TimingMs, required=True)
    batch_size = fields.Integer(
        required=True, strict=True, metadata={"description": "How many requests the model answered in the same call."}
    )


class FaultDocument(MessageSchema):
    path = fields.String(
        required=True,
        metadata={
            "description": 'JSON Pointer (RFC 6901) into `input_data`, or for `BAD_ENVELOPE` into the frame; `""` is'
            " the whole."
        },
    )
    message = fields.String(required=True)


class ErrorData(MessageSchema):
    """The one shape of an error, on the socket and in REST."""

    type = fields.String(
        required=True,
        validate=validate.OneOf(["DESERIALIZATION_ERROR", "SCHEMA_ERROR", "ERROR"]),
        metadata={"description": "The kind of error; `code` says precisely what happened."},
    )
    code = fields.String(required=True, metadata={"description": "What happened, by its stable name."})
    message = fields.String(required=True, metadata={"description": "For a person to read."})
    model_qualified_name = _model_name()
    details = fields.List(fields.Nested(FaultDocument), metadata={"description": "One entry for each fault."})
    retryable = fields.Boolean(metadata={"description": "Whether the same request may succeed if it is sent again."})
    retry_after_ms = fields.Integer(strict=True, metadata={"description": "When to try again, in milliseconds."})


class ErrorMeta(MessageSchema):
    request_id = fields.String(metadata={"description": "What to look for in the service's log."})
    outcome = fields.String(
        validate=validate.OneOf(["skipped", "stopped", "finished"]),
        metadata={"description": "With `CANCELLED`: what became of the prediction."},
    )


class GoawayData(MessageSchema):
    reason = fields.String(required=True, metadata={"description": "Why the service closes the connection."})
    deadline_ms = fields.Integer(
        required=True, strict=True, metadata={"description": "Milliseconds until what still runs is cut off."}
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, who sends it, what it is for, and the documents it carries."""

    name: str
    sender: Literal["client", "server"]
    summary: str
    data: type[Schema]
    meta: type[Schema] | None = None
    has_id: bool = True
    needs_id: bool = False

    def envelope(self) -> Document:
        """The JSON Schema of the whole frame."""
        parts: dict[str, fields.Field[Any]] = {
            "event": fields.Constant(self.name, required=True),
            "data": fields.Nested(self.data, required=True),
        }
        if self.meta is not None:
            parts["meta"] = fields.Nested(self.meta)
        schema = Schema.from_dict(parts, name=f"{self.data.__name__}Envelope")
        document = declare(schema(unknown=RAISE)).json_schema
        document["properties"]["event"] = {"const": self.name}
        if self.has_id:
            document["properties"]["id"] = ID_SCHEMA
        if self.needs_id:
            document["required"].append("id")
        for definition in document.get("$defs", {}).values():
            if "replaces" in definition["properties"]:
                definition["properties"]["replaces"] |= {"oneOf": ID_SCHEMA["oneOf"]}
        return document


ID_SCHEMA: Document = {
    "description": "Any string of 1 to 64 characters, or integer within ±(2⁵³−1); answers carry it back unchanged.",
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH},
        {"type": "integer", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER},
    ],
}

PREDICTION_REQUEST = Event(
    "prediction_request",
    "client",
    "Ask a model for a prediction.",
    PredictionRequestData,
    PredictionRequestMeta,
)
PREDICTION_CANCEL = Event(
    "prediction_cancel",
    "client",
    "Ask for an open request's prediction no more. One frame follows for its id: `CANCELLED`, or the answer if it was"
    " ready first; a cancel that names no open request is ignored.",
    PredictionCancelData,
    needs_id=True,
)
PREDICTION_RESPONSE = Event(
    "prediction_response",
    "server",
    "The prediction.",
    PredictionResponseData,
    PredictionResponseMeta,
)
PREDICTION_ERROR = Event(
    "prediction_error",
    "server",
    "Why there is no prediction; also answers any other client frame that fails.",
    ErrorData,
    ErrorMeta,
)
GOAWAY = Event(
    "goaway",
    "server",
    "The service will close this connection: new requests are refused, those that are open are answered.",
    GoawayData,
    has_id=False,
)

EVENTS: tuple[Event, ...] = (PREDICTION_REQUEST, PREDICTION_CANCEL, PREDICTION_RESPONSE, PREDICTION_ERROR, GOAWAY)


@dataclass(frozen=True, slots=True)
class CloseCode:
    """Why a socket is closed; the numbers are those of RFC 6455, section 7.4.1, and of the IANA registry."""

    name: str
    code: int
    when: str


CLOSE_NORMAL = CloseCode("NORMAL", 1000, "the client closed, or answered no ping in time")
CLOSE_GOING_AWAY = CloseCode("GOING_AWAY", 1001, "a planned stop, after `goaway`")
CLOSE_PROTOCOL_ERROR = CloseCode("PROTOCOL_ERROR", 1002, "a frame that RFC 6455 forbids, unless the connection is cut")
CLOSE_MESSAGE_TOO_BIG = CloseCode("MESSAGE_TOO_BIG", 1009, "a message over `max_message_bytes`")
CLOSE_TRY_AGAIN_LATER = CloseCode(
    "TRY_AGAIN_LATER", 1013, "the client took no byte for `stalled_s`, or its answers overflowed `outbox_bytes`"
)
CLOSE_CODES = (
    CLOSE_NORMAL,
    CLOSE_GOING_AWAY,
    CLOSE_PROTOCOL_ERROR,
    CLOSE_MESSAGE_TOO_BIG,
    CLOSE_TRY_AGAIN_LATER,
)


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """A frame from a client that has been found to be good."""

    event: Event
    id: RequestId | None
    data: Document
    meta: Document = field(default_factory=dict)


_CLIENT_EVENTS: Mapping[str, tuple[Event, Validator]] = {
    event.name: (event, Validator(event.envelope())) for event in EVENTS if event.sender == "client"
}


def readable_id(document: Document) -> RequestId | None:
    """The id of a client's document, if it has a good one."""
    value = document.get("id")
    return value if is_id(value) else None


def is_id(value: object) -> TypeGuard[RequestId]:
    """Whether `value` may be an id; `True` and 1.0 may not."""
    if type(value) is str:
        return 1 <= len(value) <= MAX_ID_LENGTH
    return type(value) is int and -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER


def parse(document: Document) -> ClientMessage:
    """The message that a client's document is.

    Raises:
        BadEnvelope: a key is missing, unknown, or of the wrong type; `details` name each.
        UnknownEvent: clients send no such event.
    """
    name = document.get("event")
    if type(name) is not str:
        path, problem = ("/event", "must be a string") if "event" in document else ("/event", "is required")
        raise _bad_envelope([Fault(path, problem)])
    known = _CLIENT_EVENTS.get(name)
    if known is None:
        raise UnknownEvent(f"There is no event {_shown(name)}. Clients send: {', '.join(_CLIENT_EVENTS)}.")
    event, validator = known
    if not validator.fits_plain(document):
        raise _bad_envelope(validator.faults(document))
    # JSON Schema takes 1.0 for an integer; an id must come back exactly as it was sent, so a float is refused.
    meta = document.get("meta", {})
    for path, holder, key in (("/id", document, "id"), ("/meta/replaces", meta, "replaces")):
        if key in holder and not is_id(holder[key]):
            raise _bad_envelope([Fault(path, "must be a string of 1 to 64 characters or an integer within ±(2⁵³−1)")])
    return ClientMessage(event, document.get("id"), document["data"], meta)


def _bad_envelope(faults: list[Fault]) -> BadEnvelope:
    first = faults[0]
    where = first.path[1:].replace("/", ".") or "the message"
    return BadEnvelope(f"{where} {first.message}.", details=faults)


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_ID_LENGTH else text[:MAX_ID_LENGTH] + "…")


def server_message(
    event: Event, data: Document, *, id: RequestId | None = None, meta: Document | None = None
) -> Document:
    """The document of a frame to a client; keys without a value are left out."""
    document: Document = {"event": event.name}
    if id is not None:
        document["id"] = id
    document["data"] = data
    if meta:
        document["meta"] = meta
    return document


def error_data(error: ServiceError, model_qualified_name: str | None = None) -> Document:
    """The `data` of a `prediction_error`, which is also the body of every REST error."""
    data: Document = {"type": error.type, "code": error.code, "message": str(error)}
    if model_qualified_name is not None:
        data["model_qualified_name"] = model_qualified_name
    if error.details:
        data["details"] = [{"path": fault.path, "message": fault.message} for fault in error.details]
    if error.retryable is not None:
        data["retryable"] = error.retryable
    if error.retry_after_s is not None:
        data["retry_after_ms"] = max(1, round(error.retry_after_s * 1000))
    return data
