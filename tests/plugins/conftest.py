"""Folders of drop-in plugins."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tornado_ml.plugins import Plugin, PluginHost, PluginOrigin

GOOD = """
from tornado_ml import MLModel, hookimpl

class Good(MLModel):
    qualified_name = "good"
    display_name = description = "Good"
    major_version, minor_version = 1, 2
    input_schema = output_schema = {}

    def predict(self, data):
        return data

@hookimpl
def register_models():
    return [Good]
"""


@pytest.fixture
def good() -> str:
    """The text of a plugin with one model."""
    return GOOD


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "dropped"
    path.mkdir()
    return path


@pytest.fixture
def drop(directory: Path) -> Callable[..., Path]:
    """Puts a file into the plugin directory: a good plugin, if it is not told otherwise."""

    def drop(name: str, text: str = GOOD) -> Path:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return drop


@pytest.fixture
def load() -> Callable[..., PluginHost]:
    """Loads the plugins of these directories."""

    def load(*directories: Path, **options: object) -> PluginHost:
        host = PluginHost(directories=directories, **options)  # type: ignore[arg-type]
        host.load()
        return host

    return load


@pytest.fixture
def dropped() -> Callable[[PluginHost], list[Plugin]]:
    """Those that came from a directory: others may be installed."""
    return lambda host: [plugin for plugin in host.plugins if plugin.origin is PluginOrigin.DIRECTORY]


@pytest.fixture(autouse=True)
def forget_imports() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("tornado_ml_plugin_", "installed_", "named_")):
            del sys.modules[name]
