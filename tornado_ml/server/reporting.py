"""Keeps the supervisor informed: whether the service is ready, loads anew or stops, and that its loop turns."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tornado_ml.models.manager import ModelState
from tornado_ml.protocol.payloads import Document
from tornado_ml.server.notify import Supervisor

TICK_S = 5.0
"""How often the supervisor hears of it while models load."""
MORE_S = 30.0
"""For how much longer it is asked for patience each time."""
MAX_STATUS_LENGTH = 300


class Reporter:
    """Tells a supervisor how the service is.

    Args:
        supervisor: who is told, if there is anybody.
        readiness: gives the document of `/health/ready`.
        is_loading: whether the service is still starting.
    """

    def __init__(
        self, supervisor: Supervisor, readiness: Callable[[], Document], is_loading: Callable[[], bool]
    ) -> None:
        self._supervisor = supervisor
        self._readiness = readiness
        self._is_loading = is_loading
        self._has_said_ready = False
        self._said_status = ""
        self._reload_count = 0
        self._is_stopping = False

    async def run(self) -> None:
        """Report until it is cancelled. While the loop stands still nothing is said: that is what a watchdog is for."""
        watchdog_s = self._supervisor.watchdog_s or math.inf
        while self._supervisor.listens:
            self.report()
            if math.isfinite(watchdog_s):
                self._supervisor.tell("WATCHDOG=1")
            if self._is_loading():
                self._supervisor.tell(_more_time(MORE_S))
            await asyncio.sleep(min(watchdog_s / 2, TICK_S))

    def report(self) -> None:
        """Say what has changed, if anything has."""
        if not self._supervisor.listens or self._is_stopping or self._reload_count:
            return
        document = self._readiness()
        is_ready = document["status"] == "ready"
        status = status_of(document, is_loading=self._is_loading())
        news = [] if self._has_said_ready or not is_ready else ["READY=1"]
        if status != self._said_status:
            news.append(f"STATUS={status}")
        if self._supervisor.tell(*news):
            self._has_said_ready = self._has_said_ready or is_ready
            self._said_status = status

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """For as long as a `with` lasts, what was ready is loaded anew."""
        if self._has_said_ready and not self._reload_count and not self._is_stopping:
            # The supervisor tells by the time which of its requests this is the answer to.
            now = f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}"
            self._supervisor.tell("RELOADING=1", now, "STATUS=Loading anew.")
        self._reload_count += 1
        try:
            yield
        finally:
            self._reload_count -= 1
            self._has_said_ready = False
            self._said_status = ""
            self.report()

    def stopping(self, within_s: float) -> None:
        """From now on the service stops."""
        self._is_stopping = True
        self._supervisor.tell("STOPPING=1", f"STATUS=Stopping within {within_s:g} s.", _more_time(within_s))


def status_of(readiness: Document, *, is_loading: bool) -> str:
    """One line for a person: how many models there are in which state, and which of them cannot be asked."""
    models = readiness["models"]
    counts = Counter(model["state"] for model in models)
    states = ", ".join(f"{counts[state]} {state}" for state in ModelState if counts[state]) or "none"
    others = [
        f"{model['qualified_name']} {model['model_version'] or ''}".rstrip() + f" is {model['state']}"
        for model in models
        if model["state"] != ModelState.READY
    ]
    head = "Ready" if readiness["status"] == "ready" else "Loading" if is_loading else "Not ready"
    text = "; ".join([f"{head}. Models: {states}", *others])
    line = " ".join(text.split())
    return line if len(line) <= MAX_STATUS_LENGTH else line[: MAX_STATUS_LENGTH - 1] + "…"


def _more_time(seconds: float) -> str:
    return f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}"
