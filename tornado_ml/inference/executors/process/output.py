"""What workers print goes to the log, at a rate that the log and the event loop can bear."""

from __future__ import annotations

import asyncio
import logging

CHUNK_BYTES = 256 * 1024
PAUSE_S = 0.005
"""Between two full chunks: a model that prints without end is slowed down by its full pipe, the event loop is not."""
MAX_LINES = 100
"""How many lines are logged in `WINDOW_S`; the rest is counted."""
WINDOW_S = 1.0
MAX_LINE_LENGTH = 2000


async def log_output(stream: asyncio.StreamReader, name: str) -> None:
    """Log the lines of `stream` under `tornado_ml.model.NAME` until it ends."""
    log = logging.getLogger(f"tornado_ml.model.{name}")
    loop = asyncio.get_running_loop()
    window_ends, logged, dropped = 0.0, 0, 0
    rest = b""
    while chunk := await stream.read(CHUNK_BYTES):
        now = loop.time()
        if now >= window_ends:
            if dropped:
                log.warning("%d more lines of output were dropped.", dropped)
            window_ends, logged, dropped = now + WINDOW_S, 0, 0
        lines = (rest + chunk).split(b"\n", MAX_LINES - logged)
        rest = lines.pop()
        for line in lines:
            _log_line(log, line)
        logged += len(lines)
        if logged >= MAX_LINES:
            dropped += rest.count(b"\n")
            rest = rest.rpartition(b"\n")[2]
        rest = rest[: MAX_LINE_LENGTH + 1]
        if len(chunk) >= CHUNK_BYTES // 4:
            await asyncio.sleep(PAUSE_S)
    if dropped:
        log.warning("%d more lines of output were dropped.", dropped)
    if rest:
        _log_line(log, rest)


def _log_line(log: logging.Logger, line: bytes) -> None:
    text = line[:MAX_LINE_LENGTH].decode("utf-8", "backslashreplace").rstrip("\r")
    if text:
        log.info("%s", text)
