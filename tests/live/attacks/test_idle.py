"""Ten thousand sockets on which nothing is said but pings, and what each of them costs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.server.listener import SPARE_FILES, allow_files
from tornado_ml.testing import RunningServer, running_server

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")]

COUNT = 10_000
PING_S = 10
MAX_BYTES_EACH = 24 * 1024

CLIENTS = """
import resource, select, socket, sys, time
port, count = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
handshake = (
    b"GET /ws HTTP/1.1\\r\\nHost: localhost\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
    b"Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n"
)
ping, pong = b"\\x89\\x00", b"\\x8a\\x80" + bytes(4)
epoll, sockets, pings, lost = select.epoll(), {}, 0, 0

def answer_pings(seconds):
    global pings, lost
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for number, _ in epoll.poll(left, 1000):
            data = sockets[number].recv(1000)
            if data == ping:
                sockets[number].send(pong)
                pings += 1
            elif not data.startswith(b"HTTP/1.1 101"):
                lost += 1
                epoll.unregister(number)

for number in range(count):
    one = socket.create_connection(("127.0.0.1", port), timeout=30)
    one.sendall(handshake)
    sockets[one.fileno()] = one
    epoll.register(one, select.EPOLLIN)
    if number % 50 == 49:
        answer_pings(0.02)
print("connected", flush=True)
while line := sys.stdin.readline():
    answer_pings(float(line))
    print(pings, lost, flush=True)
"""
"""In a process of their own, as they take as many files as the service."""


@pytest.fixture
def server(dropins: Path, no_examples: str) -> Iterator[RunningServer]:
    if allow_files(COUNT + 2 * SPARE_FILES) < COUNT + 2 * SPARE_FILES:
        pytest.skip(f"NOT RUN: {COUNT} sockets need as many files, and the system allows fewer")
    with running_server(directories=[dropins], settings=f"server.ping_interval_s = {PING_S}\n{no_examples}") as server:
        yield server


def test_an_idle_socket_costs_less_than_24_kib(server: RunningServer, neighbour: Any, look: Any, tell: Any) -> None:
    port = server.url.rpartition(":")[2]
    with neighbour(server):
        time.sleep(1)  # it is warm
    before = look(server)
    command = [sys.executable, "-c", CLIENTS, port, str(COUNT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        assert clients.stdin
        assert clients.stdout
        assert clients.stdout.readline() == "connected\n"
        at_once = look(server)
        with neighbour(server) as asker:
            clients.stdin.write(f"{2.5 * PING_S}\n")
            clients.stdin.flush()
            pings, lost = map(int, clients.stdout.readline().split())
        bytes_each = before.grown_bytes / COUNT
        tell(
            bytes_each=round(bytes_each),
            kib_each=round(bytes_each / 1024, 1),
            pings=pings,
            cpu_share_with_pings=round(at_once.cpu_share, 2),
            neighbour_slowest_ms=round(1000 * max(asker.took_s)),
        )
        clients.stdin.close()
    assert lost == 0
    assert pings >= 2 * COUNT
    assert asker.faults == []
    assert bytes_each <= MAX_BYTES_EACH
