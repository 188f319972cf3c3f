"""Every event of the socket, declared once: its name, who sends it, and what it carries (`payloads`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import RAISE, Schema, fields

from tornado_ml.models.schema import declare
from tornado_ml.protocol import documents, payloads
from tornado_ml.protocol.payloads import MAX_SAFE_INTEGER, Document

MAX_ID_LENGTH = 64


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
    is_numbered: bool = True
    """Whether it carries a `seq` when it is sent on a resumable connection."""
    data_forms: tuple[frozenset[str], ...] = ()
    """The sets of keys that `data` may have, where it may have one of several."""

    def envelope(self) -> Document:
        """The JSON Schema of the whole frame."""
        parts: dict[str, fields.Field[Any]] = {
            "event": fields.Constant(self.name, required=True),
            "data": fields.Nested(self.data, required=True),
        }
        if self.meta is not None or self.sender == "client":
            parts["meta"] = fields.Nested(self.meta or payloads.NoMeta)
        schema = Schema.from_dict(parts, name=f"{self.data.__name__}Envelope")
        document = declare(schema(unknown=RAISE)).json_schema
        document["properties"]["event"] = {"const": self.name}
        if self.has_id:
            document["properties"]["id"] = ID_SCHEMA
        if self.needs_id:
            document["required"].append("id")
        if self.sender == "server" and self.is_numbered:
            document["properties"]["seq"] = SEQ_SCHEMA
        for definition in document.get("$defs", {}).values():
            if "replaces" in definition["properties"]:
                definition["properties"]["replaces"] |= {"oneOf": ID_SCHEMA["oneOf"]}
        if self.data_forms:
            definition = document["$defs"][document["properties"]["data"]["$ref"].removeprefix("#/$defs/")]
            forms = [{"required": sorted(form), "maxProperties": len(form)} for form in self.data_forms]
            definition["oneOf"] = forms
        return document


ID_SCHEMA: Document = {
    "description": "Any string of 1 to 64 characters, or integer within ±(2⁵³−1); answers carry it back unchanged.",
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH},
        {"type": "integer", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER},
    ],
}

SEQ_SCHEMA: Document = {
    "description": "Only on a resumable connection: counts its frames from 1.",
    "type": "integer",
    "minimum": 1,
}

PREDICTION_REQUEST = Event(
    "prediction_request",
    "client",
    "Ask a model for a prediction.",
    payloads.PredictionRequestData,
    payloads.PredictionRequestMeta,
)
PREDICTION_CANCEL = Event(
    "prediction_cancel",
    "client",
    "Ask for an open request's prediction no more. One frame follows for its id: `CANCELLED`, or the answer if it was"
    " ready first; a cancel that names no open request is ignored.",
    payloads.PredictionCancelData,
    needs_id=True,
)
PREDICTION_RESPONSE = Event(
    "prediction_response",
    "server",
    "The prediction; without `id` and with `meta.subscription`, one that a subscription pushes.",
    payloads.PredictionResponseData,
    payloads.PushedPredictionMeta,
)
PREDICTION_PARTIAL = Event(
    "prediction_partial",
    "server",
    "A prediction on its way: any number of them come before the answer to a request with `meta.stream`.",
    payloads.PredictionResponseData,
    payloads.PredictionPartialMeta,
)
PREDICTION_ERROR = Event(
    "prediction_error",
    "server",
    "Why there is no prediction; also answers any other client frame that fails.",
    payloads.ErrorData,
    payloads.ErrorMeta,
)
SUBSCRIBE = Event(
    "subscribe",
    "client",
    "Ask for what a source makes a model predict, as it comes; or for the states of the models.",
    payloads.SubscribeData,
    payloads.SubscribeMeta,
    data_forms=(frozenset({"model_qualified_name", "source"}), frozenset({"topic"})),
)
SUBSCRIBED = Event("subscribed", "server", "It begins, with the latest value if there is one.", payloads.SubscribedData)
UNSUBSCRIBE = Event("unsubscribe", "client", "Ask for no more of it.", payloads.UnsubscribeData)
UNSUBSCRIBED = Event(
    "unsubscribed",
    "server",
    "It has ended: because the client asked, or, without `id` and with a `code`, because the service ended it.",
    payloads.UnsubscribedData,
)
MODEL_STATE = Event(
    "model_state",
    "server",
    "One model, as `GET /api/models` lists it: each at once, then each as it changes.",
    documents.ModelDocument,
    payloads.ModelStateMeta,
    has_id=False,
)
SESSION_OPEN = Event(
    "session_open",
    "client",
    "Ask a model to remember: requests with `meta.session` are answered in order, each knowing those before it.",
    payloads.SessionOpenData,
    payloads.SessionOpenMeta,
)
SESSION_OPENED = Event("session_opened", "server", "It can be used.", payloads.SessionOpenedData)
SESSION_CLOSE = Event(
    "session_close",
    "client",
    "End a session, after the requests that were sent before.",
    payloads.SessionCloseData,
)
SESSION_CLOSED = Event(
    "session_closed",
    "server",
    "It has ended: because the client asked, or, without `id`, for another reason.",
    payloads.SessionClosedData,
)
HELLO = Event(
    "hello",
    "client",
    "Make this connection one that can be resumed, or, as the first frame of a connection, resume an earlier one.",
    payloads.HelloData,
    data_forms=(frozenset(), frozenset({"session_token", "epoch", "last_seq"})),
)
WELCOME = Event(
    "welcome",
    "server",
    "What to resume this connection with, and whether it resumes one.",
    payloads.WelcomeData,
    is_numbered=False,
)
PING = Event("ping", "client", "Ask for a sign of life.", payloads.PingData)
PONG = Event("pong", "server", "The sign of life, with the data of the `ping`.", payloads.PingData, is_numbered=False)
GOAWAY = Event(
    "goaway",
    "server",
    "The service will close this connection: new requests are refused, those that are open are answered.",
    payloads.GoawayData,
    has_id=False,
)

EVENTS: tuple[Event, ...] = (
    PREDICTION_REQUEST,
    PREDICTION_CANCEL,
    PREDICTION_RESPONSE,
    PREDICTION_PARTIAL,
    PREDICTION_ERROR,
    SUBSCRIBE,
    SUBSCRIBED,
    UNSUBSCRIBE,
    UNSUBSCRIBED,
    MODEL_STATE,
    SESSION_OPEN,
    SESSION_OPENED,
    SESSION_CLOSE,
    SESSION_CLOSED,
    HELLO,
    WELCOME,
    PING,
    PONG,
    GOAWAY,
)

NEVER_TOO_FAST = frozenset(event.name for event in (HELLO, PING, PREDICTION_CANCEL, SESSION_CLOSE, UNSUBSCRIBE))
"""What is let in whatever the rate, for it asks for no work, or for less of it."""


@dataclass(frozen=True, slots=True)
class CloseCode:
    """Why a socket is closed; the numbers are those of RFC 6455, section 7.4.1, and of the IANA registry."""

    name: str
    code: int
    when: str
    is_fatal: bool = False
    """Whether a client had better not connect again by itself: it would end the same way, or another's connection."""


