"""Where the service listens: at an address of its own, or on the sockets that it was started with."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass

from tornado.netutil import bind_sockets

from tornado_ml.errors import OperatorError
from tornado_ml.server.activation import inherited_listeners
from tornado_ml.settings.declaration import ServerSettings

log = logging.getLogger(__name__)

BACKLOG = 1024
"""How many connections the kernel keeps until they are taken. Whoever comes when it is full tries again a second later:
so it should hold the clients that come back all at once after a restart."""


@dataclass(frozen=True)
class Listening:
    """Sockets that listen.

    Attributes:
        sockets: all of them.
        host: what the operator calls their address; "" where somebody else has opened them.
    """

    sockets: Sequence[socket.socket]
    host: str

    def url(self, scheme: str) -> str:
        """The address of the page, where a browser can reach one of them; else where the first one is."""
        first = next((one for one in self.sockets if one.family != socket.AF_UNIX), None)
        if first is None:
            return place_of(self.sockets[0])
        address, port = first.getsockname()[:2]
        host = self.host or address
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class Place:
    """Where the service is to listen: where a supervisor says, or else where the settings say.

    Args:
        settings: what they say.
        environ: the environment variables; those by which a supervisor says it are taken out.

    Attributes:
        waits: whether nobody is let in before the models are loaded. Who comes for a service that takes over from
            another one is to be answered; he waits at a socket that was handed over, and with the other service else.

    Raises:
        OperatorError: what a supervisor has handed over cannot be listened on.
    """

    def __init__(self, settings: ServerSettings, environ: MutableMapping[str, str]) -> None:
        self._settings = settings
        inherited = inherited_listeners(environ)
        self.waits = settings.wait_for_models or settings.reuse_port or bool(inherited)
        self._listening = Listening(inherited, "") if inherited else None
        if not self.waits:
            self.listen()

    def listen(self) -> Listening:
        """Listen there. Raises OperatorError if that cannot be."""
        settings = self._settings
        if self._listening is None:
            sockets = _bind(settings.host, settings.port, reuse_port=settings.reuse_port)
            self._listening = Listening(sockets, settings.host)
        elif not self._listening.host:
            places = ", ".join(place_of(one) for one in self._listening.sockets)
            log.info("Serving the sockets that were handed over, and not server.host and server.port: %s.", places)
        return self._listening


def place_of(listener: socket.socket) -> str:
    """Where a socket listens, in words for a person."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix:{name}" if isinstance(name, str) else f"unix:@{name[1:].decode(errors='replace')}"
    address, port = name[:2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _bind(host: str, port: int, *, reuse_port: bool) -> list[socket.socket]:
    try:
        return bind_sockets(port, host, backlog=BACKLOG, reuse_port=reuse_port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OperatorError(
                f"Port {port} on {host} is taken. Stop what uses it, or choose another: tornado-ml serve --port 8766"
            ) from error
        raise OperatorError(f"Cannot listen on {host}, port {port}: {error.strerror or error}.") from error
