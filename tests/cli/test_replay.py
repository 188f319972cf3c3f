from __future__ import annotations

import io
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.cli.main import main
from tornado_ml.cli.replay import _shown, _with_progress
from tornado_ml.client import predict
from tornado_ml.observers.base import Record
from tornado_ml.observers.entries import encode
from tornado_ml.observers.reading import JournalReader
from tornado_ml.testing import running_server

Replay = Callable[..., tuple[int, str, str]]

MODEL = """
from tornado_ml import MLModel, hookimpl


class Adder(MLModel):
    qualified_name = display_name = description = "adder"
    major_version, minor_version = MAJOR, 0
    executor = "thread"
    input_schema = {"type": "object"}
    output_schema = {}

    def predict(self, data):
        return {"sum": data["a"] + data["b"] + EXTRA, "inputs": 2}


@hookimpl
def register_models():
    return [Adder]
"""


@pytest.fixture
def replay(capsys: pytest.CaptureFixture[str]) -> Replay:
    """Calls the command; gives its exit status and what it wrote to stdout and stderr."""

    def replay(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["replay", *map(str, arguments)], prog_name="tornado-ml")
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return replay


def test_a_journal_is_replayed_against_the_same_and_the_next_version(
    replay: Replay, tmp_path: Path, no_examples: str
) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "first.py").write_text(MODEL.replace("MAJOR", "1").replace("EXTRA", "0"))
    (folder / "second.py").write_text(MODEL.replace("MAJOR", "2").replace("EXTRA", "0.25"))
    journal = tmp_path / "journal.jsonl"
    settings = f"{no_examples}\n[observer]\nfile = '{journal}'\nmax_bytes = 400\n"
    with running_server(settings=settings, directories=[folder]) as server:
        for number in range(5):
            predict(server.socket_url, "adder", {"a": number, "b": 1}, model_version="1")
    assert journal.with_name("journal.jsonl.1").is_file()
    with journal.open("ab") as file:
        file.write(b'{"cut off')
    with running_server(settings=no_examples, directories=[folder]) as server:
        code, out, err = replay(journal, "--url", server.url)
        assert (code, err) == (0, "")
        first, unreadable, *times = out.splitlines()
        assert first == "5 asked again: 5 the same, 0 different."
        assert unreadable == f"Not readable: {journal}:2: it has no end."
        assert [line.split()[0] for line in times] == ["predict", "total"]
        against = ("--url", server.url, "--against", "adder", "2.0")
        code, out, _ = replay(journal, *against)
        assert (code, out.splitlines()[0]) == (1, "5 asked again: 0 the same, 5 different.")
        assert "/sum: 5 times\n" in out
        assert replay(journal, *against, "--tolerance", "0.3")[0] == 0
        code, out, _ = replay(journal, *against, "--output", "json")
        report = json.loads(out)
        assert (code, report["replayed"], report["different"]) == (1, 5, 5)
        (difference,) = report["differences"]
        assert (difference["path"], difference["count"], len(difference["examples"])) == ("/sum", 5, 3)
        assert set(report["latency_ms"]["total"]["after"]) == {"p50", "p95", "p99"}
        code, out, err = replay(journal, "--url", server.url, "--model", "nobody")
        assert (code, err) == (2, f"Error: {journal} has nothing of nobody that could be asked again.\n")
        assert "Left out: 5 of other models." in out
        err = replay(journal, "--url", server.url, "--against", "nobody", "1.0")[2]
        assert err.endswith("again. Name the model whose requests it has with --model.\n")
        code, _, err = replay(journal, "--url", server.url, "--model", "adder", "--against", "adder", "3.0")
        assert (code, err) == (2, "Error: adder 3.0: MODEL_NOT_FOUND: Model not found.\n")


def test_without_a_file_or_a_service_nothing_is_found_out(replay: Replay, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    assert replay(journal) == (2, "", f"Error: There is no file {journal}.\n")
    journal.touch()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        code, out, err = replay(journal, "--url", f"ws://127.0.0.1:{listener.getsockname()[1]}")
    assert (code, out) == (2, "")
    assert "Is the service running?" in err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_progress_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    journal = tmp_path / "journal.jsonl"
    record = Record("q1", 1000.5, "echo", "1.0", 1, 1, "OK", 0.1, 0.2, 0.4, 1)
    journal.write_bytes(encode(record) * 3)
    assert list(_with_progress(JournalReader(journal))) == [record] * 3
    assert "Replaying" in terminal.getvalue()
    assert "100%" in terminal.getvalue()


def test_examples_are_short() -> None:
    values: list[Any] = [b"abc", "x" * 100, {"a": b"b"}, None, 1.5]
    assert [_shown(value) for value in values] == ["3 bytes", "x" * 80 + "…", "{'a': b'b'}", "null", "1.5"]
