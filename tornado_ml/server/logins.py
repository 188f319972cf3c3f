"""Ends what goes on for somebody whose login is no longer good: their token has expired, or was revoked."""

from __future__ import annotations

import asyncio
import logging

from tornado_ml.access import Caller, Identity
from tornado_ml.access.access import Access
from tornado_ml.protocol.events import CLOSE_POLICY_VIOLATION
from tornado_ml.server.websocket import SocketRegistry

log = logging.getLogger(__name__)

INTERVAL_S = 1.0
REASON = "its login is no longer good"


async def watch_logins(access: Access, sockets: SocketRegistry) -> None:
    """Look after them until it is cancelled."""
    while True:
        await asyncio.sleep(INTERVAL_S)
        if not access.is_on:
            continue
        try:
            end_bygone(access, sockets)
        except Exception:  # what goes wrong with one must not leave all others let in for ever
            log.exception("Not all logins could be looked after.")


def end_bygone(access: Access, sockets: SocketRegistry) -> None:
    """End the connections, and what waits for one, of all whose login is no longer good."""
    known: dict[tuple[Identity, int], bool] = {}

    def is_bygone(caller: Caller) -> bool:
        key = (caller.identity, id(caller.authenticator))
        if key not in known:
            known[key] = access.is_current(caller)
        return not known[key]

    for socket in sockets:
        if is_bygone(socket.caller):
            socket.dismiss(CLOSE_POLICY_VIOLATION, REASON)
    for conversation in sockets.backend.waiting_room:
        if is_bygone(conversation.caller):
            conversation.close()
