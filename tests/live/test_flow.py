"""A client that reads slowly slows down its own stream, and nobody else's."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tornado_ml.testing import RunningServer, running_server

PLUGIN = """
import tornado_ml

class Writer(tornado_ml.MLModel):
    qualified_name = display_name = "writer"
    description = ""
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def predict_stream(self, data):
        number = 0
        try:
            for number in range(data["count"]):
                yield "x" * data["size"]
        finally:
            with open(data["file"], "w") as file:
                file.write(str(number))

@tornado_ml.hookimpl
def register_models():
    return [Writer]
"""
SETTINGS = """
server.stalled_s = 60
[plugins]
disabled = ["iris", "digits", "text", "anomaly"]
"""


async def ask(socket: ClientConnection, file: Path, count: int, size: int) -> None:
    data = {"model_qualified_name": "writer", "input_data": {"count": count, "size": size, "file": str(file)}}
    await socket.send(json.dumps({"event": "prediction_request", "id": 1, "data": data, "meta": {"stream": True}}))


async def answers(socket: ClientConnection) -> list[dict[str, Any]]:
    frames = [json.loads(await socket.recv())]
    while frames[-1]["event"] == "prediction_partial":
        frames.append(json.loads(await socket.recv()))
    return frames


def test_a_client_that_does_not_read_stops_its_own_generator_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "writer.py").write_text(PLUGIN)
    size, count = 20_000, 50_000

    async def converse(server: RunningServer) -> None:
        options: Any = {"compression": None, "ping_interval": None}
        async with (
            connect(server.socket_url, max_queue=1, **options) as deaf,
            connect(server.socket_url, **options) as other,
        ):
            await ask(deaf, tmp_path / "deaf", count, size)
            for _ in range(5):
                await ask(other, tmp_path / "other", 300, 10)
                frames = await asyncio.wait_for(answers(other), 20)
                assert len(frames) == 301
                await asyncio.sleep(0.2)
            deaf.transport.abort()
            async with asyncio.timeout(10):
                while not (tmp_path / "deaf").exists() or not (tmp_path / "deaf").read_text():
                    await asyncio.sleep(0.05)
        # What the buffers on the way hold, and no more: tens of megabytes of a gigabyte.
        assert int((tmp_path / "deaf").read_text()) < count // 20

    with running_server("--strict", settings=SETTINGS, directories=[tmp_path / "plugins"]) as server:
        asyncio.run(converse(server))
