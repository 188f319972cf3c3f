"""How what a model logs gets out of its worker process: as one line for each record, among what it prints.

A line is the record separator of RFC 7464 and a JSON object: level, logger, message, and the traceback and the
request if there is one.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import asdict, dataclass
from typing import Self

from tornado_ml.logs import request_of

SEPARATOR = "\x1e"
MAX_MESSAGE_LENGTH = 4000
MAX_TRACEBACK_LENGTH = 8000
"""Of a longer one the end is kept, which says what happened."""
MAX_BYTES = 6 * (MAX_MESSAGE_LENGTH + MAX_TRACEBACK_LENGTH) + 1000
"""How long a line may be: a character takes six bytes at most."""


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """What a model has logged."""

    level: int
    logger: str
    message: str
    traceback: str | None = None
    request_id: str | None = None

    @classmethod
    def read(cls, line: str) -> Self | None:
        """The record that a line is, which began with the separator; None if it is none."""
        try:
            record = cls(**json.loads(line))
        except (TypeError, ValueError):
            return None
        texts = (record.logger, record.message, record.traceback or "", record.request_id or "")
        return record if type(record.level) is int and all(isinstance(text, str) for text in texts) else None

    def log_under(self, log: logging.Logger) -> None:
        """Write it to a log of this process."""
        if log.isEnabledFor(self.level):
            text = self.message if self.logger == "root" else f"{self.logger}: {self.message}"
            record = log.makeRecord(log.name, self.level, "", 0, "%s", (text,), None)
            record.exc_text = self.traceback
            record.request_id = self.request_id
            log.handle(record)


class LineHandler(logging.Handler):
    """Writes records as lines to a file descriptor."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    def emit(self, record: logging.LogRecord) -> None:
        try:
            traceback = record.exc_text
            if record.exc_info and not traceback:
                traceback = logging.Formatter().formatException(record.exc_info)
            message = record.getMessage()[:MAX_MESSAGE_LENGTH]
            kept = traceback[-MAX_TRACEBACK_LENGTH:] if traceback else None
            written = WorkerRecord(record.levelno, record.name, message, kept, request_of(record))
            line = json.dumps(asdict(written), ensure_ascii=False)
            sys.stdout.flush()
            os.write(self._fd, f"{SEPARATOR}{line}\n".encode(errors="backslashreplace"))
        except Exception:  # as every handler does: what is logged must not fail who logs it
            self.handleError(record)


def log_to_service(level: int) -> None:
    """Let all that is logged in this worker process go to the service's log, from a level on."""
    logging.basicConfig(level=level, handlers=[LineHandler(1)], force=True)
    logging.captureWarnings(True)
