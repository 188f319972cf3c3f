"""How the service and its workers leave: nothing is cut off that still runs, and nobody stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.testing import RunningServer, ServerFailed, running_server

Connect = Callable[[RunningServer], AbstractAsyncContextManager[Any]]

SETTINGS = """
[plugins]
disabled = ["anomaly", "digits", "iris", "text", "bad_loading"]
[[plugins.models]]
module_name = "tip_model.prediction"
class_name = "TipModel"
[models.two]
workers = 2
"""


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 30
    while any(map(lives, pids)):
        assert time.monotonic() < deadline, f"{[pid for pid in pids if lives(pid)]} are still there"
        time.sleep(0.05)


def test_nobody_stays_behind_when_the_service_is_killed_whatever_its_workers_are_at(
    dropins_bad: Path, marks: Path, peer: Connect
) -> None:
    async def scenario(server: RunningServer) -> list[int]:
        async with peer(server) as client:
            pids = [await client.predict(name, "good") for name in ("loop_forever", "keep_the_gil", "segfault")]
            for name in ("loop_forever", "keep_the_gil"):
                await client.send(name, "bad")
            await client.predict("beside", "they have been taken up now")
            found = children(server.process.pid)
            assert set(pids) <= set(found)
            server.process.kill()
        return found

    def kill() -> None:
        with running_server(settings=SETTINGS, directories=[dropins_bad]) as server:
            wait_until_gone(asyncio.run(scenario(server)))

    with pytest.raises(ServerFailed, match="-9"):
        kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_every_process_lets_workers_finish_what_runs(
    number: signal.Signals,
    dropins_bad: Path,
    marks: Path,
    peer: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(server: RunningServer) -> None:
        async with peer(server) as client:
            tip = {"bill": 10.0, "service": "good"}
            assert await client.predict("tip_model", tip) == {"tip": 1.0, "service": "good"}, "named in the settings"
            _, answer = await client.send("segfault", 1.5)
            await client.predict("beside", "it has been taken up now")
            workers = children(server.process.pid)
            for pid in [*workers, server.process.pid]:
                os.kill(pid, number)
            assert (await answer)["event"] == "prediction_response"
        assert await asyncio.to_thread(server.process.wait, 30) == 0
        wait_until_gone(workers)

    pytest.importorskip("ml_base")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "packages"), prepend=os.pathsep)
    with running_server(settings=SETTINGS, directories=[dropins_bad]) as server:
        asyncio.run(scenario(server))


def test_a_model_of_an_installed_package_is_found_in_its_worker(peer: Connect) -> None:
    pytest.importorskip("iris_model")
    flower = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}

    async def scenario(server: RunningServer) -> None:
        async with peer(server) as client:
            assert "setosa" in str(await client.predict("iris_model", flower)).lower()
            assert children(server.process.pid)

    with running_server() as server:
        asyncio.run(scenario(server))
