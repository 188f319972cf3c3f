"""A thousand subscribers to one source, one of which never reads."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tornado_ml.testing import RunningServer, running_server

SUBSCRIBERS = 1000
VALUES = 60
SETTINGS = """
[server]
max_connections = 1100
# Of these clients none answers pings, and none reads before all have subscribed, however long that takes.
ping_interval_s = 600
stalled_s = 600
[plugins]
disabled = ["iris", "digits", "text", "anomaly"]
"""
PLUGIN = f"""
import asyncio
import tornado_ml

class Echo(tornado_ml.MLModel):
    qualified_name = display_name = "echo"
    description = ""
    major_version, minor_version = 1, 0
    input_schema = output_schema = {{}}
    executor = "inline"

    def predict(self, data):
        return data

class Numbers(tornado_ml.PushSource):
    async def inputs(self):
        async for _ in super().inputs():
            for number in range({VALUES}):
                yield {{"number": number, "filling": "x" * 2000}}
                await asyncio.sleep(0.05)

NUMBERS = Numbers("numbers", "Begins when it is told to.", "echo")

class Start(Echo):
    qualified_name = "start"

    def predict(self, data):
        NUMBERS.publish(0)

@tornado_ml.hookimpl
def register_models():
    return [Echo, Start]

@tornado_ml.hookimpl
def register_sources():
    return [NUMBERS]
"""


class Listener:
    """One subscriber, with as little of RFC 6455 as it needs: small frames out, unfragmented ones in."""

    def __init__(self, policy: str) -> None:
        self._policy = policy
        self.numbers: list[int] = []

    async def subscribe(self, port: int, *, reads: bool = True) -> None:
        raw = socket.socket()
        if not reads:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        self._reader, self._writer = await asyncio.open_connection(sock=raw)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET /ws HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "", ""]
        self._writer.write("\r\n".join(lines).encode())
        assert b" 101 " in await self._reader.readuntil(b"\r\n\r\n")
        data = {"model_qualified_name": "echo", "source": "numbers"}
        self.send({"event": "subscribe", "data": data, "meta": {"policy": self._policy}})
        if reads:
            assert (await self.read())["event"] == "subscribed"

    def send(self, document: Any) -> None:
        payload = json.dumps(document).encode()
        self._writer.write(b"\x81" + bytes([0x80 | 126]) + len(payload).to_bytes(2) + bytes(4) + payload)

    async def read(self) -> dict[str, Any]:
        first, size = await self._reader.readexactly(2)
        assert first == 0x81
        if size == 126:
            size = int.from_bytes(await self._reader.readexactly(2))
        document: dict[str, Any] = json.loads(await self._reader.readexactly(size))
        return document

    async def listen(self) -> None:
        while not self.numbers or self.numbers[-1] < VALUES - 1:
            self.numbers.append((await self.read())["data"]["prediction"]["number"])

    def close(self) -> None:
        self._writer.transport.abort()


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_all_but_the_one_that_never_reads_get_every_value_or_the_newest(tmp_path: Path) -> None:
    (tmp_path / "numbers.py").write_text(PLUGIN)

    async def fan_out(server: RunningServer) -> None:
        port = int(server.url.rpartition(":")[2])
        pid = server.process.pid
        before_bytes = resident_bytes(pid)
        listeners = [Listener("buffer" if number % 2 else "latest") for number in range(SUBSCRIBERS)]
        deaf = [Listener("buffer"), Listener("latest")]
        starter = Listener("latest")
        with ExitStack() as stack:
            for listener in [*listeners, *deaf, starter]:
                await listener.subscribe(port, reads=listener not in deaf)
                stack.callback(listener.close)
            starter.send({"event": "prediction_request", "data": {"model_qualified_name": "start", "input_data": 0}})
            async with asyncio.timeout(100):
                await asyncio.gather(*(listener.listen() for listener in listeners))
            used_bytes = resident_bytes(pid) - before_bytes
        for number, listener in enumerate(listeners):
            if number % 2:
                assert listener.numbers == list(range(VALUES))
            else:
                assert listener.numbers == sorted(set(listener.numbers))
        assert used_bytes / SUBSCRIBERS <= 64 * 1024

    with running_server("--strict", settings=SETTINGS, directories=[tmp_path]) as server:
        asyncio.run(fan_out(server))
