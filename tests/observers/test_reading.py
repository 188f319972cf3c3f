from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tornado_ml.observers.base import Record
from tornado_ml.observers.entries import encode
from tornado_ml.observers.reading import JournalReader

MakeRecord = Callable[..., Record]


def write(file: Path, *records: Record) -> None:
    file.write_bytes(b"".join(map(encode, records)))


def test_rotated_files_are_read_first_oldest_first(tmp_path: Path, record: MakeRecord) -> None:
    file = tmp_path / "journal"
    write(file, record(5), record(6))
    write(tmp_path / "journal.1", record(3), record(4))
    write(tmp_path / "journal.2", record(1), record(2))
    write(tmp_path / "journal.4", record(0))  # what is not in the row is something else
    reader = JournalReader(file)
    assert [one.input for one in reader] == [1, 2, 3, 4, 5, 6]
    assert reader.read_bytes == reader.total_bytes > 0
    assert reader.unreadable == []


def test_a_rotated_file_may_be_read_by_itself(tmp_path: Path, record: MakeRecord) -> None:
    write(tmp_path / "journal.1", record(1))
    assert [one.input for one in JournalReader(tmp_path / "journal.1")] == [1]


def test_lines_that_are_no_records_are_told_and_passed_over(tmp_path: Path, record: MakeRecord) -> None:
    file = tmp_path / "journal"
    file.write_bytes(b'{"a": 1}\n\n' + encode(record(1)) + encode(record(2))[:-10])
    reader = JournalReader(file)
    assert [one.input for one in reader] == [1]
    assert reader.unreadable == [f"{file}:1: it is no record of a request", f"{file}:4: it has no end"]


def test_what_is_written_or_rotated_meanwhile_makes_no_difference(tmp_path: Path, record: MakeRecord) -> None:
    file = tmp_path / "journal"
    write(tmp_path / "journal.1", record(1))
    write(file, record(2))
    found = []
    for one in JournalReader(file):
        found.append(one.input)
        with file.open("ab") as lines:
            lines.write(encode(record(3)))
        file.rename(tmp_path / "journal.1")
        write(file, record(4))
    assert found == [1, 2]


def test_there_may_be_nothing_to_read(tmp_path: Path) -> None:
    assert JournalReader(tmp_path / "journal").files == []
