"""Drop-in plugins that come, change and go while the service runs."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tornado_ml.server import watching
from tornado_ml.server.base import Shared

PLUGIN = """
from tornado_ml import MLModel, hookimpl

class Adder(MLModel):
    qualified_name = "adder"
    display_name = "Adder"
    description = "Adds."
    major_version = {major}
    minor_version = 0
    input_schema = {{"type": "integer"}}
    output_schema = {{"type": "integer"}}
    executor = "thread"

    def predict(self, data):
        return data + {added}

@hookimpl
def register_models():
    return [Adder]
"""


@pytest.fixture
def dropins(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(io_loop: IOLoop, shared: Shared, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(watching, "INTERVAL_S", 0.02)
    tasks = []

    async def start() -> None:
        tasks.append(asyncio.create_task(watching.watch_plugins(shared.plugins, shared.manager)))
        await asyncio.sleep(0.05)

    io_loop.run_sync(start)
    yield
    tasks[0].cancel()


_sizes = itertools.count(1)


def write(folder: Path, text: str) -> None:
    """Each text is longer than the one before, so that nobody takes it for the same."""
    draft = folder / ".draft"
    draft.write_text(text + "\n#" + "x" * next(_sizes), encoding="utf-8")
    draft.rename(folder / "adder.py")


async def eventually(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def versions(shared: Shared) -> list[str]:
    return [f"{one.known_identity[0]} {one.model_version} {one.state}" for one in shared.manager.deployments()]


@pytest.mark.usefixtures("watch")
@pytest.mark.gen_test
async def test_a_new_file_is_served_a_changed_one_served_anew_and_a_removed_one_no_more(
    shared: Shared, dropins: Path, connect: Any, ask: Any
) -> None:
    write(dropins, PLUGIN.format(major=1, added=1))
    await eventually(lambda: versions(shared) == ["adder 1.0 ready"])
    peer = await connect()
    assert (await peer.ask(ask("adder", 1)))["data"]["prediction"] == 2
    write(dropins, PLUGIN.format(major=1, added=100))
    await eventually(lambda: versions(shared) == ["adder 1.0 ready"])
    while (await peer.ask(ask("adder", 1)))["data"]["prediction"] == 2:
        await asyncio.sleep(0.01)
    assert (await peer.ask(ask("adder", 1)))["data"]["prediction"] == 101
    write(dropins, PLUGIN.format(major=2, added=1))
    await eventually(lambda: versions(shared) == ["adder 2.0 ready"])
    (dropins / "adder.py").unlink()
    await eventually(lambda: versions(shared) == [])
    assert (await peer.ask(ask("adder", 1)))["data"]["code"] == "MODEL_NOT_FOUND"
    assert shared.plugins.plugins == [plugin for plugin in shared.plugins.plugins if plugin.name != "adder"]


@pytest.mark.usefixtures("watch")
@pytest.mark.parametrize("broken", ["syntax error(", PLUGIN.format(major=1, added=1).replace("data + 1", "data"), ""])
@pytest.mark.gen_test
async def test_what_cannot_be_loaded_leaves_what_was_there_at_work(
    shared: Shared, dropins: Path, connect: Any, ask: Any, broken: str, logged: Callable[[], str]
) -> None:
    write(dropins, PLUGIN.format(major=1, added=1))
    await eventually(lambda: versions(shared) == ["adder 1.0 ready"])
    if broken.startswith("\n"):
        broken = broken.replace(
            "    def predict", "    def __init__(self):\n        raise OSError('not there')\n\n    def predict"
        )
    write(dropins, broken)
    await eventually(lambda: "failed" in logged() or "could not be loaded" in logged())
    peer = await connect()
    assert (await peer.ask(ask("adder", 1)))["data"]["prediction"] == 2
    write(dropins, PLUGIN.format(major=1, added=5))
    while (await peer.ask(ask("adder", 1)))["data"]["prediction"] != 6:
        await asyncio.sleep(0.01)


@pytest.mark.usefixtures("watch")
@pytest.mark.gen_test
async def test_a_plugin_that_was_broken_from_the_start_is_served_once_it_is_mended(
    shared: Shared, dropins: Path
) -> None:
    write(dropins, "syntax error(")
    await eventually(lambda: [p.reason for p in shared.plugins.failed()] != [])
    write(dropins, PLUGIN.format(major=1, added=1))
    await eventually(lambda: versions(shared) == ["adder 1.0 ready"] and not shared.plugins.failed())


SOURCE = """
import asyncio
from tornado_ml import Source, hookimpl

class Words(Source):
    name = "words"
    description = "A word, again and again."
    model_qualified_name = "adder"

    async def inputs(self):
        while True:
            yield {word}
            await asyncio.sleep(0.01)

@hookimpl
def register_sources():
    return [{sources}]
"""


@pytest.mark.usefixtures("watch")
@pytest.mark.gen_test
async def test_the_sources_of_a_plugin_are_renewed_with_it_and_go_with_it(
    shared: Shared, dropins: Path, logged: Callable[[], str]
) -> None:
    values: list[Any] = []
    ends: list[str] = []

    class Reader:
        def deliver(self, value: Any) -> None:
            values.append(value.prediction.prediction)

        def ended(self, error: Exception) -> None:
            ends.append(str(error))

    write(dropins, PLUGIN.format(major=1, added=1) + SOURCE.format(word="1", sources="Words()"))
    await eventually(lambda: len(shared.backend.feeds.sources_of("adder")) == 1)
    shared.backend.feeds.subscribe("adder", "words", Reader())
    await eventually(lambda: values[:1] == [2])
    write(dropins, PLUGIN.format(major=1, added=1) + SOURCE.format(word="10", sources="Words()"))
    await eventually(lambda: values[-1] == 11)
    write(dropins, PLUGIN.format(major=1, added=1) + SOURCE.format(word="10", sources="Words"))
    await eventually(lambda: "failed" in logged())  # this one is refused, and leaves the one that is there at work
    count = len(values)
    await eventually(lambda: len(values) > count)
    write(dropins, PLUGIN.format(major=1, added=1) + SOURCE.format(word="10", sources=""))
    await eventually(lambda: ends == ["The source words is gone."])
    assert shared.backend.feeds.sources_of("adder") == []
    await eventually(lambda: shared.backend.feeds.running_count == 0)


@pytest.mark.gen_test
async def test_the_sources_of_a_plugin_that_fails_late_are_gone(shared: Shared, dropins: Path) -> None:
    write(dropins, SOURCE.format(word="1", sources="Words()"))
    shared.plugins.load()
    assert len(shared.backend.feeds.sources_of("adder")) == 1
    shared.plugins.fail(shared.plugins.plugins[-1].key, "its model is there already")
    assert shared.backend.feeds.sources_of("adder") == []
