"""What a plugin may implement: the extension manual, one function a hook.

A plugin is a module that implements some of these, each marked with `@tornado_ml.hookimpl`. Only hooks that the
service calls are declared here; a misspelled one is refused when the plugin loads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pluggy

from tornado_ml.access import Authenticator
from tornado_ml.codecs.base import Codec
from tornado_ml.models.base import MLModel
from tornado_ml.models.source import Source
from tornado_ml.models.widget import Widget
from tornado_ml.observers.base import Observer

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


@hookspec
def register_sources() -> Iterable[Source]:  # type: ignore[empty-body]
    """Return the sources that this plugin brings: streams of inputs, whose predictions are pushed to subscribers.

    Return objects, made here without much ado: this is called wherever the plugin is loaded, also to list it. A source
    may feed a model of another plugin. It runs in the service's event loop, once somebody subscribes.
    """


@hookspec
def register_codecs() -> Iterable[Codec]:  # type: ignore[empty-body]
    """Return the codecs that this plugin brings: each is one more subprotocol of the socket.

    Return objects; one serves all connections.
    """


@hookspec
def register_widgets() -> Iterable[Widget]:  # type: ignore[empty-body]
    """Return the widgets that this plugin brings: ES modules that ask for an input, or show a prediction, on the page.

    A schema asks for one by its name, `"x-widget": "name"`, in a model of whichever plugin; or it is for all of one
    model's input or output.
    """


@hookspec
def register_observers() -> Iterable[Observer]:  # type: ignore[empty-body]
    """Return the observers that this plugin brings: each is shown all requests to the service and what became of them.

    Return objects, made without much ado. Each is called in a thread of its own.
    """


@hookspec
def register_authenticators() -> Iterable[Authenticator]:  # type: ignore[empty-body]
    """Return the authenticators that this plugin brings: what knows whose token it is, and what they may do.

    Return objects, made without much ado. With the first one, nobody is let in any more without a token that one of
    them knows. So whoever relies on a plugin for that sets `auth.required`: it holds also where the plugin fails.
    """
