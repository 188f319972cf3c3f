"""Where plugins are: entry points, files in directories, models named in the settings. None is imported yet."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from tornado_ml import hookspecs
from tornado_ml.access import Authenticator
from tornado_ml.codecs.base import Codec
from tornado_ml.errors import PluginError
from tornado_ml.models.manager import Recipe, Registration
from tornado_ml.models.source import Source
from tornado_ml.models.widget import Widget
from tornado_ml.observers.base import Observer


class PluginOrigin(StrEnum):
    """How a plugin got in."""

    ENTRY_POINT = "entry_point"
    DIRECTORY = "directory"
    SETTINGS = "settings"


class PluginState(StrEnum):
    LOADED = "loaded"
    FAILED = "failed"
    DISABLED = "disabled"


@dataclass(slots=True)
class Plugin:
    """A plugin that was found. A failed one serves nothing; `reason` says why."""

    name: str
    version: str | None
    origin: PluginOrigin
    location: str
    """An entry point's object reference, a path, or `module:Class`."""
    load: Callable[[], object]
    """Imports it, and gives the module or object whose hooks count."""
    state: PluginState = PluginState.LOADED
    reason: str | None = None
    traceback: str | None = None
    """Of what it raised, where that was not meant for people; None also unless it failed."""
    registrations: list[Registration] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    codecs: list[Codec] = field(default_factory=list)
    widgets: list[Widget] = field(default_factory=list)
    authenticators: list[Authenticator] = field(default_factory=list)
    observers: list[Observer] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Tells plugins apart; two distributions may use one name."""
        return f"{self.name} ({self.location})"

    def bring_nothing(self) -> None:
        """Forget what it registered."""
        self.registrations, self.sources, self.codecs, self.widgets = [], [], [], []
        self.authenticators, self.observers = [], []


@dataclass(frozen=True, slots=True)
class NamedModel:
    """The plugin that the settings make of a module and a class in it; neither is looked at before the model runs."""

    module_name: str
    class_name: str

    @hookspecs.hookimpl
    def register_models(self) -> list[Callable[[], object]]:
        return [self.construct]

    def construct(self) -> object:
        module = importlib.import_module(self.module_name)
        try:
            model_class = getattr(module, self.class_name)
        except AttributeError:
            raise PluginError(f"Module {self.module_name} has no class {self.class_name}.") from None
        return model_class()


def find_all(directories: Sequence[Path]) -> Iterator[Plugin]:
    """What is installed, then what is in these directories."""
    yield from _find_entry_points()
    # One folder may be named in two ways.
    for directory in dict.fromkeys(map(os.path.realpath, directories)):
        yield from _find_in_directory(Path(directory))


def find_again(recipe: Recipe) -> Plugin:
    """The plugin that a model came from, found as it was found before.

    Raises:
        PluginError: it is no longer installed.
    """
    if recipe.origin == PluginOrigin.DIRECTORY:
        return _drop_in(Path(recipe.location))
    if recipe.origin == PluginOrigin.SETTINGS:
        return named_model(*recipe.location.split(":", 1))
    for plugin in _find_entry_points():
        if (plugin.name, plugin.location) == (recipe.name, recipe.location):
            return plugin
    raise PluginError(f"The entry point {recipe.name} = {recipe.location} is no longer installed.")


def _drop_in(path: Path) -> Plugin:
    return Plugin(path.stem, None, PluginOrigin.DIRECTORY, str(path), partial(_import_file, path))


def named_model(module_name: str, class_name: str) -> Plugin:
    location = f"{module_name}:{class_name}"
    return Plugin(location, None, PluginOrigin.SETTINGS, location, partial(NamedModel, module_name, class_name))


def _find_entry_points() -> Iterator[Plugin]:
    def order(entry_point: EntryPoint) -> tuple[str, str]:
        return (entry_point.dist.name if entry_point.dist else "", entry_point.name)

    for entry_point in sorted(entry_points(group=hookspecs.PROJECT), key=order):
        version = entry_point.dist.version if entry_point.dist else None
        yield Plugin(entry_point.name, version, PluginOrigin.ENTRY_POINT, entry_point.value, entry_point.load)


def _find_in_directory(directory: Path) -> Iterator[Plugin]:
    try:
        paths = sorted(filter(_is_plugin, directory.iterdir()))
    except OSError as error:
        unreadable = PluginError(f"The plugin directory cannot be read: {error.strerror}.")
        yield Plugin(directory.name, None, PluginOrigin.DIRECTORY, str(directory), partial(_refuse, unreadable))
        return
    for path in paths:
        yield _drop_in(path)


def _is_plugin(path: Path) -> bool:
    if path.name.startswith(("_", ".")):
        return False
    try:
        return path.suffix == ".py" if path.is_file() else (path / "__init__.py").is_file()
    except PermissionError:
        return True  # loading it will say what is wrong


def _import_file(path: Path) -> ModuleType:
    """Import a drop-in plugin under a module name of its own, so that it can shadow nothing."""
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    name = f"tornado_ml_plugin_{re.sub(r'[^0-9A-Za-z]', '_', path.stem)}_{digest}"
    source, search = (path / "__init__.py", [str(path)]) if path.is_dir() else (path, None)
    spec = importlib.util.spec_from_file_location(name, source, submodule_search_locations=search)
    assert spec is not None, "its name ends in .py"
    assert spec.loader is not None, "its name ends in .py"
    module = importlib.util.module_from_spec(spec)
    _forget_module(name)  # of an earlier state of the file
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        _forget_module(name)
        raise
    return module


def _forget_module(name: str) -> None:
    for loaded in [other for other in sys.modules if other == name or other.startswith(name + ".")]:
        del sys.modules[loaded]


def _refuse(error: PluginError) -> object:
    raise error
