"""Plugins: find them, load each by itself, and keep a broken one from hurting the others.

A plugin gets in by an entry point, by a file in a directory of the settings, or as a module and class named in the
settings. Loading imports it and asks its hooks what it brings; its models are constructed elsewhere, where they run.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

import pluggy

from tornado_ml import hookspecs
from tornado_ml.errors import OperatorError, PluginError, told
from tornado_ml.models.base import check_qualified_name, version_number
from tornado_ml.models.manager import Identity, Recipe, Registration
from tornado_ml.settings.tables import suggestion

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
    """Imports it, and gives the module or object whose hooks count."""
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
        self.plugins: list[Plugin] = []

    def find(self) -> list[Plugin]:
        """What there is, with the disabled ones marked; none of it is imported."""
        found = list({plugin.key: plugin for plugin in self._find()}.values())
        for plugin in found:
            if plugin.name in self._disabled:
                plugin.state = PluginState.DISABLED
        return found

    def load(self) -> list[Registration]:
        """Load every plugin that is not disabled, and return the models they register, in the order found."""
        self.plugins = self.find()
        return [
            registration
            for plugin in self.plugins
            if plugin.state is PluginState.LOADED
            for registration in load_plugin(plugin)
        ]

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
            # One folder may be named in two ways.
            for directory in dict.fromkeys(map(os.path.realpath, self._directories)):
                yield from _find_in_directory(Path(directory))
        for module_name, class_name in self._named_models:
            yield _named_model(module_name, class_name)


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


def load_plugin(plugin: Plugin) -> list[Registration]:
    """Import a plugin and ask it for its models; it is marked as failed, and registers none, if anything goes wrong.

    Nothing that the plugin raises leaves this function, but KeyboardInterrupt; one that hangs or ends the process at
    import does so.
    """
    try:
        loaded = plugin.load()
        version = getattr(loaded, "__version__", None)
        if plugin.version is None and isinstance(version, str):
            plugin.version = version
        plugin.registrations = [
            _registration(plugin, factory, index) for index, factory in enumerate(_registered_models(loaded))
        ]
    except KeyboardInterrupt:
        raise
    # A plugin may call sys.exit at import, which is no Exception.
    except BaseException as error:
        _mark_failed(plugin, told(error), error)
    return plugin.registrations


def factory_of(recipe: Recipe) -> Callable[[], object]:
    """What constructs a registered model, found in this process as the service found it in its own.

    Raises:
        PluginError: it is no longer there.
        Exception: whatever the plugin raises.
    """
    loaded = _plugin_of(recipe).load()
    models = _registered_models(loaded)
    if recipe.index >= len(models):
        raise PluginError(
            f"Plugin {recipe.name} registers {len(models)} models now; this was number {recipe.index + 1}."
        )
    factory = models[recipe.index]
    if not callable(factory):
        raise PluginError(f"register_models returned {_shown(factory)}; it must return model classes, not instances.")
    return factory


def _plugin_of(recipe: Recipe) -> Plugin:
    if recipe.origin == PluginOrigin.DIRECTORY:
        return _drop_in(Path(recipe.location))
    if recipe.origin == PluginOrigin.SETTINGS:
        return _named_model(*recipe.location.split(":", 1))
    for plugin in _find_entry_points():
        if (plugin.name, plugin.location) == (recipe.name, recipe.location):
            return plugin
    raise PluginError(f"The entry point {recipe.name} = {recipe.location} is no longer installed.")


def _drop_in(path: Path) -> Plugin:
    return Plugin(path.stem, None, PluginOrigin.DIRECTORY, str(path), partial(_import_file, path))


def _named_model(module_name: str, class_name: str) -> Plugin:
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


def _registered_models(loaded: object) -> list[object]:
    # A manager for each plugin: what one raises, or leaves half registered, touches no other.
    hooks = pluggy.PluginManager(hookspecs.PROJECT)
    hooks.add_hookspecs(hookspecs)
    try:
        hooks.register(loaded)
    except pluggy.PluginValidationError as error:
        raise PluginError(" ".join(str(error).split())) from error
    implemented = hooks.get_hookcallers(loaded) or []
    if not implemented:
        raise PluginError("It implements no hook; is register_models marked with @tornado_ml.hookimpl?")
    unknown = [hook.name for hook in implemented if not hook.has_spec()]
    if unknown:
        raise PluginError(
            f"It implements the hook {unknown[0]}, which is unknown; {suggestion(unknown[0], hook_names())}"
        )
    models: list[object] = []
    register_models = hooks.hook.register_models
    for result in register_models() or [None] * len(register_models.get_hookimpls()):  # pluggy leaves out None
        if isinstance(result, str | bytes) or not isinstance(result, Iterable):
            raise PluginError(f"register_models returned {_shown(result)}; it must return a list of model classes.")
        models.extend(result)
    return models


def hook_names() -> list[str]:
    """The hooks a plugin may implement."""
    return [name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")]


def _registration(plugin: Plugin, factory: object, index: int) -> Registration:
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
    recipe = Recipe(plugin.origin.value, plugin.name, plugin.location, index)
    return Registration(plugin.key, factory, recipe, _declared_identity(factory))


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
    unforeseen = None if isinstance(error, OperatorError) else error
    log.error("Plugin %s from %s failed: %s", plugin.name, plugin.location, reason, exc_info=unforeseen)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:120] + "…"
