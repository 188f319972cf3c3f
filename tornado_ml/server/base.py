"""What every answer over HTTP has in common: the guard, the security headers, the one error document."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tornado.web import HTTPError, RequestHandler, stream_request_body

from tornado_ml.access import Caller
from tornado_ml.access.access import Access
from tornado_ml.access.allowance import Allowance
from tornado_ml.codecs.json import decode_json, encode_json
from tornado_ml.conversation.conversation import Backend
from tornado_ml.errors import (
    BadEnvelope,
    BodyTooLarge,
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    ServiceError,
    Unauthorized,
    UnsupportedMediaType,
)
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.service import InferenceService, Request
from tornado_ml.metrics import declarations
from tornado_ml.metrics.exposition import Exposition
from tornado_ml.models.manager import ModelManager
from tornado_ml.models.shelf import Shelf
from tornado_ml.observers.observers import Observers
from tornado_ml.page.files import PageFiles
from tornado_ml.plugins import PluginHost, Widgets
from tornado_ml.protocol.messages import error_data
from tornado_ml.protocol.routes import HTTP_STATUS, Route, methods_of
from tornado_ml.server.compression import COMPRESSIONS, best_coding
from tornado_ml.server.credentials import find_credential
from tornado_ml.server.guard import Guard
from tornado_ml.settings import Settings

if TYPE_CHECKING:
    from tornado_ml.inference.tracing import RequestTracer
    from tornado_ml.server.websocket import SocketRegistry

log = logging.getLogger(__name__)

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "tornado-ml",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer."""

Login = Literal["needed", "welcome", "ignored"]

MAX_DISCARDED_BYTES = 16 * 1024 * 1024
"""How much of a refused body is read and thrown away, so that its sender gets to read the refusal."""

MIN_COMPRESSED_BYTES = 1024
"""What is shorter fits into one packet as it is."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The objects that the handlers of one service share."""

    settings: Settings
    guard: Guard
    access: Access
    manager: ModelManager[ModelRunner]
    plugins: PluginHost
    service: InferenceService
    backend: Backend
    sockets: SocketRegistry
    page: PageFiles
    widgets: Widgets
    shelf: Shelf[ModelRunner]
    exposition: Exposition
    observers: Observers
    tracer: RequestTracer | None


