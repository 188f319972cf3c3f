"""The log: how a record is written, where to, and how often. Nothing of the service is known here.

Whoever logs gives what a program may look for as `extra`, under the names of `FIELDS`. The text has it as well, for
people.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

FIELDS: Mapping[str, str] = {
    "request_id": "The request, as an answer names it (`meta.request_id`, or the header `X-Request-ID`).",
    "connection": "The socket or the stream of events.",
    "model": "The qualified name of the model.",
    "code": "The code of an error, or with which a socket was closed.",
    "method": "Access log: the HTTP method.",
    "path": "Access log: the path, without its query.",
    "status": "Access log: the HTTP status.",
    "remote": "Access log: the address of the client.",
    "identity": "Access log: who asked, where the service asks for that.",
    "duration_ms": "Access log: milliseconds from the request to its answer; of a socket, that it was open.",
    "received_bytes": "Access log: the bytes of the body, or of a socket's frames.",
    "sent_bytes": "Access log: the same for what was sent.",
    "received_frames": "Access log: how many frames a socket has received.",
    "sent_frames": "Access log: how many it has sent.",
}
"""What a JSON line has beside time, level, logger, message and traceback, where it is known."""

ACCESS = "tornado_ml.access"
"""The logger with a line for each request, and two for each socket."""
MODELS = "tornado_ml.model."
"""What the loggers begin with under which models print and log in their workers; their model's name follows."""

_request_id: ContextVar[str] = ContextVar("request_id", default="")


@contextmanager
def about_request(request_id: str) -> Iterator[None]:
    """What is logged meanwhile is about this request; about none that is known, if it is empty."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


def request_of(record: logging.LogRecord) -> str | None:
    """The id of the request that a record is about: as it says, or by `about_request`."""
    said: str | None = record.__dict__.get("request_id")
    return said or _request_id.get() or None


MAX_ALIKE = 10
"""How many lines with one template and logger are written in `WINDOW_S`; the rest is counted."""
WINDOW_S = 1.0
_UNBOUNDED = (ACCESS, MODELS)
"""Loggers whose lines are not alike, or are counted where they come from."""


# Control characters but tab and newline, and what ends a line or turns its direction (Unicode, annex 9).
_DECEPTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def _plain(text: str) -> str:
    """`text` with what could make a line look like another one, or command a terminal, written as in JSON."""
    return _DECEPTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class TextFormatter(logging.Formatter):
    """For a terminal. What begins at the margin is the beginning of a record, whatever it tells."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return _plain(super().format(record)).replace("\n", "\n    ")


class JSONFormatter(logging.Formatter):
    """For a program: an object a line."""

    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.name.startswith(MODELS):
            document["model"] = record.name.removeprefix(MODELS)
        document |= {name: record.__dict__[name] for name in FIELDS if record.__dict__.get(name) is not None}
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            document["traceback"] = record.exc_text
        return _plain(json.dumps(document, ensure_ascii=False, default=str))


@dataclass(slots=True)
class _Window:
    ends: float
    count: int = 0
    last: logging.LogRecord | None = None
    """The latest of those that were held back."""


class BoundedHandler(logging.StreamHandler[TextIO]):
    """Writes records; of many that are alike the first ones, and then one line that says how many there were.

    Args:
        stream: where to.
        clock: monotonic, in seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._clock = clock
        self._windows: dict[tuple[str, int, str], _Window] = {}
        self._sums_up_at = -math.inf
        self._timer: threading.Timer | None = None

    def handle(self, record: logging.LogRecord) -> bool:
        record.request_id = request_of(record)
        return self._passes(record) and super().handle(record)

    def sum_up(self) -> None:
        """Say how many were held back, of those whose time is over; a timer sees to the others."""
        self._sum_up(self._clock())

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._sum_up(math.inf)
        super().close()

    def _passes(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(_UNBOUNDED):
            return True
        key = (record.name, record.levelno, str(record.msg))
        with self._lock():
            now = self._clock()
            window = self._windows.get(key)
            if window is None or window.ends <= now:
                if window is not None or now >= self._sums_up_at:
                    self._sum_up(now)
                window = self._windows[key] = _Window(now + WINDOW_S)
            window.count += 1
            if window.count > MAX_ALIKE:
                window.last = record
                if self._timer is None:
                    self._sum_up_later()
            return window.last is None

    def _sum_up(self, now: float) -> None:
        with self._lock():
            over = [key for key, window in self._windows.items() if window.ends <= now]
            for window in [self._windows.pop(key) for key in over]:
                if window.last is not None:
                    self.emit(_summary(window.last, window.count - MAX_ALIKE))
            self._sums_up_at = now + WINDOW_S

    def _sum_up_later(self) -> None:
        self._timer = threading.Timer(WINDOW_S, self._on_time)
        self._timer.daemon = True
        self._timer.start()

    def _on_time(self) -> None:
        with self._lock():
            self._timer = None
            self.sum_up()
            if any(window.last is not None for window in self._windows.values()):
                self._sum_up_later()

    def _lock(self) -> AbstractContextManager[Any]:
        assert self.lock is not None
        return self.lock


def _summary(last: logging.LogRecord, count: int) -> logging.LogRecord:
    """A line in the place of many; it has their template, and none of their values."""
    text = f"… {count} more like this: {str(last.msg).splitlines()[0] if last.msg else ''}"
    return logging.LogRecord(last.name, last.levelno, last.pathname, last.lineno, text, None, None, last.funcName)


def configure(level: int, form: str = "auto", *, has_access: bool = False) -> None:
    """Write the log of this process to standard error, unless somebody has said already where it goes.

    Args:
        level: what is less important is not written.
        form: `text`, `json`, or `auto`: text on a terminal, and JSON elsewhere.
        has_access: whether the access log is written.
    """
    if logging.getLogger().handlers:
        return
    handler = BoundedHandler(sys.stderr)
    is_text = handler.stream.isatty() if form == "auto" else form == "text"
    handler.setFormatter(TextFormatter() if is_text else JSONFormatter())
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger(ACCESS).setLevel(logging.INFO if has_access else logging.CRITICAL)
    if not is_text:  # there is nothing but objects
        logging.captureWarnings(True)
        threading.excepthook = _log_thread


def _log_thread(failed: threading.ExceptHookArgs) -> None:
    """What a thread died of, which would be written as it comes."""
    if failed.exc_type is not SystemExit and failed.exc_value is not None:
        name = failed.thread.name if failed.thread is not None else "?"
        logging.getLogger(__name__).error("The thread %s has failed.", name, exc_info=failed.exc_value)
