"""Sockets that a supervisor has opened."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tornado_ml.errors import OperatorError
from tornado_ml.server import activation
from tornado_ml.server.activation import inherited_listeners

FIRST_FD = 300
"""Instead of 3, which is taken in a process that runs tests."""

HandOver = Callable[..., dict[str, str]]


@pytest.fixture
def hand_over(monkeypatch: pytest.MonkeyPatch) -> Iterator[HandOver]:
    """Puts sockets where a supervisor puts them, and gives the variables that tell of them."""
    monkeypatch.setattr(activation, "FIRST_FD", FIRST_FD)

    def hand_over(*sockets: socket.socket, names: str | None = None) -> dict[str, str]:
        for number, one in enumerate(sockets):
            os.dup2(one.fileno(), FIRST_FD + number)
            one.close()
        environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets)), "HOME": "/"}
        return environ if names is None else {**environ, "LISTEN_FDNAMES": names}

    yield hand_over
    for fd in range(FIRST_FD, FIRST_FD + 3):
        try:
            os.close(fd)
        except OSError:
            continue


def tcp(address: tuple[str, int] = ("127.0.0.1", 0)) -> socket.socket:
    return socket.create_server(address, family=socket.AF_INET6 if ":" in address[0] else socket.AF_INET)


def unix(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def test_the_sockets_are_taken_over_in_their_order_and_nobody_inherits_them(
    hand_over: HandOver, tmp_path: Path
) -> None:
    first = tcp()
    address = first.getsockname()
    environ = hand_over(first, unix(tmp_path / "socket"), names="web:local")
    with ExitStack() as stack:
        found = [stack.enter_context(one) for one in inherited_listeners(environ)]
        assert [one.getsockname() for one in found] == [address, str(tmp_path / "socket")]
        assert not any(one.get_inheritable() or one.getblocking() for one in found)
    assert environ == {"HOME": "/"}


def test_what_was_meant_for_another_process_is_left_alone() -> None:
    assert inherited_listeners({}) == []
    environ = {"LISTEN_PID": str(os.getppid()), "LISTEN_FDS": "1", "HOME": "/"}
    assert inherited_listeners(environ) == []
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize("count", ["", "two", "-1", "１"])
def test_a_number_of_sockets_that_is_none_is_told(count: str) -> None:
    with pytest.raises(OperatorError, match=r"LISTEN_FDS is '.*'; it must be how many"):
        inherited_listeners({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": count})


def test_as_many_names_as_sockets_are_wanted(hand_over: HandOver) -> None:
    with pytest.raises(OperatorError, match="LISTEN_FDNAMES has 2 names, and LISTEN_FDS says 1"):
        inherited_listeners(hand_over(tcp(), names="a:b"))


def test_what_cannot_be_listened_on_is_refused_by_its_name(hand_over: HandOver) -> None:
    with pytest.raises(OperatorError, match=r"file descriptor 300 \(udp\) cannot be served: it must be a stream"):
        inherited_listeners(hand_over(socket.socket(type=socket.SOCK_DGRAM), names="udp"))


def test_a_connection_is_no_listener(hand_over: HandOver) -> None:
    with pytest.raises(OperatorError, match="file descriptor 300 is one connection, and no one listens on it"):
        inherited_listeners(hand_over(socket.socket()))


def test_a_file_is_no_socket(hand_over: HandOver) -> None:
    environ = hand_over()
    with Path(os.devnull).open() as file:
        os.dup2(file.fileno(), FIRST_FD)
    with pytest.raises(OperatorError, match="file descriptor 300 is none: Socket operation on non-socket"):
        inherited_listeners(environ | {"LISTEN_FDS": "1"})
    os.close(FIRST_FD)
    with pytest.raises(OperatorError, match="file descriptor 300 is none: Bad file descriptor"):
        inherited_listeners(environ | {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"})


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="systemd-socket-activate is not installed")
def test_systemd_starts_the_service_with_the_first_connection_and_hands_it_all_its_sockets(
    tmp_path: Path, port: int
) -> None:
    place = tmp_path / "socket"
    command = ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "-l", str(place), "--fdname=web:local"]
    command += [sys.executable, "-P", "-m", "tornado_ml", "serve", "--no-plugins"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            told = [process.stderr.readline() for _ in range(2)]
            assert all("Listening on" in line for line in told), told
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=60) as response:
                assert response.status == 200
            assert process.stdout.readline() == f"tornado-ml: serving on http://127.0.0.1:{port}\n"
            with socket.socket(socket.AF_UNIX) as local:
                local.settimeout(30)
                local.connect(str(place))
                local.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert local.recv(12) == b"HTTP/1.1 200"
            process.send_signal(signal.SIGTERM)
            log = process.stderr.read()
            assert process.wait(30) == 0, log
        finally:
            process.kill()
    assert f"Serving the sockets that were handed over, and not server.host and server.port: 127.0.0.1:{port}" in log
    assert f"unix:{place}" in log
