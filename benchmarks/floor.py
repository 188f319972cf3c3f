"""The floor: a bare Tornado socket with orjson that parses each frame and answers a constant prediction.

What a service adds to this is its own doing. Prints its address like `tornado-ml serve`.
"""

from __future__ import annotations

import asyncio
import sys

import orjson
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler

DATA = {"model_qualified_name": "iris_model", "prediction": {"species": "setosa"}}


class FloorHandler(WebSocketHandler):
    def open(self) -> None:
        self.set_nodelay(True)

    def on_message(self, message: str | bytes) -> None:
        request = orjson.loads(message)
        self.write_message(orjson.dumps({"event": "prediction_response", "id": request["id"], "data": DATA}))


async def main() -> None:
    server = HTTPServer(Application([("/ws", FloorHandler)]))
    (listener,) = bind_sockets(0, "127.0.0.1")
    server.add_sockets([listener])
    sys.stdout.write(f"floor: serving on http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
