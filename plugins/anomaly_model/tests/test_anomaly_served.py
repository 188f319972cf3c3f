"""Over the socket: sessions remember, the source pushes."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

pytest.importorskip("river", reason="needs river: pip install anomaly-model")

from anomaly_model import AnomalyModel, ElNinoReplay
from anomaly_model.anomaly_source import el_nino_series
from tornado_ml.client import predict
from tornado_ml.testing import RunningServer, running_server

README = Path(__file__).parents[1] / "README.md"
NAME = "anomaly_model"
WOBBLE = [5.1, 4.9, 5.0, 5.2, 5.0, 4.8, 5.1, 5.0, 4.9, 5.1, 5.0, 4.9, 5.0]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    settings = '[plugins]\ndisabled = ["digits", "iris", "text"]\n[models.anomaly_model]\nrequired = true\n'
    with running_server(settings=settings) as server:
        yield server


class Caller:
    """One connection of a client that asks one thing after the other."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def ask(self, event: str, data: dict[str, Any], **meta: object) -> dict[str, Any]:
        self._socket.send(json.dumps({"event": event, "data": data} | ({"meta": meta} if meta else {})))
        return self.next()

    def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self._socket.recv(timeout=30))
        return frame

    def open(self, parameters: dict[str, Any]) -> str:
        opened = self.ask("session_open", {"model_qualified_name": NAME, "parameters": parameters})
        assert opened["event"] == "session_opened", opened
        session: str = opened["data"]["session"]
        return session

    def predict(self, session: str, value: float) -> dict[str, Any]:
        request = {"model_qualified_name": NAME, "input_data": {"value": value}}
        answer = self.ask("prediction_request", request, session=session)
        assert answer["event"] == "prediction_response", answer
        prediction: dict[str, Any] = answer["data"]["prediction"]
        return prediction


@pytest.fixture
def caller(server: RunningServer) -> Iterator[Caller]:
    with connect(server.socket_url) as socket:
        yield Caller(socket)


def test_a_request_without_a_session_brings_its_history(server: RunningServer) -> None:
    for example in AnomalyModel.examples:
        assert predict(server.url, NAME, example)["prediction"] == AnomalyModel().predict(example)


def test_a_session_remembers_and_knows_nothing_of_another_one(caller: Caller) -> None:
    here, there = caller.open({}), caller.open({"threshold": 0.5})
    for value in WOBBLE:
        caller.predict(here, value)
        caller.predict(there, value + 100)
    assert caller.predict(here, 9.9) == AnomalyModel().predict({"value": 9.9, "history": WOBBLE})
    assert caller.predict(there, 105.0)["expected"] == pytest.approx(105, abs=0.1)
    closed = caller.ask("session_close", {"session": here})
    assert (closed["event"], closed["data"]) == ("session_closed", {"session": here, "reason": "closed"})


def test_parameters_that_do_not_fit_open_no_session(caller: Caller) -> None:
    answer = caller.ask("session_open", {"model_qualified_name": NAME, "parameters": {"season_length": "a year"}})
    assert answer["event"] == "prediction_error"
    assert answer["data"]["code"] == "INVALID_INPUT"
    assert [fault["path"] for fault in answer["data"]["details"]] == ["/season_length"]


def test_the_source_pushes_what_a_session_answers_to_the_series(caller: Caller) -> None:
    subscribed = caller.ask("subscribe", {"model_qualified_name": NAME, "source": "elnino_fast"}, policy="buffer")
    assert subscribed["event"] == "subscribed", subscribed
    session = AnomalyModel().open_session(ElNinoReplay.session_parameters)
    for month, temperature in el_nino_series()[:120]:
        pushed = caller.next()
        assert pushed["meta"]["subscription"] == subscribed["data"]["subscription"]
        assert pushed["data"]["prediction"] == session.predict({"time": month, "value": temperature})


@pytest.mark.parametrize("number", range(3))
def test_what_the_readme_shows_runs(server: RunningServer, number: int) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 3
    code = blocks[number].replace("ws://127.0.0.1:8765/ws", server.socket_url).replace('"elnino"', '"elnino_fast"')
    # The first one watches for as long as it is let.
    code = code.replace("        if (seen", "        if ended(data): break\n        if (seen")
    code = "ended = lambda data: data.get('prediction', {}).get('time', '') > '1958-01'\n" + code
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert [
        done.stdout.startswith("1957-05: 26.72 °C instead of "),
        "'alarm': True" in done.stdout,
        done.stdout == "",
    ][number], done.stdout


def test_the_command_in_the_readme_alarms(server: RunningServer) -> None:
    (json_text,) = re.findall(r"tornado-ml predict anomaly_model --json '(.*)'", README.read_text(encoding="utf-8"))
    assert predict(server.url, NAME, json.loads(json_text))["prediction"]["alarm"] is True
