"""More connections than the process may have files: it neither spins nor fills the log, and recovers at once."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.testing import RunningServer, running_server

pytestmark = [pytest.mark.soak, pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what it uses")]

FILES = 256
WATCHED_S = 5.0


@pytest.fixture
def server(dropins: Path, no_examples: str) -> Iterator[RunningServer]:
    """It may have 256 files, and wants no more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    settings = f"server.max_connections = {FILES - 100}\n{no_examples}"
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, before[1]))
    try:
        with running_server(directories=[dropins], settings=settings) as server:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            yield server
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("limit", [FILES, 64])
def test_it_stays_calm_and_recovers(
    server: RunningServer, crowd: Any, neighbour: Any, look: Any, limit: int, tell: Any
) -> None:
    """Once where it counts its files, and once where something else has taken those that it counted on."""
    pid = server.process.pid
    wait_for_rest(server, look)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, FILES))
    with neighbour(server, "/health/live") as asker, crowd(server, 2 * FILES, [b"GET /"]) as many:
        time.sleep(0.5)
        watched = look(server)
        files = watched.files
        time.sleep(WATCHED_S)
        share, lines = watched.cpu_share, watched.log_lines
        many.close()
        closed_at = time.monotonic()
        assert answers_again(server)
        recovered_s = time.monotonic() - closed_at
    tell(
        files=files,
        cpu_share=round(share, 3),
        log_lines=lines,
        recovered_s=round(recovered_s, 2),
        neighbour_slowest_ms=round(1000 * max(asker.took_s)),
    )
    assert files <= limit
    assert share <= 0.1
    assert lines <= WATCHED_S
    assert recovered_s <= 1
    assert asker.faults == []


def wait_for_rest(server: RunningServer, look: Any) -> None:
    """For some seconds after its start it is still at work for itself."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        watched = look(server)
        time.sleep(0.5)
        if watched.cpu_share < 0.02:
            return
    pytest.fail("it does not come to rest")


def answers_again(server: RunningServer) -> bool:
    """Whether new connections are answered, within some seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200
        except OSError:
            time.sleep(0.01)  # it has not seen yet that the others are gone
        finally:
            connection.close()
    return False
