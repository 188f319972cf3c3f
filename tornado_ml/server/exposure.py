"""Whether the service may listen where it is told to: beyond this machine only if it asks who somebody is."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from tornado_ml.access.access import Access
from tornado_ml.errors import OperatorError
from tornado_ml.server.guard import is_loopback
from tornado_ml.server.listening import place_of


def check_exposure(listeners: Iterable[socket.socket], access: Access, *, allow_unauthenticated: bool) -> None:
    """Raises OperatorError if strangers could reach the service and nobody would ask them, or nobody can log in."""
    if access.is_on:
        if not access.authenticators:
            raise OperatorError(
                "The setting auth.required is true, and nothing is there that knows tokens: no auth.tokens, and no"
                " plugin that brings an authenticator and could be loaded."
            )
        return
    exposed = [place_of(one) for one in listeners if _is_beyond_this_machine(one)]
    if exposed and not allow_unauthenticated:
        raise OperatorError(
            f"Other machines can reach {exposed[0]}, and nobody would be asked for a token. Name a token file in"
            " auth.tokens (tornado-ml token new makes one), or listen on 127.0.0.1 alone, or, if a reverse proxy asks"
            " who somebody is and nobody gets past it, start with --allow-unauthenticated."
        )


def _is_beyond_this_machine(listener: socket.socket) -> bool:
    return listener.family != socket.AF_UNIX and not is_loopback(listener.getsockname()[0])
