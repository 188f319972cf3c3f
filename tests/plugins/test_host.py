"""What the plugins of one service bring together, and how that changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tornado_ml.plugins import Plugin, PluginHost, PluginOrigin, PluginState

Drop = Callable[..., Path]
Load = Callable[..., PluginHost]
Dropped = Callable[[PluginHost], list[Plugin]]

PLUGIN = """
from tornado_ml import PushSource, hookimpl
from tornado_ml.codecs.json import JSONCodec

class Codec(JSONCodec):
    subprotocol = "SPOKEN"

@hookimpl
def register_sources():
    return [PushSource("NAME", "Pushed.", "echo")]

@hookimpl
def register_codecs():
    return [Codec()]
"""


def plugin(name: str, spoken: str) -> str:
    return PLUGIN.replace("NAME", name).replace("SPOKEN", spoken)


def test_of_two_plugins_that_bring_the_same_the_later_one_fails(
    drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    drop("a.py", plugin("one", "shout"))
    drop("b.py", plugin("one", "whisper"))
    drop("c.py", plugin("two", "shout"))
    first, same_source, same_codec = dropped(load(directory))
    assert first.state is PluginState.LOADED
    assert same_source.reason == f"Source echo/one is there already, from plugin {first.key}."
    assert same_codec.reason == f"Subprotocol shout is spoken already, by plugin {first.key}."
    assert (same_source.sources, same_codec.codecs) == ([], [])


def test_who_watches_is_told_what_each_plugin_brings_and_when_that_changes(
    drop: Drop, directory: Path, dropped: Dropped
) -> None:
    told: list[tuple[str, list[str]]] = []
    host = PluginHost(directories=[directory])
    path = drop("a.py", plugin("one", "shout"))
    host.load()

    def watch(plugin: Plugin) -> None:
        if plugin.origin is PluginOrigin.DIRECTORY:
            told.append((plugin.name, [source.name for source in plugin.sources]))

    host.watch(watch)
    assert told == [("a", ["one"])]
    path.write_text(plugin("another", "shout"))
    (fresh,) = [found for found in host.find() if found.name == "a"]
    host.load_one(fresh)
    assert fresh.reason is None
    assert len(told) == 1
    host.put(fresh)
    drop("b.py", plugin("two", "whisper"))
    (new,) = [found for found in host.find() if found.name == "b"]
    host.load_one(new)
    host.put(new)
    assert host.codecs().subprotocols[-2:] == ["shout", "whisper"]
    host.fail(new.key, "its model is no model")
    assert "whisper" not in host.codecs().subprotocols
    host.remove(fresh)
    assert told[1:] == [("a", ["another"]), ("b", ["two"]), ("b", []), ("a", [])]
    assert dropped(host) == [new]
    assert "shout" not in host.codecs().subprotocols
