"""Picks up drop-in plugins that are new, changed or gone, while the service runs."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from tornado_ml.errors import ModelLoadError
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.models.manager import ModelManager
from tornado_ml.plugins import Plugin, PluginHost, PluginOrigin, PluginState

log = logging.getLogger(__name__)

INTERVAL_S = 0.5

Stamp = tuple[tuple[str, int, int], ...]
"""Name, modification time in nanoseconds and size of each file of a plugin."""


async def watch_plugins(plugins: PluginHost, manager: ModelManager[ModelRunner]) -> None:
    """Look after the plugin directories until it is cancelled."""
    known = _stamps(plugins)
    while True:
        await asyncio.sleep(INTERVAL_S)
        now = _stamps(plugins)
        for location in sorted(known.keys() | now.keys()):
            if known.get(location) != now.get(location):
                await _renew(plugins, manager, location)
        known = now


async def _renew(plugins: PluginHost, manager: ModelManager[ModelRunner], location: str) -> None:
    """Load what stands at `location` now; where that fails, what was there before goes on."""
    fresh = next((plugin for plugin in _drop_ins(plugins) if plugin.location == location), None)
    before = next((plugin for plugin in plugins.plugins if plugin.location == location), None)
    if fresh is None:
        if before is not None:
            log.info("Plugin %s is gone.", before.name)
            plugins.remove(before)
            await manager.renew(before.key, [])
        return
    registrations = plugins.load_one(fresh)
    if fresh.state is PluginState.LOADED:
        try:
            await manager.renew(fresh.key, registrations)
        except ModelLoadError as error:
            log.error("Plugin %s has changed and could not be loaded: %s", fresh.name, error)
            return
    elif before is not None and before.state is PluginState.LOADED:
        return  # the log has the reason; the plugin as it was goes on
    plugins.put(fresh)


def _drop_ins(plugins: PluginHost) -> list[Plugin]:
    return [
        plugin
        for plugin in plugins.find()
        if plugin.origin is PluginOrigin.DIRECTORY and plugin.state is PluginState.LOADED
    ]


def _stamps(plugins: PluginHost) -> dict[str, Stamp]:
    return {plugin.location: _stamp(Path(plugin.location)) for plugin in _drop_ins(plugins)}


def _stamp(path: Path) -> Stamp:
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    stamp = []
    for file in files:
        try:
            status = file.stat()
        except OSError:  # it is being replaced
            continue
        stamp.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(stamp)
