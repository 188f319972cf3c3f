"""What all sockets have in common. Their handshakes, good and bad, are in test_websocket_frames."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import websocket_connect

from tornado_ml.server.upgrade import UpgradeHandler


@pytest.fixture
def opened(app: Application, monkeypatch: pytest.MonkeyPatch) -> list[UpgradeHandler]:
    """The service's ends of the sockets that have opened."""
    handlers: list[UpgradeHandler] = []
    open_one = UpgradeHandler.open

    def remember(self: UpgradeHandler, *args: str, **kwargs: str) -> None:
        open_one(self, *args, **kwargs)
        handlers.append(self)

    monkeypatch.setattr(UpgradeHandler, "open", remember)
    return handlers


@pytest.mark.parametrize("address", ["/ws", "/socket.io/?EIO=4&transport=websocket"])
@pytest.mark.gen_test
async def test_small_frames_do_not_wait_for_each_other(
    opened: list[UpgradeHandler], http_server: HTTPServer, http_port: int, address: str
) -> None:
    peer = await websocket_connect(f"ws://127.0.0.1:{http_port}{address}")
    (handler,) = opened
    assert handler.ws_connection is not None
    stream: Any = handler.ws_connection.stream
    assert stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    peer.close()
    while await peer.read_message() is not None:
        pass
