"""What a plugin's hooks return, and whether it is what they should."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable

import pluggy

from tornado_ml import hookspecs
from tornado_ml.access.authenticator import Authenticator, check_authenticators
from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.known import checked
from tornado_ml.errors import PluginError
from tornado_ml.models.base import check_qualified_name, version_number
from tornado_ml.models.manager import Identity
from tornado_ml.models.source import Source, check_source, full_name
from tornado_ml.models.widget import Widget, check_widget
from tornado_ml.observers.base import Observer, check_observers

Factory = Callable[[], object]


def hook_names() -> list[str]:
    """The hooks a plugin may implement."""
    return [name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.PROJECT}_spec")]


class Hooks:
    """The hooks of one plugin.

    Args:
        loaded: the module or object that implements them.

    Raises:
        PluginError: it implements none, or one that does not exist, or not as it is declared.
    """

    def __init__(self, loaded: object) -> None:
        # A manager for each plugin: what one raises, or leaves half registered, touches no other.
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        try:
            self._manager.register(loaded)
        except pluggy.PluginValidationError as error:
            raise PluginError(" ".join(str(error).split())) from error
        implemented = self._manager.get_hookcallers(loaded) or []
        if not implemented:
            raise PluginError("It implements no hook; is register_models marked with @tornado_ml.hookimpl?")
        unknown = [hook.name for hook in implemented if not hook.has_spec()]
        if unknown:
            # Here, as a worker would load the settings, and marshmallow with them, for this alone.
            from tornado_ml.settings.tables import suggestion

            raise PluginError(
                f"It implements the hook {unknown[0]}, which is unknown; {suggestion(unknown[0], hook_names())}"
            )

    def models(self) -> list[Factory]:
        """What constructs its models; none is constructed.

        Raises:
            PluginError: it is at fault. Any other exception is one of its own.
        """
        return [_checked_factory(value) for value in self._ask("register_models", "model classes")]

    def sources(self) -> list[Source]:
        """Its sources; raises as `models` does."""
        sources = [check_source(value) for value in self._ask("register_sources", "sources")]
        names: set[str] = set()
        for source in sources:
            if full_name(source) in names:
                raise PluginError(f"register_sources returned two sources {full_name(source)}.")
            names.add(full_name(source))
        return sources

    def codecs(self) -> list[Codec]:
        """Its codecs; raises as `models` does."""
        return checked(self._ask("register_codecs", "codecs"))

    def authenticators(self) -> list[Authenticator]:
        """Its authenticators; raises as `models` does."""
        return check_authenticators(self._ask("register_authenticators", "authenticators"))

    def widgets(self) -> list[Widget]:
        """Its widgets, all in one folder; raises as `models` does."""
        widgets = [check_widget(value) for value in self._ask("register_widgets", "widgets")]
        names: set[str] = set()
        for widget in widgets:
            if widget.full_name in names:
                raise PluginError(f"register_widgets returned two {widget.kind} widgets {widget.name}.")
            names.add(widget.full_name)
        folders = sorted({str(widget.module.parent) for widget in widgets})
        if len(folders) > 1:
            raise PluginError(
                f"register_widgets returned widgets in {' and '.join(folders)}; put them into one folder."
            )
        return widgets

    def observers(self) -> list[Observer]:
        """Its observers; raises as `models` does."""
        return check_observers(self._ask("register_observers", "observers"))

    def _ask(self, hook: str, wanted: str) -> list[object]:
        caller = getattr(self._manager.hook, hook)
        values: list[object] = []
        for result in caller() or [None] * len(caller.get_hookimpls()):  # pluggy leaves out None
            if isinstance(result, str | bytes) or not isinstance(result, Iterable):
                raise PluginError(f"{hook} returned {_shown(result)}; it must return a list of {wanted}.")
            values.extend(result)
        return values


def declared_identity(factory: Factory) -> Identity | None:
    """The name and version that a class says before it is constructed, if it says both.

    Raises:
        ModelRefused: it can have no such name.
    """
    name = getattr(factory, "qualified_name", None)
    if not isinstance(name, str):
        return None
    check_qualified_name(name)
    major, minor = (version_number(getattr(factory, key, None)) for key in ("major_version", "minor_version"))
    return None if major is None or minor is None else (name, (major, minor))


def _checked_factory(factory: object) -> Factory:
    """Raises PluginError for what can be told without constructing a model."""
    if not callable(factory):
        raise PluginError(f"register_models returned {_shown(factory)}; it must return model classes, not instances.")
    if isinstance(factory, type):
        if not any(callable(getattr(factory, name, None)) for name in ("predict", "predict_stream")):
            raise PluginError(
                f"register_models returned {_shown(factory)}, which is no model class: it has no predict()."
            )
        if inspect.isabstract(factory):
            missing = ", ".join(sorted(getattr(factory, "__abstractmethods__", ())))
            raise PluginError(f"The class {factory.__qualname__} is abstract; it lacks: {missing}.")
    _check_takes_no_arguments(factory)
    return factory


def _check_takes_no_arguments(factory: Callable[..., object]) -> None:
    try:
        signature = inspect.signature(factory)
    except ValueError:  # built in C; constructing it will tell
        return
    try:
        signature.bind()
    except TypeError as error:
        raise PluginError(f"{_shown(factory)} cannot be called without arguments: {error}.") from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:120] + "…"
