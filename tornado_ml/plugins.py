"""Plugins: find them, load each by itself, and keep a broken one from hurting the others.

A plugin gets in by an entry point, by a file in a directory of the settings, or as a module and class named in the
settings. Loading imports it and asks its hooks what it brings; its models are constructed elsewhere, where they run.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

import pluggy

from tornado_ml import hookspecs
from tornado_ml.errors import OperatorError, PluginError
from tornado_ml.models.base import check_qualified_name, version_number
from tornado_ml.models.manager import Identity, Registration

log = logging.getLogger(__name__)


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
    """Imports it; a plugin of the settings is imported where its model runs, so it has nothing to import here."""
    state: PluginState = PluginState.LOADED
    reason: str | None = None
    registrations: list[Registration] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Tells plugins apart; two distributions may use one name."""
        return f"{self.name} ({self.location})"


class PluginHost:
    """Finds plugins and loads them one by one.

    Args:
        directories: folders whose `*.py` files and packages are plugins.
        named_models: `(module_name, class_name)` of models named in the settings.
        disabled: names of plugins that are found and not loaded.
        discover: whether entry points and directories are looked at.
    """

    def __init__(
        self,
        *,
        directories: Sequence[Path] = (),
        named_models: Sequence[tuple[str, str]] = (),
        disabled: Sequence[str] = (),
        discover: bool = True,
    ) -> None:
        self._directories = directories
        self._named_models = named_models
        self._disabled = frozenset(disabled)
        self._discover = discover
        self._hooks = pluggy.PluginManager(hookspecs.PROJECT)
        self._hooks.add_hookspecs(hookspecs)
        self.plugins: list[Plugin] = []

    def find(self) -> list[Plugin]:
        """What there is, without importing any of it; what cannot be looked at or is disabled is marked so."""
        found = list({plugin.key: plugin for plugin in self._find()}.values())
        for plugin in found:
            if plugin.name in self._disabled:
                plugin.state = PluginState.DISABLED
        return found

    def load(self, only: str | None = None) -> list[Registration]:
        """Load every plugin, or the one of the key `only`, and return the models they register, in the order found.

        A directory that cannot be read is a failed plugin too. Nothing a plugin raises leaves this method, but
        KeyboardInterrupt; one that hangs or ends the process at import does so.
        """
        self.plugins = [plugin for plugin in self.find() if only in (None, plugin.key)]
        for plugin in self.plugins:
            if plugin.state is PluginState.LOADED:
                self._load_one(plugin)
        return [registration for plugin in self.plugins for registration in plugin.registrations]

    def fail(self, key: str, reason: str) -> None:
        """Mark a plugin as failed, for a fault that showed only when one of its models was constructed."""
        for plugin in self.plugins:
            if plugin.key == key and plugin.state is PluginState.LOADED:
                _mark_failed(plugin, reason)

    def failed(self) -> list[Plugin]:
        return [plugin for plugin in self.plugins if plugin.state is PluginState.FAILED]

    def _find(self) -> Iterator[Plugin]:
        if self._discover:
            yield from _find_entry_points()
            for directory in self._directories:
                yield from _find_in_directory(directory)
        for module_name, class_name in self._named_models:
            yield _named_model(module_name, class_name)

    def _load_one(self, plugin: Plugin) -> None:
        try:
            loaded = plugin.load()
            factories = [loaded] if plugin.origin is PluginOrigin.SETTINGS else self._registered_models(plugin, loaded)
            plugin.registrations = [_registration(plugin, factory) for factory in factories]
        except KeyboardInterrupt:
            raise
        # A plugin may call sys.exit at import, which is no Exception.
        except BaseException as error:
            _mark_failed(plugin, _reason(error), error)

    def _registered_models(self, plugin: Plugin, loaded: object) -> list[object]:
        if not self._hooks.is_registered(loaded):
            self._hooks.register(loaded, name=plugin.key)
            try:
                self._hooks.check_pending()
            except pluggy.PluginValidationError as error:
                self._hooks.unregister(loaded)
                raise PluginError(f"{error}. The hooks there are: {', '.join(hook_names())}.") from error
        others = [other for other in self._hooks.get_plugins() if other is not loaded]
        results = self._hooks.subset_hook_caller("register_models", remove_plugins=others)()
        models: list[object] = []
        for result in results:
            if isinstance(result, str | bytes) or not isinstance(result, Iterable):
                raise PluginError(
                    f"register_models returned {_shown(result)}; it must return an iterable of model classes."
                )
            models.extend(result)
        return models


