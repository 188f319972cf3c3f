from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.errors import OperatorError
from tornado_ml.observers.base import Record
from tornado_ml.observers.entries import encode
from tornado_ml.observers.journal import Journal
from tornado_ml.observers.reading import JournalReader

MakeRecord = Callable[..., Record]
Open = Callable[..., Journal]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def now() -> list[float]:
    return [2000.0]


@pytest.fixture
def open_journal(file: Path, now: list[float]) -> Iterator[Open]:
    made: list[Journal] = []

    def open_journal(max_bytes: int = 1_000_000, max_age_s: float = 0, keep: int = 2) -> Journal:
        made.append(Journal(file, max_bytes=max_bytes, max_age_s=max_age_s, keep=keep, clock=lambda: now[0]))
        return made[-1]

    yield open_journal
    for one in made:
        one.close()


def inputs(file: Path) -> list[Any]:
    return [json.loads(line)["input"] for line in file.read_bytes().splitlines()]


def test_each_record_is_a_line_that_only_the_services_user_can_read(
    open_journal: Open, file: Path, record: MakeRecord
) -> None:
    open_journal().observe([record(1), record(2)])
    open_journal().observe([record(3)])
    assert inputs(file) == [1, 2, 3]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_grows_too_large_is_rotated_and_the_oldest_one_goes(
    open_journal: Open, file: Path, record: MakeRecord
) -> None:
    size = len(encode(record(1)))
    journal = open_journal(max_bytes=2 * size)
    journal.observe([record(1)])
    journal.observe([record(number) for number in range(2, 8)])
    assert inputs(file) == [7]
    assert inputs(file.with_name("journal.jsonl.1")) == [5, 6]
    assert inputs(file.with_name("journal.jsonl.2")) == [3, 4]
    assert not file.with_name("journal.jsonl.3").exists()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_record_larger_than_a_file_gets_one_of_its_own(open_journal: Open, file: Path, record: MakeRecord) -> None:
    journal = open_journal(max_bytes=10)
    journal.observe([record(1), record(2)])
    assert (inputs(file), inputs(file.with_name("journal.jsonl.1"))) == ([2], [1])


def test_a_file_that_grows_too_old_is_rotated_also_after_a_restart(
    open_journal: Open, file: Path, record: MakeRecord, now: list[float]
) -> None:
    open_journal(max_age_s=60).observe([record(1, time=now[0])])
    now[0] += 59
    open_journal(max_age_s=60).observe([record(2)])
    assert inputs(file) == [1, 2]
    now[0] += 1
    open_journal(max_age_s=60).observe([record(3), record(4)])
    assert (inputs(file), inputs(file.with_name("journal.jsonl.1"))) == ([3, 4], [1, 2])


def test_none_need_be_kept(open_journal: Open, file: Path, record: MakeRecord) -> None:
    journal = open_journal(max_bytes=10, keep=0)
    journal.observe([record(1), record(2)])
    assert inputs(file) == [2]
    assert list(file.parent.iterdir()) == [file]


def test_after_a_line_that_was_cut_off_the_next_one_begins_anew(
    open_journal: Open, file: Path, record: MakeRecord
) -> None:
    file.write_bytes(encode(record(1)) + encode(record(2))[:20])
    open_journal().observe([record(3)])
    reader = JournalReader(file)
    assert [one.input for one in reader] == [1, 3]
    assert len(reader.unreadable) == 1


def test_a_full_disk_loses_what_it_has_no_room_for_and_nothing_else(
    open_journal: Open, file: Path, record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal()
    write = os.write

    def full(fd: int, data: Any) -> int:
        if len(data) <= 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, data[:20])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            journal.observe([record(1)])
    journal.observe([record(2)])
    reader = JournalReader(file)
    assert [one.input for one in reader] == [2]


@pytest.mark.parametrize("fails", ["replace", "open"])
def test_a_rotation_that_fails_is_done_the_next_time_and_writes_into_no_other_file(
    open_journal: Open, file: Path, record: MakeRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    journal = open_journal(max_bytes=10)
    journal.observe([record(1)])
    with monkeypatch.context() as patch:
        patch.setattr(*{"replace": (Path, "replace", fail), "open": (os, "open", fail)}[fails])
        for _ in range(3):
            with pytest.raises(OSError, match="Too many"):
                journal.observe([record(2)])
    other = tmp_path / "another client"
    with other.open("wb"):
        journal.observe([record(3)])
    assert other.read_bytes() == b""
    assert (inputs(file), inputs(file.with_name("journal.jsonl.1"))) == ([3], [1])


def test_what_cannot_be_written_is_told_without_what_it_is(
    open_journal: Open, file: Path, record: MakeRecord, caplog: pytest.LogCaptureFixture
) -> None:
    open_journal().observe([record({5: "secret"}), record(2)])
    assert inputs(file) == [2]
    (line,) = caplog.records
    assert line.getMessage().startswith("Request q1 is left out of the journal: ")
    assert "secret" not in line.getMessage()


def test_a_place_where_nothing_can_be_written_is_an_operators_error(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"^observer\.file: .* cannot be written: No such file or directory\.$"):
        Journal(tmp_path / "nowhere" / "journal", max_bytes=1, max_age_s=0, keep=0)
