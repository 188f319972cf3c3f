"""The floor of fan-out: a bare Tornado loop that writes one ready-made byte string to all its sockets, again and again.

Begins with a socket's first message. Prints its address like `tornado-ml serve`.
"""

from __future__ import annotations

import asyncio
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler

FRAME = b'{"event":"prediction_response","data":"' + b"x" * 237 + b'"}'
"""As long as what the service pushes in the same scenario."""

sockets: set[WebSocketHandler] = set()
somebody_listens = asyncio.Event()


class FloorHandler(WebSocketHandler):
    def open(self) -> None:
        self.set_nodelay(True)

    def on_message(self, message: str | bytes) -> None:
        sockets.add(self)
        somebody_listens.set()

    def on_close(self) -> None:
        sockets.discard(self)
        if not sockets:
            somebody_listens.clear()


async def write_to_all() -> None:
    while True:
        await somebody_listens.wait()  # the service is measured on the same core while nobody does
        await asyncio.sleep(0)
        written = []
        for socket in list(sockets):
            try:
                written.append(socket.write_message(FRAME))
            except WebSocketClosedError:
                continue
        await asyncio.gather(*written, return_exceptions=True)


async def main() -> None:
    server = HTTPServer(Application([("/ws", FloorHandler)]))
    (listener,) = bind_sockets(0, "127.0.0.1", backlog=1024)
    server.add_sockets([listener])
    sys.stdout.write(f"floor: serving on http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    await write_to_all()


if __name__ == "__main__":
    asyncio.run(main())
