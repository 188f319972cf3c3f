"""The access log: a line for each request, and two for each socket. What was asked or answered is never in it."""

from __future__ import annotations

import logging
import time

from tornado.web import RequestHandler

from tornado_ml.access import ANYONE, Caller
from tornado_ml.logs import ACCESS
from tornado_ml.metrics.metrics import Traffic

log = logging.getLogger(ACCESS)


def log_request(handler: RequestHandler) -> None:
    """Write the line of a request that has been answered; Tornado's `log_function`."""
    status = handler.get_status()
    if not log.isEnabledFor(logging.INFO) or status == 101:  # the socket says that itself
        return
    request = handler.request
    # The query is left out: it may have what only its sender should know.
    path = _printable(request.path)
    duration_ms = request.request_time() * 1000
    received_bytes = getattr(handler, "received_bytes", 0)
    sent_bytes = getattr(handler, "sent_bytes", 0)
    asked = getattr(handler, "asked", None)
    fields = {
        "method": request.method,
        "path": path,
        "status": status,
        "remote": request.remote_ip,
        "identity": _name_of(getattr(handler, "caller", None)),
        "request_id": None if asked is None else asked.id,
        "duration_ms": round(duration_ms, 3),
        "received_bytes": received_bytes,
        "sent_bytes": sent_bytes,
    }
    text = "%d %s %s (%s) %.2f ms, %d bytes in, %d out%s"
    id = "" if asked is None else f", request {asked.id}"
    values = (status, request.method, path, request.remote_ip, duration_ms, received_bytes, sent_bytes, id)
    log.info(text, *values, extra=fields)


class SocketLog:
    """The lines of one socket.

    Args:
        connection: its name in the log.
        caller: whose it is.
    """

    __slots__ = ("_caller", "_connection", "_opened")

    def __init__(self, connection: str, caller: Caller) -> None:
        self._connection = connection
        self._caller = caller
        self._opened = time.monotonic()
        log.info("Connection %s is open (%s)", connection, caller.address, extra=self._fields())

    def identified(self, caller: Caller) -> None:
        """It turns out whose it is."""
        self._caller = caller

    def closed(self, code: int, traffic: Traffic) -> None:
        """It is over; `code` says how (RFC 6455, section 7.4; 1005 and 1006 where nobody said it)."""
        duration_s = time.monotonic() - self._opened
        counts = {
            "received_frames": traffic.received_frames,
            "received_bytes": traffic.received_bytes,
            "sent_frames": traffic.sent_frames,
            "sent_bytes": traffic.sent_bytes,
        }
        fields = {**self._fields(), "code": code, "duration_ms": round(duration_s * 1000), **counts}
        text = "Connection %s is closed (%s): %s, %.3f s, %d frames (%d bytes) in, %d (%d) out"
        values = (self._connection, self._caller.address, code, duration_s, *counts.values())
        log.info(text, *values, extra=fields)

    def _fields(self) -> dict[str, str | None]:
        return {"connection": self._connection, "remote": self._caller.address, "identity": _name_of(self._caller)}


def _name_of(caller: Caller | None) -> str | None:
    return None if caller is None or caller.identity is ANYONE else caller.identity.name


def _printable(path: str) -> str:
    """A path as it came, without what could make it look like another line."""
    return path if path.isprintable() else path.encode("unicode_escape").decode("ascii")