@stream_request_body
class GuardedHandler(RequestHandler):
    """Judges Host and Origin before anything else, then who asks, and answers each error with the error document.

    Bodies are taken as they stream in: for a handler that is given whole ones Tornado keeps up to 100 MB in memory, and
    cuts the connection where there is more.
    """

    is_guarded = True
    login: Login = "needed"
    """Whether only those are answered who are known, where the service asks who somebody is."""
    errors_to = "http"
    """What its errors are counted as answers to."""
    max_body_bytes = 0
    """How much of a body is kept; what is beyond is thrown away."""

    def initialize(self, shared: Shared) -> None:
        self.shared = shared
        self.caller = shared.access.stranger(str(self.request.remote_ip))
        self._body = bytearray()
        self.received_bytes = self.sent_bytes = 0
        self.asked: Request | None = None

    def set_default_headers(self) -> None:
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> Awaitable[None] | None:
        self.request.connection.set_max_body_size(max(self.max_body_bytes, MAX_DISCARDED_BYTES))  # type: ignore[union-attr]
        try:
            self._judge()
            # What a browser asks before it sends (OPTIONS) has no token yet.
            if self.shared.access.is_on and self.login != "ignored" and self.request.method != "OPTIONS":
                return self._admit_if_known()
            self.admit()
        except ServiceError as refusal:
            self._refuse(refusal)
        return None

    async def _admit_if_known(self) -> None:
        try:
            try:
                self.caller = await self.identified()
            except (Unauthorized, RateLimited):
                if self.login == "needed":
                    raise
            self.admit()
        except ServiceError as refusal:
            self._refuse(refusal)

    async def identified(self) -> Caller:
        """Who asks.

        Raises:
            RateLimited: too many have come from their address that are not known.
            Unauthorized: they show no token, or one that is not known.
            Internal: that could not be found out.
        """
        credential = find_credential(self.request)
        if credential is None:
            raise Unauthorized
        return await self.shared.access.identify(credential.token, self.caller.address)

    def admit(self) -> None:
        """Raises ServiceError if the request is refused, whatever its method and body."""
        length = self.request.headers.get("Content-Length", "")
        # Python takes no number of thousands of digits (sys.set_int_max_str_digits); the first twenty tell enough.
        declared_bytes = int(length[:20]) if length.isascii() and length.isdigit() else 0
        limit = max(self.max_body_bytes, MAX_DISCARDED_BYTES)
        if self._waits_to_send_body() and self.max_body_bytes:
            limit = self.max_body_bytes
        if declared_bytes > limit:
            raise _too_large(limit)

    def _refuse(self, refusal: ServiceError) -> None:
        """Answer when the body is in; at once where it is too large, or its sender waits for leave to send it.

        A connection that is closed with bytes unread is reset, maybe before the sender has read the answer (RFC 9112,
        section 9.6).
        """
        if isinstance(refusal, BodyTooLarge) or self._waits_to_send_body():
            self.set_header("Connection", "close")
            self.answer_error(refusal)
            return

        def refuse(*_: str) -> None:
            raise refusal

        setattr(self, str(self.request.method).lower(), refuse)

    def _waits_to_send_body(self) -> bool:
        return self.request.headers.get("Expect", "").lower() == "100-continue"

    def data_received(self, chunk: bytes) -> None:
        # An exception that leaves this method would cut the connection without an answer.
        self.received_bytes += len(chunk)
        if self.received_bytes <= self.max_body_bytes:
            self._body += chunk

    def body(self) -> bytes:
        """The request's body; raises BodyTooLarge if there is more of it than is kept."""
        if self.received_bytes > self.max_body_bytes:
            raise _too_large(self.max_body_bytes)
        return bytes(self._body)

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Bytes that are no UTF-8 name nothing; by default Tornado answers them before the guard is asked."""
        return value.decode("utf-8", "replace")

    def _judge(self) -> None:
        if not self.is_guarded:
            return
        headers = self.request.headers
        origin = headers.get("Origin")
        self.add_header("Vary", "Origin")
        refusal = self.shared.guard.refusal(self.request.protocol, headers.get("Host", ""), origin)
        if refusal is not None:
            raise Forbidden(refusal)
        if origin is not None and self.shared.guard.is_allowed_origin(origin):
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
            self.set_header("Access-Control-Expose-Headers", "X-Request-ID")

    def write(self, chunk: str | bytes | dict[str, Any]) -> None:
        self.sent_bytes += len(chunk)
        super().write(chunk)

    def write_document(self, document: Any) -> None:
        self.write_content(encode_json(document), "application/json; charset=utf-8")

    def write_content(self, content: bytes, media_type: str) -> None:
        """Answer with what is made anew each time, compressed if it is long and the client takes that."""
        self.set_header("Content-Type", media_type)
        self.set_header("Cache-Control", "no-store")
        if self.request.method in {"GET", "HEAD"} and len(content) >= MIN_COMPRESSED_BYTES:
            content = self._compressed(content)
        self.finish(content)

    def _compressed(self, content: bytes) -> bytes:
        self.add_header("Vary", "Accept-Encoding")
        coding = best_coding(self.request.headers.get("Accept-Encoding", ""), COMPRESSIONS)
        if coding is None:
            return content
        self.set_header("Content-Encoding", coding)
        return COMPRESSIONS[coding](content)

    def flush(self, include_footers: bool = False) -> asyncio.Future[None]:
        if self.shared.service.is_draining and not self._headers_written and "Connection" not in self._headers:
            self.set_header("Connection", "close")  # whoever keeps it open for the next request asks another service
        return super().flush(include_footers)

    def on_finish(self) -> None:
        self.shared.backend.metrics.count(declarations.HTTP_RESPONSES, str(self.get_status()))

    def count_error(self, code: str) -> None:
        self.shared.backend.metrics.count(declarations.ERRORS, self.errors_to, code)

    def answer_error(self, error: ServiceError, model_qualified_name: str | None = None) -> None:
        self.count_error(error.code)
        self.set_status(HTTP_STATUS[type(error)])
        if error.request_id is not None:
            self.set_header("X-Request-ID", error.request_id)
        if error.retry_after_s is not None:
            self.set_header("Retry-After", str(max(1, math.ceil(error.retry_after_s))))
        if isinstance(error, Unauthorized):
            self.set_header("WWW-Authenticate", "Bearer")
        if isinstance(error, MethodNotAllowed):
            self.set_header("Allow", ", ".join(self.allowed_methods()))
        self.write_document(error_data(error, model_qualified_name))

    def allowed_methods(self) -> list[str]:
        return methods_of(self.request.path) or ["GET", "HEAD"]

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        try:
            # For Tornado refuses an unknown method before `prepare`, and has cleared the headers of any other answer.
            self._judge()
        except Forbidden as refused:
            error = refused
        if not isinstance(error, ServiceError):
            # Tornado says 403 of a path that leads out of the page's files.
            named = {400: BadEnvelope, 403: NotFound, 404: NotFound, 405: MethodNotAllowed}
            error = named.get(status_code, Internal)()
        self.answer_error(error)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        if not isinstance(value, ServiceError | HTTPError):
            fields = {"method": self.request.method, "path": self.request.path}
            log.error("%s %s failed.", *fields.values(), exc_info=value, extra=fields)

    def check_xsrf_cookie(self) -> None:
        """Needed by no one: the guard refuses the pages of other sites."""


class DocumentHandler(GuardedHandler):
    """Answers with JSON documents."""

    is_charged = True
    """Whether a request counts by the rate of whoever sent it."""

    @property
    def allowance(self) -> Allowance:
        """What the caller may take."""
        return self.shared.backend.accounts.allowance(self.caller)

    def admit(self) -> None:
        super().admit()
        if self.is_charged and self.is_guarded and self.request.method != "OPTIONS":
            self._charge(1, 0)

    def _charge(self, requests: int, size: int) -> None:
        too_fast = self.allowance.spend(requests, size)
        if too_fast is not None:
            raise too_fast

    def json_body(self, max_depth: int) -> Any:
        """The JSON value that the body is.

        Raises:
            RateLimited: bodies come too fast.
            BodyTooLarge: it is over the handler's `max_body_bytes`.
            UnsupportedMediaType: it is declared as something other than JSON, or as compressed.
            BadFrame: it is no JSON, or deeper than `max_depth`.
        """
        body = self.body()
        self._charge(0, len(body))
        if self.request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("The body must not be compressed: send it without `Content-Encoding`.")
        media_type = self.request.headers.get("Content-Type", "application/json").partition(";")[0].strip().lower()
        if re.fullmatch(r"application/(?:[^\s/]+\+)?json", media_type) is None:
            raise UnsupportedMediaType
        return decode_json(body, max_depth)

    def query(self, route: Route) -> dict[str, str]:
        """The query's parameters, as `route` declares them.

        Raises:
            BadEnvelope: one that the route does not know, that does not look as it should, or that is given twice.
        """
        known = {parameter.name: parameter for parameter in route.query}
        found: dict[str, str] = {}
        for name, values in self.request.query_arguments.items():
            if name not in known:
                hint = f" Known: {', '.join(known)}." if known else ""
                raise BadEnvelope(f"There is no query parameter {name[:100]!r}.{hint}")
            if len(values) > 1:
                raise BadEnvelope(f"The query parameter {name!r} is given more than once.")
            found[name] = self.get_query_argument(name, strip=False)
            if re.fullmatch(known[name].pattern, found[name]) is None or found[name].endswith("\n"):
                raise BadEnvelope(f"The query parameter {name!r} must look like {known[name].example}.")
        return found

    def compute_etag(self) -> str | None:
        """None: these documents are not to be kept (`Cache-Control: no-store`)."""
        return None

    def head(self, *args: str) -> Any:
        """What GET answers, without the body (RFC 9110, section 9.3.2)."""
        if "GET" not in self.allowed_methods():
            raise MethodNotAllowed
        return self.get(*args)

    def options(self, *args: str) -> None:
        """What a browser asks before it lets a page of an allowed origin send (Fetch standard, CORS preflight)."""
        self.set_header("Allow", ", ".join(self.allowed_methods()))
        self.set_header("Access-Control-Allow-Methods", ", ".join(self.allowed_methods()))
        headers = "Authorization, Content-Type" if self.shared.access.is_on else "Content-Type"
        self.set_header("Access-Control-Allow-Headers", headers)
        self.set_status(204)


def _too_large(limit_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {limit_bytes} bytes.")
