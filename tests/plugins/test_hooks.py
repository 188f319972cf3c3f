"""What a plugin brings besides models, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tornado_ml.plugins import Plugin, PluginHost, PluginState, hook_names

Drop = Callable[..., Path]
Load = Callable[..., PluginHost]
Dropped = Callable[[PluginHost], list[Plugin]]

SOURCES = """
from tornado_ml import PushSource, Source, hookimpl

class Ticks(Source):
    name = "ticks"
    description = "Ticks."
    model_qualified_name = "good"

    async def inputs(self):
        yield 1

@hookimpl
def register_sources():
    return [Ticks(), PushSource("pushed", "Pushed.", "good")]
"""

CODEC = """
from tornado_ml import hookimpl
from tornado_ml.codecs.json import JSONCodec

class Codec(JSONCodec):
    subprotocol = "shout"

@hookimpl
def register_codecs():
    return [Codec()]
"""


def test_the_hooks_there_are_can_be_named() -> None:
    assert hook_names() == [
        f"register_{name}" for name in ("models", "sources", "codecs", "widgets", "observers", "authenticators")
    ]


OBSERVER = """
from tornado_ml import Observer, hookimpl

class Watcher(Observer):
    def observe(self, records):
        pass

@hookimpl
def register_observers():
    return [Watcher()]
"""


def test_a_plugin_may_bring_observers(directory: Path, drop: Drop, load: Load, dropped: Dropped) -> None:
    drop("watching.py", OBSERVER)
    drop("wrong.py", OBSERVER.replace("Watcher()]", "Watcher]"))
    watching, wrong = dropped(load(directory))
    assert [one.name for one in watching.observers] == ["Watcher"]
    assert (wrong.state, wrong.observers) == (PluginState.FAILED, [])
    assert "it must return instances of tornado_ml.Observer." in (wrong.reason or "")


AUTHENTICATOR = """
from tornado_ml import Authenticator, Identity, hookimpl

class Everybody(Authenticator):
    async def identify(self, token):
        return Identity(token, frozenset())

@hookimpl
def register_authenticators():
    return [Everybody()]
"""


def test_a_plugin_may_bring_authenticators(directory: Path, drop: Drop, load: Load, dropped: Dropped) -> None:
    drop("login.py", AUTHENTICATOR)
    drop("wrong.py", AUTHENTICATOR.replace("Everybody()]", "Everybody]"))
    host = load(directory)
    login, wrong = dropped(host)
    assert [type(one).__name__ for one in login.authenticators] == ["Everybody"]
    assert (wrong.state, wrong.authenticators) == (PluginState.FAILED, [])
    assert "it must return instances of tornado_ml.Authenticator." in (wrong.reason or "")
    host.fail(login.key, "a test")
    assert login.authenticators == []


def test_a_plugin_may_implement_any_of_the_hooks(
    drop: Drop, directory: Path, load: Load, dropped: Dropped, good: str
) -> None:
    drop("codec.py", CODEC)
    drop("everything.py", good + SOURCES + CODEC.replace("shout", "whisper"))
    drop("sources.py", SOURCES.replace("good", "other"))
    host = load(directory)
    brought = [
        (len(one.registrations), [source.name for source in one.sources], [codec.subprotocol for codec in one.codecs])
        for one in dropped(host)
    ]
    assert brought == [(0, [], ["shout"]), (1, ["ticks", "pushed"], ["whisper"]), (0, ["ticks", "pushed"], [])]
    assert host.codecs().subprotocols[-2:] == ["shout", "whisper"]


# What is changed in a good plugin into what, and what its reason is or begins with.
NAMES = "it takes 1 to 128 letters, digits, '_', '.' and '-', and starts with a letter, a digit or '_'."
BROKEN = {
    "hook that raises": ("return [Ticks(),", "raise OSError('gone'); [Ticks(),", "OSError: gone"),
    "class": (
        "[Ticks(),",
        "[Ticks,",
        "register_sources returned the class Ticks; it must return sources: call it.",
    ),
    "no source": (
        "[Ticks(),",
        "[7,",
        "register_sources returned 7; it must return instances of tornado_ml.Source.",
    ),
    "no list": (
        '[Ticks(), PushSource("pushed", "Pushed.", "good")]',
        "None",
        "register_sources returned None; it must",
    ),
    "no name": ('    name = "ticks"\n', "", f"The source Ticks has the name None; {NAMES}"),
    "bad name": ('"ticks"', '"tick tock"', f"The source Ticks has the name 'tick tock'; {NAMES}"),
    "bad model": (
        'model_qualified_name = "good"',
        'model_qualified_name = "/"',
        f"The source Ticks has the model_qualified_name '/'; {NAMES}",
    ),
    "no description": ('    description = "Ticks."\n', "", "The source Ticks has no description."),
    "two of one name": ('"pushed"', '"ticks"', "register_sources returned two sources good/ticks."),
    "coroutine": (
        "yield 1",
        "return [1]",
        "The source Ticks has inputs() that return once; write an async generator: async def with yield.",
    ),
    "abstract": ("inputs", "outputs", "TypeError: Can't instantiate abstract class Ticks"),
    "misspelled hook": (
        "register_sources",
        "register_source",
        "It implements the hook register_source, which is unknown; did you mean register_sources?",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_plugin_with_a_bad_source_fails_with_its_reason_and_brings_nothing(
    kind: str, drop: Drop, directory: Path, load: Load, dropped: Dropped, good: str
) -> None:
    before, after, reason = BROKEN[kind]
    assert before in SOURCES
    drop("plugin.py", good + SOURCES.replace(before, after))
    (plugin,) = dropped(load(directory))
    assert plugin.state is PluginState.FAILED
    assert (plugin.reason or "").startswith(reason)
    assert (plugin.registrations, plugin.sources, plugin.codecs) == ([], [], [])


def test_a_plugin_with_a_bad_codec_fails_with_its_reason(
    drop: Drop, directory: Path, load: Load, dropped: Dropped
) -> None:
    drop("plugin.py", CODEC.replace("shout", "loud and clear"))
    (plugin,) = dropped(load(directory))
    assert "has the subprotocol 'loud and clear'" in (plugin.reason or "")
    assert plugin.codecs == []
