"""The observer that comes with the service: it writes a line of JSON for each request, into files that are rotated."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tornado_ml.errors import OperatorError
from tornado_ml.observers import entries
from tornado_ml.observers.base import Observer, Record

log = logging.getLogger(__name__)

_MODE = 0o600
"""Inputs are nobody else's business."""


class Journal(Observer):
    """Writes what it observes to `file`; older lines are in `file.1`, still older ones in `file.2`, and so on.

    Only its own service may write to a file.

    Args:
        file: made if it is not there.
        max_bytes: how large a file may grow before it is rotated.
        max_age_s: how old the first line of a file may grow; 0 is no limit.
        keep: how many rotated files are kept.
        clock: seconds since 1970.

    Raises:
        OperatorError: the file cannot be written.
    """

    name = "journal"

    def __init__(
        self, file: Path, *, max_bytes: int, max_age_s: float, keep: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._keep = keep
        self._clock = clock
        self._is_torn = False
        """Whether the last line may lack its end."""
        try:
            self._open()
        except OSError as error:
            raise OperatorError(f"observer.file: {file} cannot be written: {error.strerror}.") from error

    def observe(self, records: Sequence[Record]) -> None:
        chunk = bytearray()
        for line in self._lines(records):
            size = self._size + len(chunk)
            if size and (size + len(line) > self._max_bytes or self._is_old()):
                self._write(chunk)
                chunk.clear()
                self._rotate()
                size = 0
            if not size:
                self._began = self._clock()
            chunk += line
        self._write(chunk)

    def close(self) -> None:
        os.close(self._fd)

    def _lines(self, records: Sequence[Record]) -> Iterator[bytes]:
        for record in records:
            try:
                yield entries.encode(record)
            except (TypeError, RecursionError) as error:
                log.warning("Request %s is left out of the journal: %s", record.request_id, error)

    def _is_old(self) -> bool:
        return self._max_age_s > 0 and self._clock() - self._began >= self._max_age_s

    def _write(self, chunk: bytearray) -> None:
        if not chunk:
            return
        view = memoryview(b"\n" + chunk if self._is_torn else bytes(chunk))
        self._is_torn = True
        while view:  # a disk that is nearly full takes a part
            count = os.write(self._fd, view)
            self._size += count
            view = view[count:]
        self._is_torn = False

    def _open(self) -> None:
        self._fd = os.open(self._file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        self._size = os.fstat(self._fd).st_size
        self._began = self._clock()
        self._is_torn = False
        if self._size:
            self._is_torn = os.pread(self._fd, 1, self._size - 1) != b"\n"
            with suppress(ValueError), self._file.open("rb") as lines:
                self._began = entries.decode(lines.readline()).time

    def _rotate(self) -> None:
        if self._file.exists():  # else it was moved away, maybe by a rotation that came no further
            for number in range(self._keep, 0, -1):
                older = rotated(self._file, number)
                newer = rotated(self._file, number - 1)
                with suppress(FileNotFoundError):
                    newer.replace(older)
            if not self._keep:
                self._file.unlink(missing_ok=True)
        full = self._fd
        self._open()
        os.close(full)  # not before: what is opened meanwhile would get its number, and then these lines


def rotated(file: Path, number: int) -> Path:
    """Where the lines of `file` are after so many rotations."""
    return file.with_name(f"{file.name}.{number}") if number else file
