"""Beyond this machine the service listens only if it asks who somebody is, or is told plainly not to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tornado_ml import Authenticator, Identity
from tornado_ml.access.access import Access
from tornado_ml.errors import OperatorError
from tornado_ml.server.exposure import check_exposure


class Nobodys(Authenticator):
    async def identify(self, token: str) -> Identity | None:
        return None


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[dict[str, socket.socket]]:
    with ExitStack() as stack:
        yield {
            "all": stack.enter_context(socket.create_server(("0.0.0.0", 0))),
            "all of both": stack.enter_context(socket.create_server(("::", 0), family=socket.AF_INET6)),
            "loopback": stack.enter_context(socket.create_server(("127.0.0.2", 0))),
            "loopback 6": stack.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6)),
            "unix": stack.enter_context(socket.create_server(str(tmp_path / "s"), family=socket.AF_UNIX)),
        }


def test_on_this_machine_nobody_needs_to_be_asked(sockets: dict[str, socket.socket]) -> None:
    inside = [sockets[name] for name in ("loopback", "loopback 6", "unix")]
    check_exposure(inside, Access(), allow_unauthenticated=False)


@pytest.mark.parametrize("name", ["all", "all of both"])
def test_beyond_it_is_refused_in_one_line_with_the_three_ways_out(sockets: dict[str, socket.socket], name: str) -> None:
    with pytest.raises(OperatorError) as refused:
        check_exposure([sockets["loopback"], sockets[name]], Access(), allow_unauthenticated=False)
    text = str(refused.value)
    assert "\n" not in text
    assert str(sockets[name].getsockname()[1]) in text
    assert all(way in text for way in ("auth.tokens", "127.0.0.1", "--allow-unauthenticated"))


def test_with_authentication_or_leave_it_is_not(sockets: dict[str, socket.socket]) -> None:
    check_exposure(sockets.values(), Access([Nobodys()]), allow_unauthenticated=False)
    check_exposure(sockets.values(), Access(), allow_unauthenticated=True)


def test_what_asks_for_tokens_that_nothing_knows_does_not_start(sockets: dict[str, socket.socket]) -> None:
    with pytest.raises(OperatorError, match=r"auth\.required is true, and nothing is there that knows tokens"):
        check_exposure([sockets["loopback"]], Access(required=True), allow_unauthenticated=True)
