"""What attacks need: many connections at a time, somebody else who wants to be answered, and a look at the service."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tornado_ml.server.listener import allow_files
from tornado_ml.testing import RunningServer

GOODBYE = select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR


def port_of(server: RunningServer) -> int:
    return int(urlsplit(server.url).port or 0)


class Crowd:
    """Connections that each say something first, and then drip.

    Args:
        firsts: what they say first, in turn.
        drip: what each says a piece of each second, over and over; nothing if there are none.

    Attributes:
        gone_after_s: of those that are gone, how long each was there.
    """

    def __init__(self, server: RunningServer, count: int, firsts: Sequence[bytes], drip: Sequence[bytes] = ()) -> None:
        if allow_files(count + 200) < count + 200:
            pytest.skip(f"NOT RUN: {count} connections need as many files, and the system allows fewer")
        self._drip = drip
        self._sockets: dict[int, socket.socket] = {}
        self._epoll = select.epoll()
        self.gone_after_s: list[float] = []
        self._begun: dict[int, float] = {}
        for number in range(count):
            one = socket.create_connection(("127.0.0.1", port_of(server)), timeout=10)
            one.sendall(firsts[number % len(firsts)])
            one.setblocking(False)
            self._sockets[one.fileno()] = one
            self._begun[one.fileno()] = time.monotonic()
            self._epoll.register(one, select.EPOLLIN)

    @property
    def left(self) -> int:
        return len(self._sockets)

    def wait_until_gone(self, timeout_s: float) -> None:
        """Drip until all are gone, or for so long."""
        for second in range(int(timeout_s)):
            if self._drip:
                for number in list(self._sockets):
                    self._say(number, self._drip[second % len(self._drip)])
            self._look_for(1)
            if not self._sockets:
                return

    def close(self) -> None:
        for one in self._sockets.values():
            one.close()
        self._sockets.clear()

    def _say(self, number: int, data: bytes) -> None:
        try:
            self._sockets[number].send(data)
        except OSError:
            self._is_gone(number)

    def _look_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._sockets and (left_s := until - time.monotonic()) > 0:
            for number, event in self._epoll.poll(left_s, 1000):
                if number in self._sockets and event & GOODBYE and self._has_ended(number):
                    self._is_gone(number)

    def _has_ended(self, number: int) -> bool:
        """Answers, pings and close frames are thrown away."""
        try:
            return not self._sockets[number].recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _is_gone(self, number: int) -> None:
        self._sockets.pop(number).close()
        self.gone_after_s.append(time.monotonic() - self._begun[number])


class Neighbour:
    """Somebody who asks, again and again, on a connection that was open before.

    Attributes:
        took_s: how long each answer took.
        faults: what was no answer.
    """

    def __init__(self, server: RunningServer, path: str = "/api/models/echo/predictions") -> None:
        self.took_s: list[float] = []
        self.faults: list[str] = []
        self._path = path
        self._connection = HTTPConnection("127.0.0.1", port_of(server), timeout=20)
        self._stop = threading.Event()
        self._ask()
        self._thread = threading.Thread(target=self._go_on)

    def _go_on(self) -> None:
        while not self._stop.wait(0.02):
            self._ask()

    def _ask(self) -> None:
        begun = time.monotonic()
        try:
            self._connection.request(
                "POST" if "predictions" in self._path else "GET", self._path, body=json.dumps("hello")
            )
            with self._connection.getresponse() as response:
                if response.status != 200:
                    self.faults.append(str(response.status))
                response.read()
        except OSError as error:
            self.faults.append(repr(error))
        self.took_s.append(time.monotonic() - begun)

    def __enter__(self) -> Neighbour:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._connection.close()


class Look:
    """At what the service uses: since it was made, or now."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._pid = server.process.pid
        self._before_bytes = self.most_bytes = self._resident_bytes()
        self._cpu_s = self.cpu_now_s
        self._lines = self._line_count
        self._begun = time.monotonic()

    @property
    def cpu_now_s(self) -> float:
        """The processor time that it has used, by the clock that clock_getcpuclockid(3) names."""
        return time.clock_gettime(~self._pid << 3 | 2)

    @property
    def cpu_share(self) -> float:
        return (self.cpu_now_s - self._cpu_s) / (time.monotonic() - self._begun)

    @property
    def log_lines(self) -> int:
        """Without those of the access log, which answers are."""
        return self._line_count - self._lines

    @property
    def grown_bytes(self) -> int:
        return self._resident_bytes() - self._before_bytes

    @property
    def files(self) -> int:
        return len(list(Path(f"/proc/{self._pid}/fd").iterdir()))

    @property
    def _line_count(self) -> int:
        return sum("tornado_ml.access" not in line for line in self._server.log.splitlines())

    def _resident_bytes(self) -> int:
        return int(Path(f"/proc/{self._pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def _made_crowd(
    server: RunningServer, count: int, firsts: Sequence[bytes], drip: Sequence[bytes] = ()
) -> Iterator[Crowd]:
    crowd = Crowd(server, count, firsts, drip)
    try:
        yield crowd
    finally:
        crowd.close()


@pytest.fixture
def crowd() -> Callable[..., object]:
    return _made_crowd


@pytest.fixture
def neighbour() -> type[Neighbour]:
    return Neighbour


@pytest.fixture
def look() -> type[Look]:
    return Look


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Says what was measured: in the report of the run, and with `pytest -s` at once."""

    def say(**figures: object) -> None:
        sys.stderr.write(f"{figures}\n")
        record_property("figures", figures)

    return say
