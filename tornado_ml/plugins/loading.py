"""Loading one plugin: import it, and ask its hooks what it brings. Nothing that it raises gets any further."""

from __future__ import annotations

import logging

from tornado_ml.errors import OperatorError, PluginError, told, traceback_of
from tornado_ml.models.manager import Recipe, Registration
from tornado_ml.plugins.finding import Plugin, PluginState, find_again
from tornado_ml.plugins.hooks import Factory, Hooks, declared_identity

log = logging.getLogger(__name__)


def load_plugin(plugin: Plugin) -> list[Registration]:
    """Import a plugin and ask it what it brings; it is marked as failed, and brings nothing, if anything goes wrong.

    Nothing that the plugin raises leaves this function, but KeyboardInterrupt; one that hangs or ends the process at
    import does so.
    """
    try:
        loaded = plugin.load()
        version = getattr(loaded, "__version__", None)
        if plugin.version is None and isinstance(version, str):
            plugin.version = version
        hooks = Hooks(loaded)
        plugin.registrations = [_registration(plugin, factory, index) for index, factory in enumerate(hooks.models())]
        plugin.sources = hooks.sources()
        plugin.codecs = hooks.codecs()
        plugin.widgets = hooks.widgets()
        plugin.authenticators = hooks.authenticators()
        plugin.observers = hooks.observers()
    except KeyboardInterrupt:
        raise
    # A plugin may call sys.exit at import, which is no Exception.
    except BaseException as error:
        mark_failed(plugin, told(error), error)
    return plugin.registrations


def factory_of(recipe: Recipe) -> Factory:
    """What constructs a registered model, found in this process as the service found it in its own.

    Raises:
        PluginError: it is no longer there.
        Exception: whatever the plugin raises.
    """
    models = Hooks(find_again(recipe).load()).models()
    if recipe.index >= len(models):
        raise PluginError(
            f"Plugin {recipe.name} registers {len(models)} models now; this was number {recipe.index + 1}."
        )
    return models[recipe.index]


def mark_failed(plugin: Plugin, reason: str, error: BaseException | None = None) -> None:
    """Let it bring nothing, and say why, with the traceback of an error that is not meant for people."""
    plugin.state = PluginState.FAILED
    plugin.reason = reason
    plugin.bring_nothing()
    unforeseen = None if isinstance(error, OperatorError) else error
    plugin.traceback = None if unforeseen is None else traceback_of(unforeseen)
    log.error("Plugin %s from %s failed: %s", plugin.name, plugin.location, reason, exc_info=unforeseen)


def _registration(plugin: Plugin, factory: Factory, index: int) -> Registration:
    """What the manager is told of one model."""
    recipe = Recipe(plugin.origin.value, plugin.name, plugin.location, index)
    return Registration(plugin.key, factory, recipe, declared_identity(factory))
