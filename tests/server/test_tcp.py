"""What the kernel tells of a real connection, and what it does when one is aborted."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator

import pytest
from tornado.iostream import IOStream

from tornado_ml.server.tcp import Intake, abort_on_close, cut, progress

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The two ends of a connection; the second has a small receive buffer."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            server.setblocking(False)
            yield server, client


def fill(server: socket.socket) -> None:
    """Send until the kernel takes no more, and neither does the peer, as often as they are tried."""
    known, quiet_count = progress(server), 0
    while quiet_count < 30:
        try:
            server.send(bytes(65536))
            quiet_count = 0
        except BlockingIOError:
            time.sleep(0.01)
            before, known = known, progress(server)
            quiet_count = quiet_count + 1 if known == before else 0


def read_all(client: socket.socket) -> None:
    """Read to the end of what was sent."""
    while client.recv(65536):
        pass


def test_what_the_peer_has_taken_is_acknowledged(pair: Pair) -> None:
    server, client = pair
    before = progress(server)
    assert before is not None
    assert not before.has_unacknowledged
    server.send(bytes(1000))
    assert len(client.recv(2000)) == 1000
    after = progress(server)
    deadline = time.monotonic() + 30
    while (after is None or after.has_unacknowledged) and time.monotonic() < deadline:
        time.sleep(0.01)
        after = progress(server)
    assert after is not None
    assert after.acknowledged_bytes - before.acknowledged_bytes == 1000
    assert not after.has_unacknowledged


def test_nothing_more_is_acknowledged_while_the_peer_does_not_read(pair: Pair) -> None:
    server, client = pair
    fill(server)
    stuck = progress(server)
    assert stuck is not None
    assert stuck.has_unacknowledged
    time.sleep(0.3)  # the kernel goes on probing whether there is room
    assert progress(server) == stuck
    for _ in range(20):
        client.recv(65536)
    moved = progress(server)
    assert moved is not None
    assert moved.acknowledged_bytes > stuck.acknowledged_bytes


def test_of_a_closed_socket_nothing_is_known(pair: Pair) -> None:
    pair[0].close()
    assert progress(pair[0]) is None


def test_an_aborted_connection_is_reset_and_what_was_on_its_way_is_dropped(pair: Pair) -> None:
    server, client = pair
    fill(server)
    abort_on_close(server)
    server.close()
    with pytest.raises(ConnectionResetError):
        read_all(client)


@pytest.mark.gen_test
async def test_a_peer_stalls_from_when_it_takes_nothing_until_it_takes_something(pair: Pair) -> None:
    server, client = pair
    now = 100.0
    stream = IOStream(server)
    intake = Intake(stream, clock=lambda: now)
    assert intake.stalled_for(200, has_unflushed=True) == 0, "nothing has been written"
    fill(server)
    intake.wrote()
    assert intake.stalled_for(101, has_unflushed=True) in (0, 1)  # what it took at first may be news
    begun = intake.stalled_for(102, has_unflushed=True)
    intake.wrote()
    assert intake.stalled_for(112, has_unflushed=False) == begun + 10
    client.recv(1_000_000)
    deadline = time.monotonic() + 30
    while intake.stalled_for(120, has_unflushed=True) and time.monotonic() < deadline:
        client.recv(1_000_000)
    assert intake.stalled_for(120, has_unflushed=True) == 0
    now = 130
    intake.flushed()
    assert intake.stalled_for(131, has_unflushed=True) <= 1
    intake.forget()
    assert intake.stalled_for(200, has_unflushed=True) == 0
    cut(stream)
    cut(stream)
    intake.wrote()
    assert intake.stalled_for(200, has_unflushed=False) == 0
    with pytest.raises(ConnectionResetError):
        read_all(client)
