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
from collections.abc import Awaitable, Sequence
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream

from tornado_ml.metrics import Metrics, declarations
from tornado_ml.server.patience import Patience, pause
from tornado_ml.server.proxies import Proxies

if sys.platform != "win32":
    import resource

log = logging.getLogger(__name__)

SPARE_FILES = 100
"""How many are kept for all else that opens files: the page, plugins, models and their workers."""
REMIND_S = 60.0
ACCEPT_COUNT = 128
"""How many connections are taken before something else has its turn."""
RETRY_S = 0.05
"""How soon it is tried again where the system had no file, or no memory, for another connection."""
LOOK_S = 0.5
"""How often connections are looked at that the service waits for."""
LAST_CONNECTIONS_S = 1.0
"""For how long, under a flood, those are still taken that the kernel has made while the service comes to a stop."""
LAST_REQUESTS_S = 0.5
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
        stalled_s: how long a peer may take no byte of an answer.
    """

    def initialize(
        self,
        *args: Any,
        metrics: Metrics | None = None,
        max_files: float = math.inf,
        proxies: Proxies | None = None,
        stalled_s: float = math.inf,
        **options: Any,
    ) -> None:
        super().initialize(*args, **options)
        self.conn_params.header_timeout = None  # `Patience` looks to it
        self._metrics = metrics or Metrics()
        self._max_files = max_files
        self._max_number = max_files - min(SPARE_FILES, max_files / 2)
        self._told_at = -math.inf
        self._proxies = proxies or Proxies(())
        self._stalled_s = stalled_s
        self._listeners: list[socket.socket] = []
        self._patience: dict[object, Patience] = {}

    def listen_on(self, listeners: Sequence[socket.socket]) -> None:
        """Take the connections that come to these sockets."""
        self._listeners = list(listeners)
        for listener in self._listeners:
            IOLoop.current().add_handler(listener, self._accept, IOLoop.READ)

    async def watch_slow(self) -> None:
        """End the connections of peers that keep the service waiting. Runs until it is cancelled."""
        while True:
            await pause(LOOK_S)
            for one in list(self._patience.values()):
                if one.lose():
                    self._metrics.count(declarations.ERRORS, "accept", "TOO_SLOW")

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
        for listener in self._listeners:
            IOLoop.current().remove_handler(listener)
            with listener, contextlib.suppress(OSError):
                while time.monotonic() < deadline:
                    self._handle_connection(*listener.accept())
        self._listeners = []
        await _some_turns()
        deadline = time.monotonic() + LAST_REQUESTS_S
        while any(one.is_asked for one in self._patience.values()) and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        await _some_turns()

    async def finish_answers(self, timeout_s: float) -> None:
        """Wait until each request that has come is answered, and the answer has gone to the system."""
        deadline = time.monotonic() + timeout_s
        while any(one.is_busy for one in self._patience.values()) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    def _accept(self, listener: socket.socket, events: int) -> None:
        for _ in range(ACCEPT_COUNT):
            try:
                connection, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                # The connection stays with the kernel, so the loop would come back here at once, for ever.
                loop = IOLoop.current()
                loop.update_handler(listener, 0)
                loop.call_later(RETRY_S, self._accept_again, listener)
                self._warn("Connections wait to be taken: %s.", error.strerror)
                return
            self._handle_connection(connection, address)

    def _accept_again(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            IOLoop.current().update_handler(listener, IOLoop.READ)

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        # A new file gets the lowest number that is free, so its number says how many are open at least (POSIX, open).
        if stream.socket.fileno() < self._max_number:
            super().handle_stream(stream, address)
            return
        stream.close()
        self._metrics.count(declarations.ERRORS, "accept", "NO_FILES")
        self._warn("Connections are turned away: the process may have only %g files open.", self._max_files)

    def _warn(self, text: str, detail: object) -> None:
        if time.monotonic() - self._told_at > REMIND_S:
            self._told_at = time.monotonic()
            log.warning(text, detail)

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        # Tornado calls this for the next request of a connection when the answer to the one before has been sent.
        patience = self._patience.get(server_conn)
        if patience is None:
            stream: IOStream = request_conn.stream  # type: ignore[attr-defined]
            patience = Patience(stream, asyncio.get_running_loop().time, self._stalled_s)
            self._patience[server_conn] = patience
        else:
            patience.answered()
        return _Request(super().start_request(server_conn, request_conn), self, patience, request_conn)

    def begun(self, request_conn: HTTPConnection, headers: HTTPHeaders) -> None:
        """The head of a request is there: say where it comes from."""
        context: Any = request_conn.context  # type: ignore[attr-defined]
        is_unix = context.address_family == socket.AF_UNIX
        peer = None if is_unix or not context.address else str(context.address[0])
        context.remote_ip = self._proxies.client_of(peer, headers)
        spoken = "http" if self.ssl_options is None else "https"
        context.protocol = self._proxies.scheme_of(peer, spoken, headers)

    def on_close(self, server_conn: object) -> None:
        self._patience.pop(server_conn, None)
        super().on_close(server_conn)


async def _some_turns() -> None:
    """Let Tornado begin with what has just come: a connection, or a request. Each step takes a turn of the loop."""
    for _ in range(10):
        await asyncio.sleep(0)


class _Request(HTTPMessageDelegate):
    """Tells the server of a request when its head is there, before anybody else looks at it."""

    def __init__(
        self, inner: HTTPMessageDelegate, server: BoundedServer, patience: Patience, request_conn: HTTPConnection
    ) -> None:
        self._inner = inner
        self._server = server
        self._patience = patience
        self._request_conn = request_conn

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._patience.head_came()
        self._server.begun(self._request_conn, headers)
        return self._inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._patience.body_came(len(chunk))
        return self._inner.data_received(chunk)

    def finish(self) -> None:
        self._patience.request_is_there()
        self._inner.finish()

    def on_connection_close(self) -> None:
        self._inner.on_connection_close()