def hook_names() -> list[str]:
    """The hooks a plugin may implement."""
    return [name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")]


def _find_entry_points() -> Iterator[Plugin]:
    def order(entry_point: EntryPoint) -> tuple[str, str]:
        return (entry_point.dist.name if entry_point.dist else "", entry_point.name)

    for entry_point in sorted(entry_points(group=hookspecs.PROJECT), key=order):
        version = entry_point.dist.version if entry_point.dist else None
        yield Plugin(entry_point.name, version, PluginOrigin.ENTRY_POINT, entry_point.value, entry_point.load)


def _find_in_directory(directory: Path) -> Iterator[Plugin]:
    try:
        paths = sorted(directory.iterdir())
    except OSError as error:
        plugin = Plugin(directory.name, None, PluginOrigin.DIRECTORY, str(directory), lambda: None)
        _mark_failed(plugin, f"The plugin directory cannot be read: {error.strerror or error}.")
        yield plugin
        return
    for path in paths:
        is_plugin = path.suffix == ".py" if path.is_file() else (path / "__init__.py").is_file()
        if is_plugin and not path.name.startswith(("_", ".")):
            plugin = Plugin(path.stem, None, PluginOrigin.DIRECTORY, str(path), lambda: None)
            plugin.load = lambda plugin=plugin, path=path: _import_file(plugin, path)  # type: ignore[misc]
            yield plugin


def _import_file(plugin: Plugin, path: Path) -> ModuleType:
    """Import a drop-in plugin under a module name of its own, so that it can shadow nothing."""
    name = "tornado_ml_plugin_" + re.sub(r"\W", "_", str(path.resolve()))
    source = path / "__init__.py" if path.is_dir() else path
    search = [str(path)] if path.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, source, submodule_search_locations=search)
    if spec is None or spec.loader is None:
        raise PluginError(f"{source} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        for loaded in [other for other in sys.modules if other == name or other.startswith(name + ".")]:
            del sys.modules[loaded]
        raise
    version = getattr(module, "__version__", None)
    plugin.version = version if isinstance(version, str) else None
    return module


def _named_model(module_name: str, class_name: str) -> Plugin:
    location = f"{module_name}:{class_name}"

    def construct() -> object:
        module = importlib.import_module(module_name)
        try:
            model_class = getattr(module, class_name)
        except AttributeError:
            raise PluginError(f"Module {module_name} has no class {class_name}.") from None
        return model_class()

    return Plugin(location, None, PluginOrigin.SETTINGS, location, lambda: construct)


def _registration(plugin: Plugin, factory: object) -> Registration:
    """What the manager is told of one model, after all that can be judged without constructing it."""
    if not callable(factory):
        raise PluginError(f"register_models returned {_shown(factory)}; it must return model classes, not instances.")
    if isinstance(factory, type):
        if not callable(getattr(factory, "predict", None)):
            raise PluginError(
                f"register_models returned {_shown(factory)}, which is no model class: it has no predict()."
            )
        if inspect.isabstract(factory):
            missing = ", ".join(sorted(getattr(factory, "__abstractmethods__", ())))
            raise PluginError(f"The class {factory.__qualname__} is abstract; it lacks: {missing}.")
    _check_takes_no_arguments(factory)
    return Registration(plugin.key, factory, _declared_identity(factory))


def _declared_identity(factory: Callable[[], object]) -> Identity | None:
    """The name and version that a class says before it is constructed, if it says both."""
    name = getattr(factory, "qualified_name", None)
    if not isinstance(name, str):
        return None
    check_qualified_name(name)
    major, minor = (version_number(getattr(factory, key, None)) for key in ("major_version", "minor_version"))
    return None if major is None or minor is None else (name, (major, minor))


def _check_takes_no_arguments(factory: Callable[..., object]) -> None:
    try:
        signature = inspect.signature(factory)
    except ValueError:  # built in C; constructing it will tell
        return
    try:
        signature.bind()
    except TypeError as error:
        raise PluginError(f"{_shown(factory)} cannot be called without arguments: {error}.") from error


def _mark_failed(plugin: Plugin, reason: str, error: BaseException | None = None) -> None:
    plugin.state = PluginState.FAILED
    plugin.reason = reason
    plugin.registrations = []
    log.error("Plugin %s from %s failed: %s", plugin.name, plugin.location, reason, exc_info=error)


def _reason(error: BaseException) -> str:
    if isinstance(error, OperatorError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:120] + "…"
