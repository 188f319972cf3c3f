"""Tells the supervisor that started this process how it is (sd_notify(3), sd_watchdog_enabled(3))."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import MutableMapping

log = logging.getLogger(__name__)


class Supervisor:
    """Who wants to be told, if anybody does.

    Args:
        environ: the environment variables; those that are about this are taken out, as no worker is to use them.

    Attributes:
        watchdog_s: after how many seconds without a sign of life the process is ended; None if nobody watches.
    """

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        address = environ.pop("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watched_pid = environ.pop("WATCHDOG_PID", str(os.getpid()))
        interval_us = environ.pop("WATCHDOG_USEC", "")
        is_watched = address and watched_pid == str(os.getpid()) and interval_us.isascii() and interval_us.isdigit()
        self.watchdog_s = (int(interval_us[:18]) / 1e6 or None) if is_watched else None

    @property
    def listens(self) -> bool:
        """Whether there is one."""
        return bool(self._address)

    def tell(self, *assignments: str) -> bool:
        """Send a message of lines like `READY=1`. Whether it has been sent; the loop does not wait for that."""
        if not self._address or not assignments:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.connect(self._address)
                sender.send("\n".join(assignments).encode())
        except OSError as error:
            log.warning("The supervisor cannot be told %s: %s", assignments[0], error)
            return False
        return True
