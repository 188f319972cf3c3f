"""The plugins of one service: which there are, and what they bring together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tornado_ml.codecs.known import Codecs
from tornado_ml.models.manager import Registration
from tornado_ml.models.source import full_name
from tornado_ml.plugins.finding import Plugin, PluginState, find_all, named_model
from tornado_ml.plugins.loading import load_plugin, mark_failed


class PluginHost:
    """Finds plugins and loads them one by one, so that a broken one hurts no other.

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
        self._codecs = Codecs()
        self._watchers: list[Callable[[Plugin], None]] = []
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
        for plugin in self.plugins:
            if plugin.state is PluginState.LOADED:
                self.load_one(plugin)
                self._changed(plugin)
        return [registration for plugin in self.plugins for registration in plugin.registrations]

    def load_one(self, plugin: Plugin) -> list[Registration]:
        """Load a plugin, which fails if it brings what another has brought before it. Gives the models it registers.

        What else it brings counts from when it is `put` in its place.
        """
        load_plugin(plugin)
        clash = self._clash(plugin)
        if clash is not None:
            mark_failed(plugin, clash)
        return plugin.registrations

    def put(self, plugin: Plugin) -> None:
        """Count a plugin that has been loaded among the others, in the place of what it was before."""
        keys = [one.key for one in self.plugins]
        if plugin.key in keys:
            self.plugins[keys.index(plugin.key)] = plugin
        else:
            self.plugins.append(plugin)
        self._changed(plugin)

    def remove(self, plugin: Plugin) -> None:
        """A plugin is gone."""
        self.plugins.remove(plugin)
        plugin.bring_nothing()
        self._changed(plugin)

    def fail(self, key: str, reason: str, cause: BaseException | None = None) -> None:
        """Mark a plugin as failed, for a fault that showed only when one of its models was constructed."""
        for plugin in self.plugins:
            if plugin.key == key and plugin.state is PluginState.LOADED:
                mark_failed(plugin, reason, cause)
                self._changed(plugin)

    def failed(self) -> list[Plugin]:
        return [plugin for plugin in self.plugins if plugin.state is PluginState.FAILED]

    def codecs(self) -> Codecs:
        """What is spoken on the socket; it changes with the plugins."""
        return self._codecs

    def watch(self, watcher: Callable[[Plugin], None]) -> None:
        """Have told what each plugin brings: now, and when that changes. One that fails, or goes, brings nothing."""
        self._watchers.append(watcher)
        for plugin in self.plugins:
            watcher(plugin)

    def _changed(self, plugin: Plugin) -> None:
        self._codecs.set(plugin.key, plugin.codecs)
        for watcher in self._watchers:
            watcher(plugin)

    def _clash(self, plugin: Plugin) -> str | None:
        """What a plugin brings that another one has brought, if there is such a thing."""
        for other in self.plugins:
            if other.key == plugin.key:
                continue
            for name in sorted({full_name(one) for one in plugin.sources} & {full_name(one) for one in other.sources}):
                return f"Source {name} is there already, from plugin {other.key}."
            spoken = {codec.subprotocol for codec in other.codecs}
            for codec in plugin.codecs:
                if codec.subprotocol in spoken:
                    return f"Subprotocol {codec.subprotocol} is spoken already, by plugin {other.key}."
            if plugin.widgets and other.widgets and plugin.name == other.name:
                return f"Widgets of a plugin {plugin.name} are served already, from {other.location}."
            named = {widget.full_name for widget in other.widgets}
            for widget in plugin.widgets:
                if widget.full_name in named:
                    return f"The {widget.kind} widget {widget.name} is there already, from plugin {other.key}."
        return None

    def _find(self) -> Iterator[Plugin]:
        if self._discover:
            yield from find_all(self._directories)
        for module_name, class_name in self._named_models:
            yield named_model(module_name, class_name)
