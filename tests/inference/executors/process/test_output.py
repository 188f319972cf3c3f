from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Callable

import pytest

from tornado_ml.inference.executors.process.output import MAX_LINE_LENGTH, MAX_LINES, Output

Printed = Callable[..., list[str]]


@pytest.fixture
def printed(caplog: pytest.LogCaptureFixture) -> Printed:
    """What is logged of these pieces of output."""
    caplog.set_level(logging.INFO, logger="tornado_ml")

    def printed(*pieces: bytes) -> list[str]:
        async def write() -> None:
            output = Output()
            with await output.open("talker") as end:
                for piece in pieces:
                    await asyncio.to_thread(end.write, piece)
                    end.flush()
            await output.close(20)

        asyncio.run(write())
        assert {record.name for record in caplog.records} <= {"tornado_ml.model.talker"}
        return [record.getMessage() for record in caplog.records]

    return printed


def test_lines_are_logged_under_the_models_name(printed: Printed) -> None:
    assert printed(b"one\ntw", b"o\r\n\n\xff\xfe\nno end") == ["one", "two", "\\xff\\xfe", "no end"]


def test_a_line_without_an_end_is_cut_and_takes_no_memory(printed: Printed) -> None:
    assert printed(b"x" * 5_000_000, b"\nshort\n") == ["x" * MAX_LINE_LENGTH, "short"]


def test_of_a_flood_the_first_lines_are_logged_and_the_others_counted(printed: Printed) -> None:
    lines = printed(*[b"nothing to see here\n" * 50_000] * 10)
    dropped = [int(line.split()[0]) for line in lines if line.endswith("more lines of output were dropped.")]
    shown = lines.count("nothing to see here")
    assert shown >= MAX_LINES
    assert shown + sum(dropped) == 500_000
    assert shown < 50_000


def test_it_ends_although_somebody_else_holds_the_pipe_open(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="tornado_ml")

    async def scenario() -> None:
        output = Output()
        end = await output.open("talker")
        held = os.dup(end.fileno())
        with end:
            end.write(b"last words")
        await output.close(0.1)
        os.close(held)

    asyncio.run(scenario())
    assert [record.getMessage() for record in caplog.records] == ["last words"]


def test_one_who_is_cancelled_while_it_is_opened_leaves_no_file_open() -> None:
    async def scenario() -> None:
        opening = asyncio.create_task(Output().open("talker"))
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        assert opening.cancelled()

    asyncio.run(scenario())
    gc.collect()  # warns of a file that nobody has closed


def test_what_was_never_opened_can_be_closed() -> None:
    asyncio.run(Output().close(0.1))
