from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from tornado_ml.logs import (
    ACCESS,
    FIELDS,
    MAX_ALIKE,
    MODELS,
    WINDOW_S,
    BoundedHandler,
    JSONFormatter,
    TextFormatter,
    about_request,
    configure,
)


class Log:
    """A handler with a clock that the test sets, and what it has written."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.now = 1000.0
        self.stream = io.StringIO()
        self.handler = BoundedHandler(self.stream, lambda: self.now)
        self.handler.setFormatter(formatter)

    def write(self, text: str, *values: object, name: str = "a.b", level: int = logging.INFO, **extra: Any) -> None:
        logger = logging.Logger(name)
        logger.addHandler(self.handler)
        logger.log(level, text, *values, **extra)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def make() -> Iterator[Callable[[logging.Formatter], Log]]:
    made: list[Log] = []

    def make(formatter: logging.Formatter) -> Log:
        made.append(Log(formatter))
        return made[-1]

    yield make
    for log in made:
        log.handler.close()


@pytest.fixture
def text(make: Callable[[logging.Formatter], Log]) -> Log:
    return make(TextFormatter())


@pytest.fixture
def objects(make: Callable[[logging.Formatter], Log]) -> Log:
    return make(JSONFormatter())


def test_a_line_for_people_has_time_level_logger_and_message(text: Log) -> None:
    text.write("Hello %s.", "you")
    time, rest = text.lines[0].split(" ", 1)
    assert (datetime.strptime(time, "%H:%M:%S").date(), rest) == (
        datetime(1900, 1, 1).date(),
        "INFO    a.b: Hello you.",
    )


def test_an_object_has_the_time_in_utc_and_the_fields_that_were_given(objects: Log) -> None:
    objects.write("Hello %s.", "you", extra={"request_id": "q1", "model": None, "input_data": "secret"})
    (line,) = objects.objects
    assert abs(datetime.fromisoformat(line.pop("time")).timestamp() - datetime.now().timestamp()) < 60
    assert line == {"level": "INFO", "logger": "a.b", "message": "Hello you.", "request_id": "q1"}
    assert re.match(r'\{"time": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", ', objects.lines[0])


def test_what_is_logged_while_a_request_is_worked_on_has_its_id(objects: Log) -> None:
    with about_request("q1"):
        objects.write("Inside.")
        with about_request(""):
            objects.write("Of several.")
        objects.write("Of another.", extra={"request_id": "q2"})
    objects.write("After.")
    assert [line.get("request_id") for line in objects.objects] == ["q1", None, "q2", None]


FORGED = "bad\n12:00:00 ERROR   a.b: all is lost\r\x1b[2J\x9b2J\x85\u2028\u202etxt"


def test_whatever_a_line_tells_it_cannot_look_like_another_or_command_a_terminal(text: Log) -> None:
    text.write("It says %s", FORGED)
    assert [line[:1].isspace() for line in text.lines] == [False, True]
    assert text.lines[1].endswith("all is lost\\u000d\\u001b[2J\\u009b2J\\u0085\\u2028\\u202etxt")


def test_an_object_is_one_line_to_every_reader_and_says_the_same(objects: Log) -> None:
    objects.write("It says %s", FORGED)
    (line,) = objects.lines
    assert line.isprintable()
    assert json.loads(line)["message"] == f"It says {FORGED}"


def test_a_traceback_is_one_string(objects: Log) -> None:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        objects.write("It failed.", level=logging.ERROR, exc_info=True)
    (line,) = objects.objects
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ZeroDivisionError: division by zero")


def test_what_a_model_prints_has_its_name(objects: Log) -> None:
    objects.write("printed", name=f"{MODELS}iris_model")
    assert objects.objects[0]["model"] == "iris_model"


def test_of_lines_that_are_alike_the_first_are_written_and_the_others_counted(text: Log) -> None:
    for number in range(MAX_ALIKE + 123):
        text.write("Number %d.", number)
    text.write("Another one.")
    assert len(text.lines) == MAX_ALIKE + 1
    text.now += WINDOW_S
    text.handler.sum_up()
    assert text.lines[-1].endswith("INFO    a.b: … 123 more like this: Number %d.")
    text.write("Number %d.", 1)
    assert text.lines[-1].endswith(": Number 1.")
    assert len(text.lines) == MAX_ALIKE + 3


def test_lines_of_another_logger_level_or_template_are_not_alike(text: Log) -> None:
    for _ in range(MAX_ALIKE):
        text.write("One.")
        text.write("Two.")
        text.write("One.", name="a.c")
        text.write("One.", level=logging.WARNING)
    assert len(text.lines) == 4 * MAX_ALIKE


def test_the_count_is_told_when_the_same_comes_again_and_in_the_end(text: Log) -> None:
    for _ in range(MAX_ALIKE + 1):
        text.write("One.")
    text.now += WINDOW_S
    text.write("One.")
    assert [line.split(": ", 1)[1] for line in text.lines[-2:]] == ["… 1 more like this: One.", "One."]
    for _ in range(MAX_ALIKE + 1):
        text.write("Two.")
    text.handler.close()
    assert text.lines[-1].endswith(": … 1 more like this: Two.")


def test_the_count_is_told_although_nothing_more_is_logged() -> None:
    code = f"""
