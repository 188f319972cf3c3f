"""Every route of REST, as data: the server binds handlers to them, the catalogue describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from marshmallow import Schema

from tornado_ml import errors
from tornado_ml.errors import ServiceError
from tornado_ml.models.base import VERSION_PATTERN
from tornado_ml.protocol import documents, events
from tornado_ml.protocol.events import Event
from tornado_ml.protocol.payloads import MAX_RATE_HZ

HTTP_STATUS: Mapping[type[ServiceError], int] = {
    errors.BadFrame: 400,
    errors.BadEnvelope: 400,
    errors.UnknownEvent: 400,
    errors.DuplicateId: 409,
    errors.BodyTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.InvalidInput: 422,
    errors.InvalidOutput: 500,
    errors.ModelNotFound: 404,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.ModelNotReady: 503,
    errors.Overloaded: 503,
    errors.RateLimited: 429,
    errors.ShuttingDown: 503,
    errors.DeadlineExceeded: 504,
    errors.Cancelled: 499,
    errors.Superseded: 409,
    errors.ModelCrashed: 500,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.Internal: 500,
}


@dataclass(frozen=True, slots=True)
class QueryParameter:
    name: str
    description: str
    pattern: str
    example: str


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    Attributes:
        path: an OpenAPI path template.
        answer: the document of the answer; None for one that is described elsewhere, such as OpenAPI itself, and where
            the answer is always an event stream.
        errors: what it answers besides; `Forbidden`, `Unauthorized`, `RateLimited` and `Internal` go without saying.
    """

    name: str
    method: str
    path: str
    summary: str
    answer: type[Schema] | None
    errors: tuple[type[ServiceError], ...] = ()
    query: tuple[QueryParameter, ...] = ()
    has_body: bool = False
    body: type[Schema] | None = None
    """The document of its body; None where that is a model's input."""
    event_stream: tuple[Event, ...] = ()
    """The events of its answer where that is `text/event-stream`: always if there is no `answer`, else on request."""
    is_guarded: bool = True
    needs_login: bool = True
    """Whether it takes a token, where the service asks for one."""
    unready_answer: type[Schema] | None = None
    """The document of its 503, where that is no error document."""

    media_types: tuple[str, ...] = ("application/json",)
    """What its answer is written in, where that is no event stream."""

    @property
    def path_parameters(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def pattern(self) -> str:
        """The path as a regular expression with a group for each parameter."""
        return re.sub(r"\{\w+\}", "([^/]+)", self.path)


MODEL_VERSION = QueryParameter(
    "model_version", "`1` or `1.2`; without it, the newest version that is ready.", f"^{VERSION_PATTERN}$", "1 or 1.2"
)

DEADLINE_MS = QueryParameter(
    "deadline_ms", "Milliseconds in which the prediction must be there.", r"^[0-9]{1,8}(\.[0-9]{1,6})?$", "500"
)

POLICY = QueryParameter(
    "policy",
    "What happens while this client falls behind: `latest`, the default, keeps only the newest value; `buffer` keeps"
    " all, up to `buffer_bytes`, and then ends the subscription.",
    "^(latest|buffer)$",
    "latest or buffer",
)

MAX_RATE = QueryParameter(
    "max_rate_hz",
    f"How many values a second are wanted at most, up to {MAX_RATE_HZ}; they are the newest ones.",
    rf"^(?!0+(\.0+)?$)({MAX_RATE_HZ}|[0-9]{{1,3}}(\.[0-9]{{1,6}})?)$",
    "5 or 0.5",
)

LIST_MODELS = Route(
    "list_models", "GET", "/api/models", "All models.", documents.ModelsDocument, errors=(errors.BadEnvelope,)
)
GET_METADATA = Route(
    "get_metadata",
    "GET",
    "/api/models/{qualified_name}/metadata",
    "One model: its schemas, examples and capabilities.",
    documents.MetadataDocument,
    errors=(errors.ModelNotFound, errors.ModelNotReady, errors.BadEnvelope),
    query=(MODEL_VERSION,),
)
PREDICT = Route(
    "predict",
    "POST",
    "/api/models/{qualified_name}/predictions",
    "One prediction; the body is the input.",
    documents.PredictionDocument,
    errors=(
        errors.BadFrame,
        errors.BadEnvelope,
        errors.BodyTooLarge,
        errors.UnsupportedMediaType,
        errors.InvalidInput,
        errors.InvalidOutput,
        errors.ModelNotFound,
        errors.ModelNotReady,
        errors.ShuttingDown,
        errors.Overloaded,
        errors.DeadlineExceeded,
        errors.ModelCrashed,
    ),
    query=(MODEL_VERSION, DEADLINE_MS),
    has_body=True,
    event_stream=(events.PREDICTION_PARTIAL, events.PREDICTION_RESPONSE, events.PREDICTION_ERROR),
)
SUBSCRIBE = Route(
    "subscribe",
    "GET",
    "/api/models/{qualified_name}/subscriptions/{source}",
    "What a source makes a model predict, as it comes: server-sent events, until the client or the service ends it.",
    None,
    errors=(
        errors.BadEnvelope,
        errors.ModelNotFound,
        errors.NotFound,
        errors.ModelNotReady,
        errors.Overloaded,
        errors.ShuttingDown,
    ),
    query=(POLICY, MAX_RATE),
    event_stream=(events.PREDICTION_RESPONSE, events.UNSUBSCRIBED),
)
_ADMIN_ERRORS = (errors.ModelNotFound, errors.ModelNotReady, errors.ShuttingDown, errors.BadEnvelope)
LOAD = Route(
    "load_model",
    "POST",
    "/api/models/{qualified_name}/load",
    "Load a model that was unloaded, or has failed. Takes the right `admin`.",
    documents.ModelDocument,
    errors=_ADMIN_ERRORS,
)
UNLOAD = Route(
    "unload_model",
    "POST",
    "/api/models/{qualified_name}/unload",
    "Unload a model, when it has finished what it runs. Takes the right `admin`.",
    documents.ModelDocument,
    errors=(errors.ModelNotFound, errors.ShuttingDown, errors.BadEnvelope),
)
RELOAD = Route(
    "reload_model",
    "POST",
    "/api/models/{qualified_name}/reload",
    "Load a model anew: the old instance answers until the new one is ready. Takes the right `admin`.",
    documents.ModelDocument,
    errors=_ADMIN_ERRORS,
)
LIST_PLUGINS = Route(
    "list_plugins",
    "GET",
    "/api/plugins",
    "All plugins that were found, with what they brought or why they failed.",
    documents.PluginsDocument,
    errors=(errors.BadEnvelope,),
)
LOGIN = Route(
    "login",
    "POST",
    "/api/login",
    "For a browser: get a cookie for a token. There is no such address where nobody is asked for one.",
    documents.LoginDocument,
    errors=(
        errors.BadFrame,
        errors.BadEnvelope,
        errors.BodyTooLarge,
        errors.UnsupportedMediaType,
        errors.Unauthorized,
        errors.NotFound,
    ),
    has_body=True,
    body=documents.LoginBody,
    needs_login=False,
)
LOGOUT = Route(
    "logout",
    "POST",
    "/api/logout",
    "Take that cookie back.",
    documents.LogoutDocument,
    errors=(errors.BadEnvelope,),
    needs_login=False,
)
OPENAPI = Route(
    "get_openapi",
    "GET",
    "/api/openapi.json",
    "This description (OpenAPI 3.1).",
    None,
    errors=(errors.BadEnvelope,),
)
ASYNCAPI = Route(
    "get_asyncapi",
    "GET",
    "/api/asyncapi.json",
    "The description of the socket (AsyncAPI 3.0).",
    None,
    errors=(errors.BadEnvelope,),
)
METRICS = Route(
    "get_metrics",
    "GET",
    "/metrics",
    "What the service counts of itself, for Prometheus. Takes the right `metrics`.",
    None,
    errors=(errors.BadEnvelope,),
    media_types=("text/plain", "application/openmetrics-text"),
)
LIVE = Route(
    "get_live",
    "GET",
    "/health/live",
    "Whether the event loop turns.",
    documents.LiveDocument,
    is_guarded=False,
    needs_login=False,
)
READY = Route(
    "get_ready",
    "GET",
    "/health/ready",
    "200 when the first round of loading is over, every required model is ready and no stop is under way; else 503.",
    documents.ReadyDocument,
    is_guarded=False,
    needs_login=False,
    unready_answer=documents.ReadyDocument,
)

ROUTES: tuple[Route, ...] = (
    LIST_MODELS,
    GET_METADATA,
    PREDICT,
    SUBSCRIBE,
    LOAD,
    UNLOAD,
    RELOAD,
    LIST_PLUGINS,
    LOGIN,
    LOGOUT,
    OPENAPI,
    ASYNCAPI,
    METRICS,
    LIVE,
    READY,
)


def methods_of(path: str) -> list[str]:
    """The methods that an address of REST takes; none where there is no such address."""
    methods = [route.method for route in ROUTES if re.fullmatch(route.pattern, path)]
    return [*methods, "HEAD"] if "GET" in methods else methods
