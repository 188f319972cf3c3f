from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tornado_ml import client
from tornado_ml.cli.main import main
from tornado_ml.testing import running_server

Folder = Callable[..., Path]
Settings = Callable[..., Path]
Text = Callable[[str], str]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls `tornado-ml reload`; gives its exit status and what it wrote to stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["reload", *arguments], prog_name="tornado-ml")
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return call


def test_a_model_answers_anew_without_a_gap_and_as_before_where_it_is_broken(
    call: Call, folder: Folder, settings: Settings, plugin_text: Text
) -> None:
    path = folder(echo=plugin_text("Echo"), other=plugin_text("Other"))
    file, text = path / "echo.py", plugin_text("Echo")
    with running_server(settings=settings(directories=path)) as server:
        file.write_text(text.replace("return data", "return [data, 'anew']"))
        assert call("echo", "--url", server.url) == (0, "Reloaded echo 1.0.\n", "")
        assert client.predict(server.url, "echo", 1)["prediction"] == [1, "anew"]
        file.write_text("import nowhere")
        code, out, err = call("--url", server.socket_url)
        assert (code, out) == (1, "Reloaded other 1.0.\n")
        assert err.startswith("Could not reload echo: echo 1.0 goes on as it was: ")
        assert "No module named 'nowhere'" in err
        assert client.predict(server.url, "echo", 1)["prediction"] == [1, "anew"]
        assert call("nobody", "--url", server.url) == (1, "", "Could not reload nobody: Model not found.\n")


def test_a_service_that_is_away_is_said_with_how_to_start_it(call: Call) -> None:
    code, out, err = call("--url", "http://127.0.0.1:1")
    assert (code, out) == (1, "")
    assert err.startswith("Error: Cannot ask http://127.0.0.1:1/api/models: ")
    assert err.endswith("\nIs the service running? Start it with: tornado-ml serve\n")


def test_what_is_no_address_is_refused_kindly(call: Call) -> None:
    code, _, err = call("--url", "localhost")
    assert (code, "'localhost' is no address of a service" in err) == (2, True)
