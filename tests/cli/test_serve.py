"""`tornado-ml serve`, the real command: what it prints, what it refuses, and how it stops."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tornado_ml.testing import RunningServer, ServerFailed, running_server

Run = Callable[..., subprocess.CompletedProcess[str]]
Settings = Callable[..., Path]
Folder = Callable[..., Path]
Text = Callable[[str], str]

OPENER = build_opener(ProxyHandler({}))  # the service is on this machine, whatever proxy there is
NOISY = """
    import os, subprocess, sys
    print("at import")
    os.write(1, b"at import, below Python\\n")

    from tornado_ml import MLModel, hookimpl

    class Noisy(MLModel):
        qualified_name = "noisy"
        display_name = description = "Noisy"
        major_version, minor_version = 1, 0
        input_schema = output_schema = {}

        def __init__(self):
            print("at construction")

        def predict(self, data):
            print("at prediction")
            subprocess.run(["echo", "by another process"])
            return data

    @hookimpl
    def register_models():
        print("at registration")
        return [Noisy]
"""


def get(server: RunningServer, path: str) -> Any:
    with OPENER.open(server.url + path, timeout=30) as response:
        return json.load(response)


def predict(server: RunningServer, model: str, document: Any) -> Any:
    url = f"{server.url}/api/models/{model}/predictions"
    request = Request(url, json.dumps(document).encode(), {"Content-Type": "application/json"})
    with OPENER.open(request, timeout=30) as response:
        return json.load(response)["prediction"]


def states(server: RunningServer) -> dict[str, str]:
    return {model["qualified_name"]: model["state"] for model in get(server, "/api/models")["models"]}


def eventually(condition: Callable[[], bool], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "It never came true."
        time.sleep(0.02)


def request(model: str, data: Any, id: int) -> str:
    return json.dumps(
        {"event": "prediction_request", "id": id, "data": {"model_qualified_name": model, "input_data": data}}
    )


async def conversation(socket: ClientConnection) -> tuple[list[Any], int | None]:
    """What is still said on a socket until it is closed, and the close code."""
    said = []
    try:
        while True:
            said.append(json.loads(await socket.recv()))
    except ConnectionClosed as closed:
        return said, closed.rcvd.code if closed.rcvd else None


def test_standard_output_has_the_address_and_nothing_else_whoever_prints(
    run: Run, folder: Folder, settings: Settings
) -> None:
    with running_server(settings=settings(directories=folder(noisy=NOISY))) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9][0-9]*", server.url)
        assert predict(server, "noisy", [1]) == [1]
        server.process.send_signal(signal.SIGINT)
        rest, _ = server.process.communicate(timeout=30)
        assert rest == ""
        for when in ("at import", "at registration", "at construction", "at prediction", "by another process"):
            assert when in server.log


def test_it_listens_while_models_load_and_a_model_that_hangs_holds_up_no_other(
    folder: Folder, settings: Settings, plugin_text: Text
) -> None:
    hanging = plugin_text("Hanging").replace(
        "def predict", "def __init__(self):\n        import time; time.sleep(600)\n\n    def predict"
    )
    file = settings(directories=folder(hanging=hanging, good=plugin_text("Good")))
    with running_server(settings=file, until_ready=False) as server:
        eventually(lambda: states(server) == {"good": "ready", "hanging": "loading"})
        assert predict(server, "good", 5) == 5
        with pytest.raises(HTTPError) as refusal:
            predict(server, "hanging", 5)
        assert json.load(refusal.value)["code"] == "MODEL_NOT_READY"
        assert get(server, "/health/live") == {"status": "live"}


def test_a_port_that_is_taken_is_said_in_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--no-plugins", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is taken. ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "nowhere.invalid"], "Error: Cannot listen on nowhere.invalid, port 0: "),
        (["--port", "70000"], "Error: command line: server.port must be a whole number, 0 to 65535, got "),
        (["--settings", "nowhere.toml"], "Error: nowhere.toml: cannot be read: No such file or directory\n"),
        (["--env", "Nowhere"], 'Error: --env: there is no environment "Nowhere"; known are '),
    ],
)
def test_what_it_cannot_do_is_said_and_exits_1(run: Run, options: list[str], said: str) -> None:
    done = run("serve", "--no-plugins", "--port", "0", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("options", [["--port", "many"], ["--nonsense"], ["argument"]])
def test_what_is_no_option_exits_2(run: Run, options: list[str]) -> None:
    assert run("serve", *options).returncode == 2


def test_the_host_can_be_chosen() -> None:
    with running_server("--no-plugins", "--host", "127.0.0.2") as server:
        assert server.url.startswith("http://127.0.0.2:")
        assert get(server, "/api/models") == {"models": []}


def test_an_environment_can_be_chosen(folder: Folder, settings: Settings, plugin_text: Text) -> None:
    path = folder(echo=plugin_text("Echo"))
    file = settings(f"[environments.WithEcho.plugins]\ndirectories = ['{path}']\n")
    with running_server("--env", "WithEcho", settings=file) as server:
        assert states(server) == {"echo": "ready"}


def test_without_plugins_the_models_of_the_settings_stay(
    folder: Folder, settings: Settings, plugin_text: Text, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder(echo=plugin_text("Echo"), other=plugin_text("Other"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(path), os.environ.get("PYTHONPATH")])))
    file = settings("[[plugins.models]]\nmodule_name = 'echo'\nclass_name = 'Echo'\n", directories=path)
    with running_server("--no-plugins", settings=file) as server:
        assert states(server) == {"echo": "ready"}
        assert [plugin["origin"] for plugin in get(server, "/api/plugins")["plugins"]] == ["settings"]


def test_broken_plugins_are_named_and_the_others_serve(folder: Folder, settings: Settings, plugin_text: Text) -> None:
    misspelled = plugin_text("Lost").replace("register_models", "register_model")
    path = folder(nowhere="import nowhere", exits="import sys; sys.exit(1)", lost=misspelled, echo=plugin_text("Echo"))
    with running_server(settings=settings(directories=path)) as server:
        assert states(server) == {"echo": "ready"}
        found = {plugin["name"]: plugin for plugin in get(server, "/api/plugins")["plugins"]}
        assert {name: plugin["reason"] for name, plugin in found.items() if plugin["state"] == "failed"} == {
            "nowhere": "ModuleNotFoundError: No module named 'nowhere'",
            "exits": "SystemExit: 1",
            "lost": "It implements the hook register_model, which is unknown; did you mean register_models?",
        }
        for name in ("nowhere", "exits", "lost"):
            assert f"Plugin {name} from {path / name}.py failed: " in server.log


def test_settings_for_a_model_that_is_not_there_are_a_warning(settings: Settings) -> None:
    with running_server("--no-plugins", settings=settings("[models.ghost]")) as server:
        eventually(lambda: "WARNING" in server.log)
        assert "The settings have [models.ghost], and there is no such model." in server.log


def test_strict_mode_ends_with_1_and_names_all_faults(
    run: Run, folder: Folder, settings: Settings, plugin_text: Text
) -> None:
    unloadable = plugin_text("Unloadable").replace(
        "def predict", "def __init__(self):\n        1 / 0\n\n    def predict"
    )
    path = folder(
        nowhere="import nowhere", unloadable=unloadable, five=plugin_text("Five").replace("[Five]", "[lambda: 5]")
    )
    done = run("serve", "--port", "0", "--strict", "--settings", settings("[models.ghost]", directories=path))
    assert done.returncode == 1
    assert done.stdout.startswith("tornado-ml: serving on ")
    error = done.stderr[done.stderr.index("Error: Strict mode:\n") :]
    assert "\nPlugin nowhere failed: ModuleNotFoundError: No module named 'nowhere'\n" in error
    assert "\nPlugin five failed: 5 is no model: " in error
    assert "\nModel unloadable 1.0 failed: ZeroDivisionError: division by zero" in error
    assert "\nThe settings have [models.ghost], and there is no such model.\n" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly_and_what_is_open_is_answered_and_what_comes_then_refused(
    held: Path, dropins: Path, number: signal.Signals, no_examples: str, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"

    async def scenario(server: RunningServer) -> None:
        async with connect(server.socket_url) as busy, connect(server.socket_url) as idle:
            await busy.send(request("held", str(gate), id=1))
            await busy.send(request("echo", "open", id=2))
            assert json.loads(await busy.recv())["id"] == 2
            server.process.send_signal(number)
            goaway = json.loads(await busy.recv())
            assert (goaway["event"], goaway["data"]["deadline_ms"]) == ("goaway", 60_000)
            await busy.send(request("echo", "late", id=3))
            refusal = json.loads(await busy.recv())
            assert (refusal["id"], refusal["data"]["code"], refusal["data"]["retryable"]) == (3, "SHUTTING_DOWN", True)
            gate.touch()
            (answer,), code = await conversation(busy)
            assert (answer["event"], answer["data"]["prediction"]) == ("prediction_response", str(gate))
            assert code == 1001
            said, code = await conversation(idle)
            assert ([message["event"] for message in said], code) == (["goaway"], 1001)

    settings = no_examples + "[server]\ndrain_s = 60"
    with running_server(settings=settings, directories=[dropins, held]) as server:
        asyncio.run(scenario(server))
        assert server.process.wait(timeout=30) == 0


def test_what_is_still_open_when_it_has_stopped_for_long_enough_is_cut_off(
    held: Path, dropins: Path, no_examples: str, tmp_path: Path
) -> None:
    async def scenario(server: RunningServer) -> None:
        async with connect(server.socket_url) as socket:
            await socket.send(request("held", str(tmp_path / "nothing"), id=1))
            await socket.send(request("echo", "open", id=2))
            assert json.loads(await socket.recv())["id"] == 2
            server.process.send_signal(signal.SIGTERM)
            (goaway, refusal), code = await conversation(socket)
            assert (goaway["event"], goaway["data"]["deadline_ms"]) == ("goaway", 1000)
            assert (refusal["id"], refusal["data"]["code"], refusal["data"]["retryable"]) == (1, "SHUTTING_DOWN", True)
            assert code == 1001

    settings = no_examples + "[server]\ndrain_s = 1"
    with running_server(settings=settings, directories=[dropins, held]) as server:
        asyncio.run(scenario(server))
        assert server.process.wait(timeout=30) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_it_at_once(
    held: Path, dropins: Path, number: signal.Signals, no_examples: str, tmp_path: Path
) -> None:
    async def scenario(server: RunningServer) -> None:
        async with connect(server.socket_url) as socket:
            await socket.send(request("held", str(tmp_path / "nothing"), id=1))
            await socket.send(request("echo", "open", id=2))
            await socket.recv()
            server.process.send_signal(number)
            assert json.loads(await socket.recv())["event"] == "goaway"
            server.process.send_signal(number)
            said, code = await conversation(socket)
            assert (said, code) == ([], None)

    def serve_and_end() -> None:
        settings = no_examples + "[server]\ndrain_s = 60"
        with running_server(settings=settings, directories=[dropins, held]) as server:
            asyncio.run(scenario(server))
            server.process.wait(timeout=30)

    with pytest.raises(ServerFailed, match=f"ended with {128 + number}"):
        serve_and_end()


def test_requests_are_logged_only_where_they_are_asked_for(dropins: Path) -> None:
    with running_server("--no-plugins", "--verbose") as talkative, running_server("--no-plugins") as quiet:
        for server in (talkative, quiet):
            get(server, "/api/models")
        eventually(lambda: "200 GET /api/models " in talkative.log)
        assert "GET" not in quiet.log


def test_the_log_is_as_the_settings_say(dropins: Path, no_examples: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORNADO_ML_LOGGING__FORMAT", "auto")
    settings = f"{no_examples}\n[logging]\nlevel = 'warning'\naccess = true\n"
    with running_server(settings=settings, directories=[dropins]) as server:
        get(server, "/api/models")
        eventually(lambda: "/api/models" in server.log)
        log = server.log
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["level"] for line in lines if line["logger"] != "tornado_ml.access"} <= {"WARNING", "ERROR"}
    (access,) = (line for line in lines if line.get("path") == "/api/models")
    assert (access["status"], access["method"], access["remote"]) == (200, "GET", "127.0.0.1")
