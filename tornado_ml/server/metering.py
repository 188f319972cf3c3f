"""What of a running service is a metric by itself: looked up when somebody asks, or measured while it runs."""

from __future__ import annotations

import asyncio
import platform
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import tornado

from tornado_ml import __version__
from tornado_ml.metrics import Metrics, Sample, declarations
from tornado_ml.models.manager import ModelState
from tornado_ml.plugins.finding import PluginState
from tornado_ml.protocol.events import CLOSE_CODES
from tornado_ml.server.health import readiness_of

if TYPE_CHECKING:
    from tornado_ml.server.base import Shared

Transport = Literal["websocket", "socketio", "sse"]
TRANSPORTS: tuple[Transport, ...] = ("websocket", "socketio", "sse")

LAG_INTERVAL_S = 0.25
"""How often the event loop's lag is measured: it costs nothing, and whatever holds up the loop for longer is seen."""

_OWN_CODES = {close.code for close in CLOSE_CODES}


def samples_of(shared: Shared) -> Iterator[Sample]:
    """All that can be looked up."""
    yield declarations.BUILD, (__version__, platform.python_version(), tornado.version), 1
    yield declarations.READY, (), readiness_of(shared)["status"] == "ready"
    yield declarations.OPEN, (), shared.service.open_count
    yield declarations.WAITING, (), len(shared.backend.waiting_room)
    yield declarations.MAX_CONNECTIONS, (), shared.settings.server.max_connections
    counts = Counter(socket.transport for socket in shared.sockets)
    for transport in TRANSPORTS:
        yield declarations.CONNECTIONS, (transport,), counts[transport]
    for one in shared.manager.deployments():
        labels = one.known_identity[0], one.model_version
        for state in ModelState:
            yield declarations.MODEL_STATE, (*labels, state.value), one.state is state
        yield from one.runner.samples(*labels)
    for plugin in shared.plugins.plugins:
        for plugin_state in PluginState:
            yield declarations.PLUGIN_STATE, (plugin.key, plugin_state.value), plugin.state is plugin_state
    yield from shared.backend.feeds.samples()


async def measure_lag(metrics: Metrics) -> None:
    """Observe how late the event loop is. Runs until it is cancelled."""
    now = asyncio.get_running_loop().time
    lag = metrics.distribution(declarations.LOOP_LAG)
    while True:
        due = now() + LAG_INTERVAL_S
        await asyncio.sleep(LAG_INTERVAL_S)
        lag.observe(max(0.0, now() - due))


def close_label(code: int) -> str:
    """What a close code is counted as: clients may make up those from 3000 on (RFC 6455, section 7.4.2)."""
    return str(code) if code < 3000 or code in _OWN_CODES else "other"
