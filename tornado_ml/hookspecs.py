"""What a plugin may implement: the extension manual, one function a hook.

A plugin is a module that implements some of these, each marked with `@tornado_ml.hookimpl`. Only hooks that the
service calls are declared here; a misspelled one is refused when the plugin loads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pluggy

from tornado_ml.models.base import MLModel

PROJECT = "tornado_ml"
"""The name of the hooks' project, and of the entry point group that plugins are found in."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_models() -> Iterable[Callable[[], MLModel]]:  # type: ignore[empty-body]
    """Return the model classes, or zero-argument factories of models, that this plugin brings.

    Return them without constructing them: a model is constructed, and so loads its parameters, where it runs, which is
    a worker process unless it is told otherwise.
    """
