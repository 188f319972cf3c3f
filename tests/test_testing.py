"""The kit for the authors of plugins, used as they would."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tornado_ml import client, testing
from tornado_ml.testing import RunningServer, ServerFailed, check_model, running_server

HANGING = """
import time
from tornado_ml import MLModel, hookimpl

class Hanging(MLModel):
    qualified_name = display_name = description = "hanging"
    major_version, minor_version = 1, 0
    input_schema = output_schema = {}

    def __init__(self):
        time.sleep(600)

    def predict(self, data):
        return data

@hookimpl
def register_models():
    return [Hanging]
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_service_runs_for_as_long_as_the_with_lasts(dropins: Path, no_examples: str) -> None:
    with running_server(settings=no_examples, directories=[dropins]) as server:
        assert server.socket_url == f"ws://{server.url.removeprefix('http://')}/ws"
        assert client.predict(server.socket_url, "echo", {"a": 1}) == {
            "model_qualified_name": "echo",
            "prediction": {"a": 1},
        }
        assert "Model echo 1.0 is ready." in server.log
    assert server.process.returncode == 0
    assert not is_alive(server.process.pid)


def test_settings_are_a_text_or_a_file(tmp_path: Path, dropins: Path, no_examples: str) -> None:
    text = f"{no_examples}directories = ['{dropins}']\n[server]\nmax_message_bytes = 100\n"
    file = tmp_path / "settings.toml"
    file.write_text(text)
    for settings in (text, file):
        with running_server(settings=settings) as server:
            with pytest.raises(client.ConnectionLost):
                client.predict(server.url, "echo", "x" * 200)
            assert client.predict(server.url, "echo", "x")["prediction"] == "x"


def test_a_service_that_does_not_start_shows_why() -> None:
    with pytest.raises(ServerFailed, match="ended with 1") as failure, running_server(settings="[server]\nport = true"):
        pytest.fail("It started.")
    (note,) = failure.value.__notes__
    assert note.startswith("The service's log:\nError: ")
    assert "server.port must be a whole number" in note


def test_in_strict_mode_a_broken_plugin_is_a_failure(tmp_path: Path, no_examples: str) -> None:
    (tmp_path / "broken.py").write_text("import nowhere")
    with (
        pytest.raises(ServerFailed) as failure,
        running_server("--strict", settings=no_examples, directories=[tmp_path]),
    ):
        pytest.fail("It became ready.")
    assert "Plugin broken failed: ModuleNotFoundError" in failure.value.__notes__[0]


class Sundial:
    """In the place of `time`: it goes on only while somebody sleeps, and then quickly."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += 100 * seconds


def test_a_service_that_does_not_become_ready_is_not_waited_for_for_ever(
    tmp_path: Path, no_examples: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hanging.py").write_text(HANGING)
    monkeypatch.setattr(testing, "time", Sundial())
    with (
        pytest.raises(ServerFailed, match=r'was not ready in time: .*"not_ready"'),
        running_server(settings=no_examples, directories=[tmp_path]),
    ):
        pytest.fail("It became ready.")


def test_a_plugin_that_hangs_at_import_is_not_waited_for_for_ever(tmp_path: Path, no_examples: str) -> None:
    (tmp_path / "hanging.py").write_text("import time\ntime.sleep(600)")
    with (
        pytest.raises(ServerFailed, match="did not come to listen in 2 s"),
        running_server(settings=no_examples, directories=[tmp_path], timeout_s=2),
    ):
        pytest.fail("It listened.")


def test_a_test_that_fails_shows_the_log_and_leaves_no_service(dropins: Path, no_examples: str) -> None:
    with (
        pytest.raises(ZeroDivisionError) as failure,
        running_server(settings=no_examples, directories=[dropins]) as server,
    ):
        _ = 1 / 0
    assert "Model echo 1.0 is ready." in failure.value.__notes__[0]
    assert not is_alive(server.process.pid)


def test_a_service_that_dies_is_a_failure_and_its_clients_are_told(dropins: Path, no_examples: str) -> None:
    async def ask_and_kill(server: RunningServer) -> None:
        async with await client.Client.connect(server.url, reconnect_s=0) as connected:
            asked = asyncio.create_task(connected.predict("counter", {"to": 1_000_000, "seconds": 0.01}))
            await connected.predict("echo", "and the other one runs")
            server.process.kill()
            with pytest.raises(client.ConnectionLost, match="The connection was closed"):
                await asked

    def serve_and_kill() -> None:
        with running_server(settings=no_examples, directories=[dropins]) as server:
            asyncio.run(ask_and_kill(server))

    with pytest.raises(ServerFailed, match="ended with -9"):
        serve_and_kill()


def test_a_service_may_be_stopped_by_its_test(dropins: Path, no_examples: str) -> None:
    with running_server(settings=no_examples, directories=[dropins]) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=30) == 0


def test_a_model_can_be_tried_without_a_service(dropins: Path) -> None:
    class Echo:
        qualified_name = display_name = description = "echo"
        major_version, minor_version = 1, 0
        input_schema: Any = {"type": "string"}
        output_schema: Any = {"type": "string"}
        examples = ("hello",)

        def predict(self, data: Any) -> Any:
            return data

    assert check_model(Echo).problems == ()
