"""socket.io-client 4 under Node, unmodified, over each transport."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.testing import running_server

pytestmark = pytest.mark.e2e

CLIENT = Path(__file__).parent / "socketio" / "client.js"
FLOWER = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_server() as server:
        yield server.url


def talk(url: str, requests: list[Any], *transports: str) -> list[Any]:
    """What the client prints."""
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, CLIENT, url, json.dumps(requests), *transports], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("transports", [("polling",), ("websocket",), ()])
def test_the_client_of_javascript_is_answered_as_by_the_original(url: str, transports: tuple[str, ...]) -> None:
    requests: list[Any] = [
        {"model_qualified_name": "iris_model", "input_data": FLOWER},
        {"model_qualified_name": "nobody", "input_data": FLOWER},
        {"model_qualified_name": "iris_model"},
    ]
    lines = talk(url, requests, *transports)
    *events, acknowledged, over = lines
    (response, *_) = [payload for event, payload in events if event == "prediction_response"]
    assert response.keys() == {"model_qualified_name", "prediction"}
    assert response["prediction"]["species"] == "setosa"
    not_found, incomplete = sorted((payload for event, payload in events if event == "prediction_error"), key=len)[::-1]
    assert not_found == {"type": "ERROR", "message": "Model not found.", "model_qualified_name": "nobody"}
    assert incomplete.keys() == {"type", "message"}
    assert incomplete["type"] == "DESERIALIZATION_ERROR"
    assert acknowledged == ["acknowledged", response]
    assert over[1] in (transports or ("polling", "websocket"))
