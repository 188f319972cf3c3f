"""Lines that do not come too often."""

from __future__ import annotations

import logging

import pytest

from tornado_ml.feeds.bounded_log import INTERVAL_S, BoundedLog


def test_one_line_is_written_in_an_interval_and_the_next_tells_what_was_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    log = BoundedLog(logging.getLogger("tornado_ml.test"), clock=lambda: now)
    for number in range(5):
        log.write(logging.ERROR, "It failed for the %d. time.", number)
    now = INTERVAL_S
    log.write(logging.ERROR, "It failed again.")
    now = 2 * INTERVAL_S
    log.write(logging.WARNING, "And again.", cause=ValueError("so"))
    assert [record.getMessage() for record in caplog.records] == [
        "It failed for the 0. time.",
        "It failed again. (4 such lines were left out before.)",
        "And again.",
    ]
    assert "ValueError: so" in caplog.text
