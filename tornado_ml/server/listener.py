"""Takes connections, but no more than the process has files for.

Out of file descriptors, Tornado's accept loop spins and writes a traceback at each turn.
"""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import time
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

if sys.platform != "win32":
    import resource

log = logging.getLogger(__name__)

SPARE_FILES = 100
"""How many are kept for all else that opens files: the page, plugins, models and their workers."""
REMIND_S = 60.0


def allow_files(wanted: int) -> float:
    """Let this process have `wanted` files open, as far as the system lets it.

    Returns:
        How many it may have open; infinity where there is no limit.

    """
    if sys.platform == "win32":
        return math.inf
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        # ValueError: macOS has a lower limit yet than the one it tells.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    return math.inf if soft == resource.RLIM_INFINITY else soft


class BoundedServer(HTTPServer):
    """A server that turns connections away when files run out.

    Args:
        max_files: how many files the process may have open.
    """

    def initialize(self, *args: Any, max_files: float = math.inf, **options: Any) -> None:
        super().initialize(*args, **options)
        self._max_files = max_files
        self._max_number = max_files - min(SPARE_FILES, max_files / 2)
        self._told_at = -math.inf

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        # A new file gets the lowest number that is free, so its number says how many are open at least (POSIX, open).
        if stream.socket.fileno() < self._max_number:
            super().handle_stream(stream, address)
            return
        stream.close()
        if time.monotonic() - self._told_at > REMIND_S:
            self._told_at = time.monotonic()
            log.warning("Connections are turned away: the process may have only %g files open.", self._max_files)
