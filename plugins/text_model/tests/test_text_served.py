"""Over the socket: streams, and what becomes of them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from text_model import TextModel
from tornado_ml.client import predict
from tornado_ml.testing import RunningServer, running_server

README = Path(__file__).parents[1] / "README.md"
NAME = TextModel.qualified_name
REQUEST = {"prompt": "She opened the letter, and", "length": 500, "pace": 0, "seed": 4}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    settings = '[plugins]\ndisabled = ["anomaly", "digits", "iris"]\n[models.text_model]\nrequired = true\n'
    with running_server(settings=settings) as server:
        yield server


@pytest.fixture
def socket(server: RunningServer) -> Iterator[ClientConnection]:
    with connect(server.socket_url) as socket:
        yield socket


def send(socket: ClientConnection, event: str, data: dict[str, Any], **meta: object) -> None:
    socket.send(json.dumps({"event": event, "id": "r", "data": data} | ({"meta": meta} if meta else {})))


def ask(socket: ClientConnection, input_data: dict[str, Any], **meta: object) -> None:
    send(socket, "prediction_request", {"model_qualified_name": NAME, "input_data": input_data}, **meta)


def answers(socket: ClientConnection) -> Iterator[dict[str, Any]]:
    """The frames up to the one that ends the request."""
    while True:
        frame = json.loads(socket.recv(timeout=30))
        yield frame
        if frame["event"] != "prediction_partial":
            return


def test_a_text_comes_in_pieces_that_make_up_the_whole(socket: ClientConnection) -> None:
    ask(socket, REQUEST, stream=True)
    *partials, final = answers(socket)
    assert [partial["meta"]["index"] for partial in partials] == list(range(len(partials)))
    assert len(partials) > 50
    text = "".join(partial["data"]["prediction"]["text"] for partial in partials)
    assert final["event"] == "prediction_response"
    assert final["data"]["prediction"] == {"text": text, "length": 500, "seed": 4}


def test_without_a_stream_the_same_seed_writes_the_same_text(server: RunningServer, socket: ClientConnection) -> None:
    ask(socket, REQUEST)
    (final,) = answers(socket)
    ask(socket, REQUEST, stream=True)
    *_, streamed = answers(socket)
    assert final["data"] == streamed["data"]
    assert predict(server.url, NAME, REQUEST)["prediction"] == final["data"]["prediction"]


def test_a_stream_that_is_cancelled_stops_and_the_next_one_is_written(socket: ClientConnection) -> None:
    ask(socket, {"length": 2000}, stream=True)
    json.loads(socket.recv(timeout=30))
    send(socket, "prediction_cancel", {})
    *_, last = answers(socket)
    assert (last["data"]["code"], last["meta"]["outcome"]) == ("CANCELLED", "stopped")
    ask(socket, REQUEST, stream=True)
    *_, final = answers(socket)
    assert final["event"] == "prediction_response"


def test_an_input_that_does_not_fit_is_refused_with_the_place_of_its_fault(socket: ClientConnection) -> None:
    ask(socket, {"length": 2001, "temperature": "hot"}, stream=True)
    (refused,) = answers(socket)
    assert refused["data"]["code"] == "INVALID_INPUT"
    assert {fault["path"] for fault in refused["data"]["details"]} == {"/length", "/temperature"}


@pytest.mark.parametrize("number", range(2))
def test_what_the_readme_shows_runs(server: RunningServer, number: int) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    code = blocks[number].replace("ws://127.0.0.1:8765/ws", server.socket_url)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    expected = predict(server.url, NAME, REQUEST | {"length": 300})["prediction"]
    assert done.stdout == [f"{expected['text']}\n {expected}\n", ""][number]
