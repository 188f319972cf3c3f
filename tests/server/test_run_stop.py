"""What becomes of a session when the service is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tornado_ml.testing import RunningServer, running_server

SETTINGS = '[plugins]\ndisabled = ["anomaly", "digits", "iris", "text"]\n[server]\ndrain_s = 60\n'

HELD = """
import time
from pathlib import Path
from tornado_ml import MLModel, ModelSession, hookimpl

class HeldSession(ModelSession):
    def predict(self, data):
        while not Path(data).exists():
            time.sleep(0.01)
        return data

class Held(MLModel):
    executor = "thread"
    qualified_name = display_name = description = "held"
    major_version, minor_version = 1, 0
    input_schema = output_schema = session_schema = {}

    def predict(self, data):
        return data

    def open_session(self, parameters):
        return HeldSession()

@hookimpl
def register_models():
    return [Held]
"""
"""A model whose sessions answer with their input as soon as there is a file of that name."""


def test_a_session_answers_what_it_has_begun_and_begins_nothing_more(dropins: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    (tmp_path / "held.py").write_text(HELD)

    async def converse(server: RunningServer) -> None:
        async with connect(server.socket_url) as peer:

            async def say(event: str, id: str, data: Any, **rest: Any) -> None:
                await peer.send(json.dumps({"event": event, "id": id, "data": data, **rest}))

            async def hear() -> dict[str, Any]:
                message: dict[str, Any] = json.loads(await peer.recv())
                return message

            opening = {"model_qualified_name": "held", "parameters": {}}
            await say("session_open", "s", opening)
            in_session = {"session": (await hear())["data"]["session"]}
            question = {"model_qualified_name": "held", "input_data": str(gate)}
            await say("prediction_request", "begun", question, meta=in_session)
            await say("prediction_request", "there", {"model_qualified_name": "echo", "input_data": 1})
            assert (await hear())["id"] == "there"
            server.process.send_signal(signal.SIGTERM)
            assert (await hear())["event"] == "goaway"
            await say("prediction_request", "late", question, meta=in_session)
            await say("session_open", "another", opening)
            refused = [await hear(), await hear()]
            assert [message["id"] for message in refused] == ["late", "another"]
            assert {message["data"]["code"] for message in refused} == {"SHUTTING_DOWN"}
            gate.touch()
            answer = await hear()
            assert (answer["id"], answer["data"]["prediction"]) == ("begun", str(gate))
            with pytest.raises(ConnectionClosed):
                await hear()
            assert peer.close_code == 1001

    with running_server(directories=[dropins, tmp_path], settings=SETTINGS) as server:
        asyncio.run(converse(server))
        assert server.process.wait(30) == 0
        assert server.log.rstrip().endswith("Stopped.")
