from __future__ import annotations

import io
import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.cli.main import main
from tornado_ml.testing import RunningServer, running_server

Predict = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def server(dropins: Path, no_examples: str) -> Iterator[RunningServer]:
    with running_server(settings=no_examples, directories=[dropins]) as server:
        yield server


@pytest.fixture
def predict(server: RunningServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Predict:
    """Calls the command for this server; gives its exit status and what it wrote to stdout and stderr."""

    def predict(*arguments: str | Path, stdin: bytes = b"", url: str = server.socket_url) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main(["predict", "--url", url, *map(str, arguments)], prog_name="tornado-ml")
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return predict


def answer_of(result: tuple[int, str, str]) -> Any:
    """The prediction that was printed."""
    code, out, err = result
    assert (code, err) == (0, "")
    start, _, document = out.partition(": ")
    assert start == "Prediction response"
    assert out.count("\n") == 1
    answer = json.loads(document)
    assert set(answer) == {"model_qualified_name", "prediction"}
    return answer["prediction"]


@pytest.mark.parametrize(
    ("pairs", "document"),
    [
        (["a=1", "b=2.5", "c=-3e2"], {"a": 1, "b": 2.5, "c": -300.0}),
        (["a=text", "b=more text", "c=", 'd="5"'], {"a": "text", "b": "more text", "c": "", "d": "5"}),
        (["a=true", "b=null", "c=True"], {"a": True, "b": None, "c": "True"}),
        (["a=[1, 2]", 'b={"c": {}}', "d=[1"], {"a": [1, 2], "b": {"c": {}}, "d": "[1"}),
        (["a=b=c", "key with space=1", "ä=ö"], {"a": "b=c", "key with space": 1, "ä": "ö"}),
        (["a=NaN", "b=Infinity", "c=-Infinity"], {"a": "NaN", "b": "Infinity", "c": "-Infinity"}),
    ],
)
def test_pairs_make_an_object_each_value_json_or_else_text(
    predict: Predict, pairs: list[str], document: dict[str, Any]
) -> None:
    assert answer_of(predict("echo", *pairs)) == document


def test_the_input_may_be_any_json(predict: Predict, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('\n{"a": ["ä"]}\n', encoding="utf-8")
    assert answer_of(predict("echo", "--json", "[1, null]")) == [1, None]
    assert answer_of(predict("echo", "--file", file)) == {"a": ["ä"]}
    assert answer_of(predict("echo", "-", stdin='"ä"'.encode())) == "ä"
    assert answer_of(predict("echo", "--file", "-", stdin=b"5")) == 5


def test_a_stream_is_printed_piece_by_piece(predict: Predict) -> None:
    code, out, err = predict("counter", "to=2", "--stream")
    assert (code, err) == (0, "")
    *pieces, answer = out.splitlines()
    assert pieces == ["Prediction partial: 0", "Prediction partial: 1"]
    assert answer == 'Prediction response: {"model_qualified_name": "counter", "prediction": {"counted": 2}}'


def test_what_fails_in_the_middle_of_a_stream_is_printed_after_its_pieces(predict: Predict) -> None:
    code, out, err = predict("counter", "to=2", "fail=raise", "--stream")
    assert (code, out.count("partial"), "response" in out) == (1, 2, False)
    assert err.startswith('Prediction error: {"type": "ERROR", "code": "INTERNAL"')


def test_an_error_is_printed_whole_and_exits_1(predict: Predict) -> None:
    code, out, err = predict("slow", "seconds=long")
    start, _, document = err.partition(": ")
    assert (code, out, start) == (1, "", "Prediction error")
    error = json.loads(document)
    assert (error["type"], error["code"], error["details"][0]["path"]) == ("SCHEMA_ERROR", "INVALID_INPUT", "/seconds")


def test_a_version_can_be_asked_for(predict: Predict) -> None:
    assert answer_of(predict("echo", "--json", "1", "--model-version", "1.0")) == 1
    assert "MODEL_NOT_FOUND" in predict("echo", "--json", "1", "--model-version", "3")[2]


def test_the_address_of_the_page_does_too(predict: Predict, server: RunningServer) -> None:
    for url in (server.url, server.url + "/", server.socket_url.removesuffix("/ws")):
        assert answer_of(predict("echo", "--json", "1", url=url)) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give the input in one way"),
        (["a=1", "--json", "{}"], "Give the input in one way"),
        (["--json", "{}", "--file", "-"], "Give the input in one way"),
        (["a"], "'a' is no KEY=VALUE pair."),
        (["=1"], "'=1' is no KEY=VALUE pair."),
        (["a=1", "-"], "'-' is no KEY=VALUE pair."),
        (["a=1", "a=2"], "a is given twice."),
        (["--json", "{a: 1}"], "--json is not JSON: Expecting property name"),
        (["--json", ""], "--json is not JSON: Expecting value"),
        (["--json", "[NaN]"], "--json is not JSON: JSON has no NaN."),
        (["--json", "[" * 100_000], "--json is not JSON: "),
        (["-"], "Standard input is not JSON: Expecting value"),
        (["--file", "nowhere.json"], "'nowhere.json': No such file or directory"),
        (["a=123456789012345678901234567890"], "The input at /a is an integer beyond 64 bits."),
        (["a=\udcff"], "The input at /a holds half a surrogate pair, which is no Unicode text."),
        (["--nonsense"], "No such option"),
    ],
)
def test_input_that_is_none_is_refused_kindly(predict: Predict, arguments: list[str], said: str) -> None:
    code, out, err = predict("echo", *arguments)
    assert (code, out) == (2, "")
    assert said in err.replace("\n", " ")
    assert "Traceback" not in err


def test_a_file_that_is_not_utf_8_is_refused_kindly(predict: Predict, tmp_path: Path) -> None:
    file = tmp_path / "latin-1.json"
    file.write_bytes(b'"\xe4"')
    code, _, err = predict("echo", "--file", file)
    assert (code, "--file is not JSON: 'utf-8' codec can't decode" in err.replace("\n", " ")) == (2, True)


@pytest.mark.parametrize("url", ["localhost:8765", "ftp://localhost", "ws://", ""])
def test_what_is_no_address_is_refused_kindly(predict: Predict, url: str) -> None:
    code, _, err = predict("echo", "a=1", url=url)
    assert (code, f"{url!r} is no address of a service" in err) == (2, True)


def test_a_service_that_is_away_is_said_with_how_to_start_it(predict: Predict) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        code, out, err = predict("echo", "a=1", url=f"ws://127.0.0.1:{port}")
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: Cannot connect to ws://127.0.0.1:{port}/ws: ")
    assert err.endswith("\nIs the service running? Start it with: tornado-ml serve\n")


def test_a_request_over_the_limit_is_said(predict: Predict) -> None:
    code, _, err = predict("echo", "--json", json.dumps("x" * 100_000))
    assert (code, err) == (1, "Error: The connection was closed with 1009: message too big.\n")


def test_without_a_model_the_usage_is_shown(predict: Predict) -> None:
    code, _, err = predict()
    assert (code, "Missing argument 'MODEL'" in err) == (2, True)
