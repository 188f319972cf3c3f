"""Socket.IO at `/socket.io/`: clients of the original service, as they are. A second shell around `connection`.

`codec` translates packets; `session` is one client; `transports` are the Tornado handlers that carry it; `endpoint`
holds them together with python-socketio, which speaks the rest of both protocols and is imported only when it is used.
"""

from __future__ import annotations

import importlib.util
import logging

from tornado.routing import Rule

from tornado_ml.server.base import Shared

log = logging.getLogger(__name__)


def rules(shared: Shared) -> list[Rule]:
    """What the URL map has for Socket.IO: nothing where it is turned off or not installed."""
    if not shared.settings.socketio.enabled:
        return []
    if importlib.util.find_spec("socketio") is None:
        log.info("Socket.IO is not answered: python-socketio is not there. Install it with: tornado-ml[socketio]")
        return []
    from tornado_ml.server.socketio.endpoint import Endpoint

    return Endpoint(shared).rules()
