"""Plugins: find them, load each by itself, and keep a broken one from hurting the others.

A plugin gets in by an entry point, by a file in a directory of the settings, or as a module and class named in the
settings. Loading imports it and asks its hooks what it brings; its models are constructed elsewhere, where they run.
"""

from tornado_ml.plugins.finding import Plugin, PluginOrigin, PluginState
from tornado_ml.plugins.hooks import hook_names
from tornado_ml.plugins.host import PluginHost
from tornado_ml.plugins.loading import factory_of, load_plugin
from tornado_ml.plugins.widgets import Widgets

__all__ = [
    "Plugin",
    "PluginHost",
    "PluginOrigin",
    "PluginState",
    "Widgets",
    "factory_of",
    "hook_names",
    "load_plugin",
]
