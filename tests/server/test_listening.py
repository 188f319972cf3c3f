"""Where the service listens, and what it calls that."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tornado_ml.errors import OperatorError
from tornado_ml.server.listening import Listening, Place, place_of
from tornado_ml.settings.declaration import ServerSettings


def unix(address: str | bytes) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    return listener


def test_the_page_is_at_the_first_socket_that_a_browser_can_reach(tmp_path: Path) -> None:
    with unix(str(tmp_path / "socket")) as local, socket.create_server(("127.0.0.1", 0)) as tcp:
        port = tcp.getsockname()[1]
        assert Listening([local, tcp], "").url("https") == f"https://127.0.0.1:{port}"
        assert Listening([tcp], "localhost").url("http") == f"http://localhost:{port}"
        assert Listening([local], "").url("http") == f"unix:{tmp_path}/socket"


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as tcp:
        port = tcp.getsockname()[1]
        assert Listening([tcp], "").url("http") == f"http://[::1]:{port}"
        assert Listening([tcp], "::1").url("http") == f"http://[::1]:{port}"
        assert place_of(tcp) == f"[::1]:{port}"


def test_an_abstract_socket_is_called_by_its_name() -> None:
    name = f"tornado-ml-test-{os.getpid()}"
    with unix(f"\0{name}") as local:
        assert place_of(local) == f"unix:@{name}"


def test_a_port_is_shared_only_where_all_who_listen_say_so() -> None:
    with ExitStack() as stack:

        def listen_there(port: int, *, reuse_port: bool) -> int:
            listening = Place(ServerSettings(port=port, reuse_port=reuse_port), {}).listen()
            for one in listening.sockets:
                stack.enter_context(one)
            return int(listening.sockets[0].getsockname()[1])

        shared = listen_there(0, reuse_port=True)
        assert listen_there(shared, reuse_port=True) == shared


# Tornado 6.6 does not close a socket that it cannot bind.
@pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning")
def test_a_port_that_is_not_shared_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for reuse_port in (False, True):
            with pytest.raises(OperatorError, match=f"Port {port} on 127.0.0.1 is taken"):
                Place(ServerSettings(port=port, reuse_port=reuse_port), {}).listen()


@pytest.mark.parametrize("settings", [{"reuse_port": True}, {"wait_for_models": True}])
def test_who_takes_over_listens_when_it_is_told_to_and_not_before(settings: dict[str, bool]) -> None:
    with ExitStack() as stack:
        holder = stack.enter_context(socket.socket())  # has the port for itself, and does not listen there
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        place = Place(ServerSettings(port=port, **settings), {})
        assert place.waits
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        for one in place.listen().sockets:
            stack.enter_context(one)
        socket.create_connection(("127.0.0.1", port)).close()


def test_who_does_not_take_over_listens_at_once() -> None:
    place = Place(ServerSettings(port=0), {})
    assert not place.waits
    with place.listen().sockets[0] as listener:
        socket.create_connection(listener.getsockname()).close()
