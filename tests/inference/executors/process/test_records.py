from __future__ import annotations

import asyncio
import json
import logging
import os
from pathlib import Path

import pytest

from tornado_ml.inference.executors.process.handle import WorkerProcess
from tornado_ml.inference.executors.process.output import log_output
from tornado_ml.inference.executors.process.records import MAX_BYTES, SEPARATOR, LineHandler, WorkerRecord
from tornado_ml.inference.workbench import Predict
from tornado_ml.models.manager import Recipe

TALKER = """
import logging
import warnings

from tornado_ml import MLModel, hookimpl

log = logging.getLogger("talker.inner")


class Talker(MLModel):
    qualified_name = display_name = description = "talker"
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def predict(self, data):
        print("printed", end="")
        log.info("Logged %s.", "well")
        log.debug("Hush.")
        warnings.warn("Beware.")
        try:
            1 / 0
        except ZeroDivisionError:
            logging.exception("It failed.")
        print("last")
        return data


@hookimpl
def register_models():
    return [Talker]
"""


def written(record: logging.LogRecord) -> bytes:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as out:
        handler = LineHandler(writer)
        handler.handle(record)
        os.close(writer)
        return out.read()


def record(message: str, *values: object, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("a.b", level, "", 0, message, values, None)


def logged(caplog: pytest.LogCaptureFixture, output: bytes, level: int = logging.INFO) -> list[tuple[int, str]]:
    """What the service logs of what a worker writes."""
    caplog.set_level(level, logger="tornado_ml.model")

    async def read() -> None:
        stream = asyncio.StreamReader()
        stream.feed_data(output)
        stream.feed_eof()
        await log_output(stream, "talker")

    asyncio.run(read())
    return [(one.levelno, one.getMessage()) for one in caplog.records if one.name == "tornado_ml.model.talker"]


def test_what_a_model_logs_and_prints_is_logged_under_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = tmp_path / "talker.py"
    file.write_text(TALKER)

    async def predict() -> None:
        worker = WorkerProcess("talker")
        await worker.load(Recipe("directory", "talker", str(file), 0), timeout_s=60, max_memory_bytes=0)
        await worker.run(Predict([1], 1, request_id="q7"))
        await worker.close()

    asyncio.run(predict())
    records = [one for one in caplog.records if one.name == "tornado_ml.model.talker"]
    said = [(one.levelname, one.getMessage().splitlines()[0]) for one in records]
    assert said == [
        ("INFO", "printed"),
        ("INFO", "talker.inner: Logged well."),
        ("WARNING", f"py.warnings: {file}:19: UserWarning: Beware."),
        ("ERROR", "It failed."),
        ("INFO", "last"),
    ]
    assert [getattr(one, "request_id", None) for one in records] == [None, "q7", "q7", "q7", None]
    assert (records[3].exc_text or "").splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_a_record_stays_one_whatever_is_in_it(caplog: pytest.LogCaptureFixture) -> None:
    texts = ["two\nlines", "\x1e{}", "\ud800", "%s", "x" * 4000]
    output = b"".join(written(record("%s", text)) for text in texts)
    assert [text for _, text in logged(caplog, output)] == [f"a.b: {text}" for text in texts]


def test_the_longest_record_arrives_whole(caplog: pytest.LogCaptureFixture) -> None:
    one = record("\U0001f600" * 10_000)
    one.exc_text = "\U0001f600" * 10_000
    line = written(one)
    assert len(line) <= MAX_BYTES
    ((_, text),) = logged(caplog, line)
    assert text == "a.b: " + "\U0001f600" * 4000


def test_what_the_services_log_does_not_want_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    output = written(record("Hush.", level=logging.DEBUG)) + written(record("Hear.", level=logging.WARNING))
    assert logged(caplog, output) == [(logging.WARNING, "a.b: Hear.")]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"level": 20}', '{"level": "20", "logger": "a", "message": "b"}', '{"level": 20, "x": 1}']
)
def test_what_only_begins_like_a_record_is_text(caplog: pytest.LogCaptureFixture, text: str) -> None:
    assert WorkerRecord.read(text) is None
    expected = [(logging.INFO, f"printed{text}")]
    assert logged(caplog, f"printed{SEPARATOR}{text}\n".encode()) == expected


def test_a_record_that_cannot_be_made_hurts_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    assert written(record("%d", "no number")) == b""
    assert "--- Logging error ---" in capfd.readouterr().err
    assert json.loads(written(record("%d", 1))[1:])["message"] == "1"
