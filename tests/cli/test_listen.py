from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tornado_ml.testing import RunningServer, running_server

Run = Callable[..., subprocess.CompletedProcess[str]]
Listen = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def server(dropins: Path, no_examples: str) -> Iterator[RunningServer]:
    with running_server(settings=no_examples, directories=[dropins]) as server:
        yield server


@pytest.fixture
def listen(environment: Mapping[str, str], server: RunningServer) -> Iterator[Listen]:
    """Starts the command."""
    started: list[subprocess.Popen[str]] = []

    def listen(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "tornado_ml", "listen", "--url", server.url, *arguments]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield listen
    for process in started:
        process.kill()
        process.communicate()


def read(process: subprocess.Popen[str], count: int) -> list[int]:
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(count)]


def test_each_prediction_is_a_line_until_ctrl_c(listen: Listen) -> None:
    process = listen("echo", "ticks", "--policy", "buffer")
    first, *others = read(process, 5)
    assert others == [first + 1, first + 2, first + 3, first + 4]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_no_more_are_printed_than_are_wanted(listen: Listen) -> None:
    first, *_, last = read(listen("echo", "ticks", "--max-rate-hz", "10"), 6)
    assert last - first > 2 * 5


def test_as_many_are_printed_as_are_wanted(listen: Listen) -> None:
    process = listen("echo", "ticks", "--count", "3")
    output, errors = process.communicate(timeout=60)
    assert (len(output.splitlines()), errors, process.returncode) == (3, "", 0)


def test_a_source_that_comes_to_its_end_is_said(listen: Listen) -> None:
    process = listen("echo", "countdown", "--policy", "buffer")
    output, errors = process.communicate(timeout=60)
    assert [json.loads(line) for line in output.splitlines()] == ["three", "two", "one"]
    assert process.returncode == 1
    assert errors.startswith('Prediction error: {"subscription": "echo/countdown", "code": "NOT_FOUND"')


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["echo", "nobody"], 1, "NOT_FOUND"),
        (["echo", "ticks", "--max-rate-hz", "-1"], 1, "BAD_ENVELOPE"),
        (["echo", "ticks", "--policy", "some"], 2, "is not one of"),
        (["echo", "ticks", "--count", "0"], 2, "is not in the range"),
        (["echo"], 2, "Missing argument 'SOURCE'"),
        (["echo", "ticks", "--url", "localhost"], 2, "is no address of a service"),
        (["echo", "ticks", "--url", "ws://127.0.0.1:1"], 1, "Is the service running?"),
    ],
)
def test_what_cannot_be_listened_to_is_said_kindly(
    run: Run, server: RunningServer, arguments: list[str], code: int, said: str
) -> None:
    done = run("listen", "--url", server.url, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
