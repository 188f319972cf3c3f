"""What workers print and log goes to the log, at a rate that the log and the event loop can bear."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import BinaryIO

from tornado_ml.inference.executors.process.records import MAX_BYTES, SEPARATOR, WorkerRecord
from tornado_ml.logs import MODELS

CHUNK_BYTES = 1024 * 1024
LARGE_BYTES = 32 * 1024
PAUSE_S = 0.005
"""Between two large chunks: a model that prints without end is slowed down by its full pipe, the event loop is not."""
MAX_LINES = 100
"""How many lines are logged in `WINDOW_S`; the rest is counted."""
WINDOW_S = 1.0
MAX_LINE_LENGTH = 2000


class Output:
    """The end of a pipe that a worker prints into."""

    def __init__(self) -> None:
        self._transport: asyncio.ReadTransport | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self, name: str) -> BinaryIO:
        """The other end, for the worker; from now on the lines are logged under `tornado_ml.model.NAME`."""
        reader, writer = os.pipe()
        reading, writing = os.fdopen(reader, "rb"), os.fdopen(writer, "wb")
        stream = asyncio.StreamReader(limit=CHUNK_BYTES // 2)
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), reading)
        except BaseException:  # the one who wanted it may be cancelled
            writing.close()
            raise
        self._task = asyncio.create_task(log_output(stream, name))
        return writing

    async def close(self, timeout_s: float) -> None:
        """Log what is left, but not what processes print that the worker has left behind."""
        if self._task is None or self._transport is None:
            return
        await asyncio.wait([self._task], timeout=timeout_s)
        self._transport.close()
        await asyncio.wait([self._task])


async def log_output(stream: asyncio.StreamReader, name: str) -> None:
    """Log the lines of `stream` under `tornado_ml.model.NAME` until it ends."""
    log = logging.getLogger(f"{MODELS}{name}")
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
        rest = rest[: MAX_BYTES + 1]
        if len(chunk) >= LARGE_BYTES:
            await asyncio.sleep(PAUSE_S)
    if dropped:
        log.warning("%d more lines of output were dropped.", dropped)
    if rest:
        _log_line(log, rest)


def _log_line(log: logging.Logger, line: bytes) -> None:
    text, separator, rest = line[: MAX_BYTES + 1].decode("utf-8", "backslashreplace").rstrip("\r").partition(SEPARATOR)
    record = WorkerRecord.read(rest) if separator else None
    if separator and record is None:
        text += rest
    if text:
        log.info("%s", text[:MAX_LINE_LENGTH])
    if record is not None:
        record.log_under(log)