import logging, sys, time
from tornado_ml.logs import configure
configure(logging.INFO, "text")
for number in range({MAX_ALIKE} + 5):
    logging.info("Number %d.", number)
while True:
    time.sleep(1)
"""
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(MAX_ALIKE + 1)]
        process.kill()
    assert lines[-1].endswith("root: … 5 more like this: Number %d.\n")


@pytest.mark.parametrize("name", [ACCESS, f"{MODELS}iris_model"])
def test_requests_and_what_models_print_are_all_written(text: Log, name: str) -> None:
    for _ in range(MAX_ALIKE + 5):
        text.write("%s", "the same", name=name)
    assert len(text.lines) == MAX_ALIKE + 5


def test_a_flood_of_templates_is_not_kept(text: Log) -> None:
    for number in range(1000):
        text.write(f"Number {number}.")
        text.now += WINDOW_S / 10
    assert len(text.handler._windows) < 30
    assert len(text.lines) == 1000


LOGS = """
import logging, sys, threading, warnings
from tornado_ml.logs import ACCESS, configure
configure(logging.INFO, *sys.argv[1:2], has_access=len(sys.argv) > 2)
logging.getLogger("a").info("Hello.")
logging.getLogger("a").debug("Hush.")
logging.getLogger(ACCESS).info("200 GET /")
warnings.warn("Beware.")
thread = threading.Thread(target=lambda: 1 / 0, name="worker")
thread.start()
thread.join()
"""


def logged(*arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", LOGS, *arguments], capture_output=True, check=True, text=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_where_nobody_looks_on_everything_is_an_object_a_line() -> None:
    lines = [json.loads(line) for line in logged()]
    assert [line["logger"] for line in lines] == ["a", "py.warnings", "tornado_ml.logs"]
    assert "ZeroDivisionError" in lines[-1]["traceback"]
    assert lines[-1]["message"] == "The thread worker has failed."


def test_the_access_log_is_written_where_it_is_asked_for() -> None:
    lines = logged("text", "access")
    assert [line[9:] for line in lines[:2]] == ["INFO    a: Hello.", f"INFO    {ACCESS}: 200 GET /"]


def test_where_somebody_has_said_where_the_log_goes_it_goes_there(caplog: pytest.LogCaptureFixture) -> None:
    before = (logging.getLogger().level, threading.excepthook)
    configure(logging.CRITICAL)
    assert (logging.getLogger().level, threading.excepthook) == before
    logging.getLogger("a").warning("Hello.")
    assert caplog.messages == ["Hello."]


def test_each_field_is_on_the_page(request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "docs" / "how-to" / "log-and-observe.md").read_text(encoding="utf-8")
    assert [name for name in FIELDS if f"`{name}`" not in page] == []
