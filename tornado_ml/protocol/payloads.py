"""What messages carry: every `data` and `meta` of the socket, declared once. `events` says who sends which."""

from __future__ import annotations

from typing import Any

from marshmallow import INCLUDE, RAISE, Schema, fields, validate

from tornado_ml.models.base import VERSION_PATTERN

MAX_DEADLINE_MS = 86_400_000
MAX_RATE_HZ = 1000
MAX_NAME_LENGTH = 128
MAX_TOKEN_LENGTH = 128
MAX_TRACE_LENGTH = 512
MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that JavaScript holds exactly (ECMA-262, Number.MAX_SAFE_INTEGER)."""

Document = dict[str, Any]


class MessageSchema(Schema):
    """A document of the wire: unknown keys are refused."""

    class Meta:
        unknown = RAISE


class NoMeta(MessageSchema):
    """An empty object."""


def _model_name(**options: Any) -> fields.String:
    return fields.String(metadata={"description": "The name of a model, as `GET /api/models` lists it."}, **options)


class PredictionRequestData(MessageSchema):
    model_qualified_name = _model_name(required=True)
    input_data = fields.Raw(
        required=True, allow_none=True, metadata={"description": "What the model's input schema describes."}
    )


def _wanted_version() -> fields.String:
    return fields.String(
        validate=validate.Regexp(rf"^{VERSION_PATTERN}\Z"),
        metadata={"description": '`"1"` or `"1.2"`; without it, the newest version that is ready.'},
    )


def _session(description: str, **options: Any) -> fields.String:
    return fields.String(
        validate=validate.Length(min=1, max=MAX_NAME_LENGTH), metadata={"description": description}, **options
    )


def _subscription(description: str, **options: Any) -> fields.String:
    return fields.String(
        validate=validate.Length(min=1, max=2 * MAX_NAME_LENGTH), metadata={"description": description}, **options
    )


class PredictionRequestMeta(MessageSchema):
    model_version = _wanted_version()
    deadline_ms = fields.Float(
        validate=validate.Range(min=0, min_inclusive=False, max=MAX_DEADLINE_MS),
        metadata={"description": "Milliseconds from the request's arrival in which it must be answered."},
    )
    replaces = fields.Raw(
        metadata={"description": "The id of an earlier request that nobody waits for any more: it is `SUPERSEDED`."}
    )
    stream = fields.Boolean(
        metadata={"description": "Whether partial predictions are wanted; a model that gives none just answers."}
    )
    session = _session("The session to predict in, as `session_opened` named it.")
    traceparent = fields.String(
        validate=validate.Length(max=MAX_TRACE_LENGTH),
        metadata={"description": "The span it is asked in (W3C Trace Context); else that of the handshake counts."},
    )
    tracestate = fields.String(
        validate=validate.Length(max=MAX_TRACE_LENGTH), metadata={"description": "What goes with `traceparent`."}
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


class PushedPredictionMeta(PredictionResponseMeta):
    subscription = _subscription("Present on what a subscription pushes: which one.")


class PredictionPartialMeta(MessageSchema):
    index = fields.Integer(
        required=True,
        strict=True,
        metadata={"description": "Counts the partial predictions of one request, from 0."},
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


class SubscribeData(MessageSchema):
    """Either `model_qualified_name` and `source`, or `topic`."""

    model_qualified_name = _model_name()
    source = fields.String(metadata={"description": "The name of a source, as the model's metadata lists it."})
    topic = fields.String(
        validate=validate.OneOf(["models"]),
        metadata={"description": "`models`: the state of each model at once, then each change, as `model_state`."},
    )


class SubscribeMeta(MessageSchema):
    policy = fields.String(
        validate=validate.OneOf(["latest", "buffer"]),
        metadata={
            "description": "What happens while this client falls behind: `latest`, the default, keeps only the newest"
            " value; `buffer` keeps all, up to `buffer_bytes`, and then ends the subscription."
        },
    )
    max_rate_hz = fields.Float(
        validate=validate.Range(min=0, min_inclusive=False, max=MAX_RATE_HZ),
        metadata={"description": "How many values a second this client wants at most; it gets the newest ones."},
    )


class SubscribedData(MessageSchema):
    subscription = _subscription("Names it in what it pushes; the same for all subscribers.", required=True)


class UnsubscribeData(MessageSchema):
    subscription = _subscription("As `subscribed` named it.", required=True)


class UnsubscribedData(MessageSchema):
    subscription = _subscription("Which one has ended.", required=True)
    code = fields.String(metadata={"description": "Why the service ended it: the code of an error."})
    message = fields.String(metadata={"description": "The same for a person to read."})


class ModelStateMeta(MessageSchema):
    subscription = _subscription("Which one.", required=True)


class SessionOpenData(MessageSchema):
    model_qualified_name = _model_name(required=True)
    parameters = fields.Raw(
        allow_none=True,
        metadata={"description": "What the model's `session_schema` describes; an empty object if left out."},
    )


class SessionOpenMeta(MessageSchema):
    model_version = _wanted_version()


class SessionOpenedData(MessageSchema):
    session = _session("What `meta.session` of a request names it by.", required=True)


class SessionCloseData(MessageSchema):
    session = _session("As `session_opened` named it.", required=True)


class SessionClosedData(MessageSchema):
    session = _session("Which one has ended.", required=True)
    reason = fields.String(
        required=True,
        validate=validate.OneOf(["closed", "idle", "worker_died", "unloaded"]),
        metadata={
            "description": "`closed` by the client, `idle` for `session_idle_s`, or its model's worker died or the"
            " model was unloaded."
        },
    )


class HelloData(MessageSchema):
    """Empty the first time; all three to resume."""

    session_token = fields.String(
        validate=validate.Length(min=1, max=MAX_TOKEN_LENGTH), metadata={"description": "As `welcome` gave it."}
    )
    epoch = fields.String(
        validate=validate.Length(min=1, max=MAX_TOKEN_LENGTH), metadata={"description": "As `welcome` gave it."}
    )
    last_seq = fields.Integer(
        strict=True,
        validate=validate.Range(min=0, max=MAX_SAFE_INTEGER),
        metadata={"description": "The `seq` of the last frame that arrived; 0 if none has."},
    )


class ConnectionLimitsDocument(MessageSchema):
    max_message_bytes = fields.Integer(required=True, strict=True)
    max_json_depth = fields.Integer(required=True, strict=True)
    max_open_requests = fields.Integer(required=True, strict=True)
    max_sessions = fields.Integer(required=True, strict=True)
    max_subscriptions = fields.Integer(required=True, strict=True)
    outbox_bytes = fields.Integer(required=True, strict=True)
    grace_ms = fields.Integer(
        required=True, strict=True, metadata={"description": "How long after a drop it can be resumed."}
    )
    resume_bytes = fields.Integer(
        required=True, strict=True, metadata={"description": "How many bytes of frames are kept for it."}
    )


class WelcomeData(MessageSchema):
    session_token = fields.String(required=True, metadata={"description": "What to resume with; a secret."})
    epoch = fields.String(required=True, metadata={"description": "Changes whenever `seq` starts again from 1."})
    resumed = fields.Boolean(
        required=True,
        metadata={"description": "Whether this goes on where the last connection ended: every frame after `last_seq`."},
    )
    received = fields.Integer(
        required=True,
        strict=True,
        metadata={
            "description": "How many frames of the client, `hello` not counted, have arrived since the first `welcome`."
        },
    )
    limits = fields.Nested(ConnectionLimitsDocument, required=True)
    server_version = fields.String(required=True)


class PingData(MessageSchema):
    """Anything: `pong` has the same."""

    class Meta:
        unknown = INCLUDE
