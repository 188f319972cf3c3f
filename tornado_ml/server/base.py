"""What every answer over HTTP has in common: the guard, the security headers, the one error document."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError, RequestHandler, stream_request_body

from tornado_ml.errors import (
    BadEnvelope,
    BodyTooLarge,
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotFound,
    ServiceError,
    UnsupportedMediaType,
)
from tornado_ml.inference.service import InferenceService
from tornado_ml.models.manager import ModelManager
from tornado_ml.plugins import PluginHost
from tornado_ml.protocol.codec import decode_json, encode_json
from tornado_ml.protocol.messages import error_data
from tornado_ml.protocol.routes import HTTP_STATUS, methods_of
from tornado_ml.server.guard import Guard
from tornado_ml.settings import Settings

if TYPE_CHECKING:
    from tornado_ml.server.websocket import SocketRegistry

log = logging.getLogger(__name__)

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "Server": "tornado-ml",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

MAX_DISCARDED_BYTES = 16 * 1024 * 1024
"""How much of a refused body is read and thrown away, so that its sender gets to read the refusal."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The objects that the handlers of one service share."""

    settings: Settings
    guard: Guard
    manager: ModelManager
    plugins: PluginHost
    service: InferenceService
    sockets: SocketRegistry
    web_directory: Path


class GuardedHandler(RequestHandler):
    """Judges Host and Origin before anything else, and answers each error with the error document."""

    is_guarded = True

    def initialize(self, shared: Shared) -> None:
        self.shared = shared
        self._is_judged = False

    def set_default_headers(self) -> None:
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        self._judge()

    def _judge(self) -> None:
        self._is_judged = True
        if not self.is_guarded:
            return
        headers = self.request.headers
        origin = headers.get("Origin")
        refusal = self.shared.guard.refusal(self.request.protocol, headers.get("Host", ""), origin)
        if refusal is not None:
            raise Forbidden(refusal)
        if origin is not None and self.shared.guard.is_allowed_origin(origin):
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
            self.set_header("Access-Control-Expose-Headers", "X-Request-ID")
            self.add_header("Vary", "Origin")

    def write_document(self, document: Any) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(encode_json(document))

    def answer_error(self, error: ServiceError, model_qualified_name: str | None = None) -> None:
        self.set_status(HTTP_STATUS[type(error)])
        if error.retry_after_s is not None:
            self.set_header("Retry-After", str(max(1, round(error.retry_after_s))))
        if isinstance(error, MethodNotAllowed):
            self.set_header("Allow", ", ".join(self.allowed_methods()))
        self.write_document(error_data(error, model_qualified_name))

    def allowed_methods(self) -> list[str]:
        return methods_of(self.request.path) or ["GET", "HEAD"]

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1] if "exc_info" in kwargs else None
        if not self._is_judged:  # Tornado refuses an unknown method before `prepare`
            try:
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
            log.error("%s %s failed.", self.request.method, self.request.path, exc_info=value)

    def check_xsrf_cookie(self) -> None:
        """Needed by no one: the guard refuses the pages of other sites."""


@stream_request_body
class DocumentHandler(GuardedHandler):
    """Answers with JSON documents.

    The body is taken as it streams in, because only so can one that is too large be answered with a document: for
    a handler that is given whole bodies Tornado cuts the connection.
    """

    max_body_bytes = 0

    def initialize(self, shared: Shared) -> None:
        super().initialize(shared)
        self._body = bytearray()
        self._received_bytes = 0

    def prepare(self) -> None:
        super().prepare()
        self.request.connection.set_max_body_size(max(self.max_body_bytes, MAX_DISCARDED_BYTES))  # type: ignore[union-attr]
        length = self.request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > self.max_body_bytes:
            raise self._too_large()

    def data_received(self, chunk: bytes) -> None:
        # An exception that leaves this method would cut the connection without an answer.
        self._received_bytes += len(chunk)
        if self._received_bytes <= self.max_body_bytes:
            self._body += chunk

    def json_body(self, max_depth: int) -> Any:
        """The JSON value that the body is.

        Raises:
            BodyTooLarge: it is over the handler's `max_body_bytes`.
            UnsupportedMediaType: it is declared as something other than JSON.
            BadFrame: it is no JSON, or deeper than `max_depth`.
        """
        if self._received_bytes > self.max_body_bytes:
            raise self._too_large()
        media_type = self.request.headers.get("Content-Type", "application/json").partition(";")[0].strip().lower()
        if re.fullmatch(r"application/(?:[^\s/]+\+)?json", media_type) is None:
            raise UnsupportedMediaType
        return decode_json(bytes(self._body), max_depth)

    def query(self, *names: str) -> dict[str, str]:
        """The query's parameters.

        Raises:
            BadEnvelope: one that is not among `names`, or one that is given twice.
        """
        found: dict[str, str] = {}
        for name, values in self.request.query_arguments.items():
            if name not in names:
                known = f" Known: {', '.join(names)}." if names else ""
                raise BadEnvelope(f"There is no query parameter {name[:100]!r}.{known}")
            if len(values) > 1:
                raise BadEnvelope(f"The query parameter {name!r} is given more than once.")
            found[name] = self.get_query_argument(name)
        return found

    def head(self, *args: str) -> Any:
        """What GET answers, without the body (RFC 9110, section 9.3.2)."""
        if "GET" not in self.allowed_methods():
            raise MethodNotAllowed
        return self.get(*args)

    def options(self, *args: str) -> None:
        """What a browser asks before it lets a page of an allowed origin send (Fetch standard, CORS preflight)."""
        self.set_header("Allow", ", ".join(self.allowed_methods()))
        self.set_header("Access-Control-Allow-Methods", ", ".join(self.allowed_methods()))
        self.set_header("Access-Control-Allow-Headers", "Content-Type")
        self.set_status(204)

    def _too_large(self) -> ServiceError:
        return BodyTooLarge(f"The body is larger than {self.max_body_bytes} bytes.")


class UnknownPathHandler(DocumentHandler):
    def prepare(self) -> None:
        super().prepare()
        raise NotFound
