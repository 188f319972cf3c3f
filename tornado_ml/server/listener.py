"""Takes connections, but no more than the process has files for, and lets them go in good order.

Out of file descriptors, Tornado's accept loop spins and writes a traceback at each turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.iostream import IOStream
from tornado.netutil import add_accept_handler

from tornado_ml.metrics import Metrics, declarations
from tornado_ml.server.proxies import Proxies

if sys.platform != "win32":
    import resource

log = logging.getLogger(__name__)

SPARE_FILES = 100
"""How many are kept for all else that opens files: the page, plugins, models and their workers."""
REMIND_S = 60.0
LAST_CONNECTIONS_S = 1.0
"""For how long, under a flood, those are still taken that the kernel has made while the service comes to a stop."""
LAST_REQUESTS_S = 0.2
"""How long what is being asked then may take to arrive."""


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
    """A server that turns connections away when files run out, and believes no proxy that it need not.

    Args:
        metrics: where connections are counted that are turned away.
        max_files: how many files the process may have open.
        proxies: that are believed.
    """

    def initialize(
        self,
        *args: Any,
        metrics: Metrics | None = None,
        max_files: float = math.inf,
        proxies: Proxies | None = None,
        **options: Any,
    ) -> None:
        super().initialize(*args, **options)
        self._metrics = metrics or Metrics()
        self._max_files = max_files
        self._max_number = max_files - min(SPARE_FILES, max_files / 2)
        self._told_at = -math.inf
        self._proxies = proxies or Proxies(())
        self._listeners: list[tuple[socket.socket, Callable[[], None]]] = []
        self._asking: set[object] = set()
        self._busy: set[object] = set()

    def listen_on(self, listeners: Sequence[socket.socket]) -> None:
        """Take the connections that come to these sockets."""
        self._listeners = [(one, add_accept_handler(one, self._handle_connection)) for one in listeners]

    @property
    def listens(self) -> bool:
        """Whether connections are taken."""
        return bool(self._listeners)

    async def stop_listening(self) -> None:
        """Take no more connections.

        Those that are complete already are taken first, as the kernel would reset them; and what is being asked may be
        asked to its end: who opens a connection for a single request, as proxies do, would not ask again.
        """
        deadline = time.monotonic() + LAST_CONNECTIONS_S
        for listener, stop_accepting in self._listeners:
            stop_accepting()
            with listener, contextlib.suppress(BlockingIOError):
                while time.monotonic() < deadline:
                    self._handle_connection(*listener.accept())
        self._listeners = []
        await _some_turns()
        deadline = time.monotonic() + LAST_REQUESTS_S
        while self._asking and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        await _some_turns()

    async def finish_answers(self, timeout_s: float) -> None:
        """Wait until each request that has come is answered, and the answer has gone to the system."""
        deadline = time.monotonic() + timeout_s
        while self._busy and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        # A new file gets the lowest number that is free, so its number says how many are open at least (POSIX, open).
        if stream.socket.fileno() < self._max_number:
            super().handle_stream(stream, address)
            return
        stream.close()
        self._metrics.count(declarations.ERRORS, "accept", "NO_FILES")
        if time.monotonic() - self._told_at > REMIND_S:
            self._told_at = time.monotonic()
            log.warning("Connections are turned away: the process may have only %g files open.", self._max_files)

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        # Tornado calls this for the next request of a connection when the answer to the one before has been sent.
        if server_conn in self._busy:
            self._busy.remove(server_conn)
        else:
            self._asking.add(server_conn)  # it is new
        return _Request(super().start_request(server_conn, request_conn), self, server_conn, request_conn)

    def begun(self, server_conn: object, request_conn: HTTPConnection, headers: HTTPHeaders) -> None:
        """The head of a request is there: say where it comes from."""
        self._asking.add(server_conn)
        self._busy.add(server_conn)
        context: Any = request_conn.context  # type: ignore[attr-defined]
        is_unix = context.address_family == socket.AF_UNIX
        peer = None if is_unix or not context.address else str(context.address[0])
        context.remote_ip = self._proxies.client_of(peer, headers)
        spoken = "http" if self.ssl_options is None else "https"
        context.protocol = self._proxies.scheme_of(peer, spoken, headers)

    def asked(self, server_conn: object) -> None:
        """The request is there to its end."""
        self._asking.discard(server_conn)

    def on_close(self, server_conn: object) -> None:
        self._asking.discard(server_conn)
        self._busy.discard(server_conn)
        super().on_close(server_conn)


async def _some_turns() -> None:
    """Let Tornado begin with what has just come: a connection, or a request. Each step takes a turn of the loop."""
    for _ in range(10):
        await asyncio.sleep(0)


class _Request(HTTPMessageDelegate):
    """Tells the server of a request when its head is there, before anybody else looks at it."""

    def __init__(
        self, inner: HTTPMessageDelegate, server: BoundedServer, server_conn: object, request_conn: HTTPConnection
    ) -> None:
        self._inner = inner
        self._server = server
        self._server_conn = server_conn
        self._request_conn = request_conn

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._server.begun(self._server_conn, self._request_conn, headers)
        return self._inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._inner.data_received(chunk)

    def finish(self) -> None:
        self._server.asked(self._server_conn)
        self._inner.finish()

    def on_connection_close(self) -> None:
        self._inner.on_connection_close()