CLOSE_NORMAL = CloseCode("NORMAL", 1000, "the client closed, or answered no ping in time")
CLOSE_GOING_AWAY = CloseCode("GOING_AWAY", 1001, "a planned stop, after `goaway`")
CLOSE_PROTOCOL_ERROR = CloseCode(
    "PROTOCOL_ERROR",
    1002,
    "a frame that RFC 6455 forbids, unless the connection is cut, or a message whose fragments took over 30 s",
)
CLOSE_POLICY_VIOLATION = CloseCode(
    "POLICY_VIOLATION", 1008, "a login that is refused, or no longer good", is_fatal=True
)
CLOSE_MESSAGE_TOO_BIG = CloseCode("MESSAGE_TOO_BIG", 1009, "a message over `max_message_bytes`")
CLOSE_TRY_AGAIN_LATER = CloseCode(
    "TRY_AGAIN_LATER", 1013, "the client took no byte for `stalled_s`, or its answers overflowed `outbox_bytes`"
)
CLOSE_TAKEN_OVER = CloseCode("TAKEN_OVER", 4001, "another connection has resumed what this one was", is_fatal=True)
CLOSE_CODES = (
    CLOSE_NORMAL,
    CLOSE_GOING_AWAY,
    CLOSE_PROTOCOL_ERROR,
    CLOSE_POLICY_VIOLATION,
    CLOSE_MESSAGE_TOO_BIG,
    CLOSE_TRY_AGAIN_LATER,
    CLOSE_TAKEN_OVER,
)
