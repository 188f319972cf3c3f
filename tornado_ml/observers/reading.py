"""Reads what a journal has written, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from tornado_ml.observers import entries
from tornado_ml.observers.base import Record
from tornado_ml.observers.journal import rotated


class JournalReader:
    """The records of a journal.

    Args:
        file: its newest file; the rotated ones are read first.

    Attributes:
        files: those that there are, oldest first.
        total_bytes: how much there is to read.
        read_bytes: how much has been read.
        unreadable: where lines are that are no records, and why; the last one of a file may have been cut off.
    """

    def __init__(self, file: Path) -> None:
        count = 0
        while rotated(file, count + 1).is_file():
            count += 1
        self.files = [path for number in range(count, -1, -1) if (path := rotated(file, number)).is_file()]
        self._sizes = [path.stat().st_size for path in self.files]
        self.total_bytes = sum(self._sizes)
        self.read_bytes = 0
        self.unreadable: list[str] = []

    def __iter__(self) -> Iterator[Record]:
        with ExitStack() as files:
            # All at once: its service may go on writing, and rotate them meanwhile.
            opened = [files.enter_context(path.open("rb")) for path in self.files]
            for path, lines, size in zip(self.files, opened, self._sizes, strict=True):
                yield from self._records(path, lines, size)

    def _records(self, path: Path, lines: BinaryIO, size: int) -> Iterator[Record]:
        end = self.read_bytes + size
        for number, line in enumerate(lines, start=1):
            if self.read_bytes >= end:  # written after the reading began, maybe because of it
                return
            self.read_bytes += len(line)
            if not line.strip():
                continue
            try:
                yield entries.decode(line)
            except ValueError as error:
                why = str(error) if line.endswith(b"\n") else "it has no end"
                self.unreadable.append(f"{path}:{number}: {why}")
