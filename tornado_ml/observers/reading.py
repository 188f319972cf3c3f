"""Reads what a journal has written, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
        self.total_bytes = sum(path.stat().st_size for path in self.files)
        self.read_bytes = 0
        self.unreadable: list[str] = []

    def __iter__(self) -> Iterator[Record]:
        for path in self.files:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    self.read_bytes += len(line)
                    if not line.strip():
                        continue
                    try:
                        yield entries.decode(line)
                    except ValueError as error:
                        why = str(error) if line.endswith(b"\n") else "it has no end"
                        self.unreadable.append(f"{path}:{number}: {why}")
