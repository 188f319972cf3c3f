"""What a service must never write down, whatever is asked of it and however talkative it is told to be."""

from __future__ import annotations

import base64
import json
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tornado_ml.access import token_file
from tornado_ml.testing import RunningServer, running_server

MARK = "MarkedInput4711"
NUMBER = 471147114711

INPUTS: list[tuple[str, Any]] = [
    ("echo", {"text": MARK, "number": NUMBER}),
    ("echo", [MARK] * 100),
    ("broken", {"how": "return text"}),
    ("broken", {"how": "return too much"}),
    ("broken", {"how": MARK, "times": 1, "more": MARK}),
    ("broken", {MARK: MARK}),
    ("counter", {"to": 3, "seconds": MARK}),
    ("counter", {"to": NUMBER, "fail": MARK}),
    ("adder", {"number": MARK}),
    (MARK, {"x": 1}),
]
"""Models and what they are asked; the mark stands wherever a client's words may stand."""

OUTPUT = "the combination is 4711"
"""What the model `broken` answers with, where it must not."""


def frame(event: str, data: Any, **meta: Any) -> dict[str, Any]:
    return {"event": event, "id": MARK, "data": data, "meta": meta}


def ask_over_rest(server: RunningServer, token: str) -> None:
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=30)) as connection:
        for model, data in [*INPUTS, ("echo", MARK)]:
            for accept in ("application/json", "text/event-stream"):
                path = f"/api/models/{quote(model)}/predictions?deadline_ms=20000"
                headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", "Accept": accept}
                connection.request("POST", path, json.dumps(data), headers)
                connection.getresponse().read()
        for body, path in ((f'{{"{MARK}', "/api/models/echo/predictions"), (MARK, f"/api/models?{MARK}={token}")):
            headers = {"Authorization": f"Bearer {token}", "Cookie": f"tornado-ml-token={token}", "X-Other": MARK}
            connection.request("POST", path, body, headers)
            connection.getresponse().read()


def ask_over_sockets(server: RunningServer, token: str) -> None:
    bearer = f"tornado-ml.bearer.{base64.urlsafe_b64encode(token.encode()).decode().rstrip('=')}"
    for codec in ("json", "msgpack"):
        with connect(server.socket_url, subprotocols=[f"tornado-ml.v1.{codec}", bearer]) as socket:  # type: ignore[list-item]
            asked = [frame("prediction_request", {"model_qualified_name": m, "input_data": d}) for m, d in INPUTS]
            asked += [
                frame("prediction_request", {"model_qualified_name": "counter", "input_data": {"to": 3}}, stream=True),
                frame("session_open", {"model_qualified_name": "adder", "parameters": {"start": MARK}}),
                frame("ping", {"any": MARK}),
                frame(MARK, {}),
                frame("prediction_request", {MARK: MARK}),
                frame("subscribe", {"model_qualified_name": MARK, "source": MARK}),
            ]
            for one in asked:
                socket.send(json.dumps(one) if codec == "json" else msgpack.packb(one))
                socket.recv(timeout=30)
            socket.send(MARK if codec == "json" else MARK.encode())
            socket.recv(timeout=30)
            with suppress(ConnectionClosed):
                socket.send("x" * 100_000)
                socket.recv(timeout=30)


def test_no_input_no_output_and_no_token_is_ever_in_the_log(
    dropins: Path, no_examples: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORNADO_ML_LOGGING__FORMAT", "json")
    tokens = tmp_path / "tokens.toml"
    token = token_file.new_token()
    with token_file.changing(tokens) as records:
        hashed, scopes = token_file.hash_of(token), frozenset({"predict:*"})
        records["ann"] = token_file.TokenRecord("ann", hashed, scopes, datetime.now(UTC))
    settings = f"{no_examples}\n[auth]\ntokens = '{tokens}'\n"
    with running_server("--verbose", settings=settings, directories=[dropins]) as server:
        ask_over_rest(server, token)
        ask_over_rest(server, "a-wrong-" + token)
        ask_over_sockets(server, token)
        log = server.log
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["logger"] for line in lines} >= {"tornado_ml.access", "tornado_ml.inference.tickets"}
    said = "\n".join(line for line in log.splitlines() if f"models/{MARK}/" not in line)
    assert [line for line in said.splitlines() if MARK in line or str(NUMBER) in line] == []
    assert [line for line in said.splitlines() if OUTPUT in line] == []
    encoded = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    assert [line for line in log.splitlines() if token in line or encoded in line] == []
