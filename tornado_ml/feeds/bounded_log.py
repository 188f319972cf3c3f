"""Lines of the log that must not come too often."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

INTERVAL_S = 10.0


class BoundedLog:
    """Writes at most one line in `INTERVAL_S`; the next one says how many were left out.

    Args:
        log: where to.
        clock: monotonic, in seconds.
    """

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._quiet_until = float("-inf")
        self._left_out_count = 0

    def write(self, level: int, text: str, *args: object, cause: BaseException | None = None) -> None:
        """Write a line, with the traceback of its cause, or count it."""
        now = self._clock()
        if now < self._quiet_until:
            self._left_out_count += 1
            return
        if self._left_out_count:
            text += f" ({self._left_out_count} such lines were left out before.)"
        self._quiet_until = now + INTERVAL_S
        self._left_out_count = 0
        self._log.log(level, text, *args, exc_info=cause)
