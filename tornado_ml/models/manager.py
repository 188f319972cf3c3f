"""Which models exist, in which versions and states. Constructing and running them is the runners' work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from tornado_ml.errors import ModelLoadError, ModelNotFound, ModelNotReady, OperatorError
from tornado_ml.models.loaded import ModelReport, class_path
from tornado_ml.models.schema import Validator

log = logging.getLogger(__name__)

FINISH_S = 30.0
"""How long an instance that is replaced may take to finish what it runs."""

Version = tuple[int, int]
Identity = tuple[str, Version]
"""Qualified name and version: what there may be one of."""


class ModelState(StrEnum):
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    UNLOADING = "unloading"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How another process finds a registered model: plain data."""

    origin: str
    name: str
    location: str
    index: int
    """Which of those that its plugin registers."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A model that a plugin brings, before it is constructed."""

    plugin: str
    """The key of the plugin."""
    factory: Callable[[], object]
    recipe: Recipe
    identity: Identity | None = None
    """None where only the constructed model says it."""

    def confirm(self, report: ModelReport) -> None:
        """Raises ModelLoadError if the constructed model calls itself something else than its class does."""
        if self.identity not in (None, report.identity):
            raise ModelLoadError(f"The class calls itself {shown(self.identity)}, its object {shown(report.identity)}.")


class Runner(Protocol):
    """What runs one version of one model. Never blocks the caller's event loop."""

    async def load(self, on_failed: Callable[[str], None]) -> ModelReport:
        """Construct the model and begin to run it; `on_failed` is told why when it can be run no more.

        Raises:
            ModelLoadError: it cannot be constructed.
        """

    async def finish(self, timeout_s: float) -> None:
        """Returns when all that was asked of it is answered, or after `timeout_s`."""

    async def close(self) -> None:
        """Let go of the model; what still waits for it is answered that it is gone."""


R = TypeVar("R", bound=Runner)


class Deployment(Generic[R]):
    """One version of one model: its state, and what runs it."""

    def __init__(self, registration: Registration, runner: R) -> None:
        self.registration = registration
        self.runner = runner
        self.state = ModelState.LOADING
        self.reason: str | None = None
        self.report: ModelReport | None = None
        self.plugins = {registration.plugin}
        """The keys of all plugins that brought it; more than one where they brought the same class."""
        self._input_validator: Validator | None = None
        self.model_version = _model_version(registration.identity)
        """The version as clients name it, `major.minor`; empty while it is not known."""

    @property
    def identity(self) -> Identity | None:
        return self.report.identity if self.report else self.registration.identity

    @property
    def known_identity(self) -> Identity:
        """The identity of one that the manager lists: it lists none without."""
        assert self.identity is not None
        return self.identity

    @property
    def display_name(self) -> str:
        return self._said("display_name") or (self.identity[0] if self.identity else "")

    @property
    def description(self) -> str:
        return self._said("description")

    @property
    def ready_report(self) -> ModelReport:
        """Raises ModelNotReady unless the model is ready."""
        if self.state is not ModelState.READY or self.report is None:
            raise self._not_ready()
        return self.report

    @property
    def class_path(self) -> str | None:
        if self.report is not None:
            return self.report.class_path
        factory = self.registration.factory
        return class_path(factory) if isinstance(factory, type) else None

    @property
    def input_validator(self) -> Validator:
        """Raises ModelNotReady unless the model is ready."""
        if self.state is not ModelState.READY or self._input_validator is None:
            raise self._not_ready()
        return self._input_validator

    def _not_ready(self) -> ModelNotReady:
        if self.state is not ModelState.FAILED:
            return ModelNotReady(f"The model is not ready: it is {self.state}.")
        failed = ModelNotReady("The model is not ready: it has failed.")
        failed.retryable = False
        return failed

    def _said(self, attribute: str) -> str:
        value = getattr(self.report or self.registration.factory, attribute, "")
        return value if isinstance(value, str) else ""

    def became_ready(self, report: ModelReport) -> None:
        self._input_validator = Validator(report.input_schema)
        self.report = report
        self.model_version = _model_version(report.identity)
        self.state = ModelState.READY

    def failed(self, reason: str) -> None:
        """It could not be loaded, or can be run no more."""
        self.state = ModelState.FAILED
        self.reason = reason


Watcher = Callable[[Sequence[Deployment[R]]], None]  # must not raise


class ModelManager(Generic[R]):
    """The models of one service. There is one, and all handlers are given it.

    Args:
        make_runner: gives what shall run a registered model.
        on_plugin_fault: told `(plugin, reason, cause)` when a model shows only on construction that its plugin is at
            fault: it is no model, or another plugin has brought that name and version already. All models of that
            plugin are unloaded.
    """

    def __init__(
        self,
        make_runner: Callable[[Registration], R],
        on_plugin_fault: Callable[[str, str, BaseException | None], None],
    ) -> None:
        self._make_runner = make_runner
        self._on_plugin_fault = on_plugin_fault
        self._deployments: list[Deployment[R]] = []  # in the order found: of two alike the first stays
        self._newest: dict[str, Deployment[R]] = {}  # by name, as `find` found it; emptied when there are others
        self._watchers: dict[object, Watcher[R]] = {}
        self.first_round_is_over = False

    async def load(self, registrations: Iterable[Registration]) -> None:
        """Load models, side by side; returns when each is ready or has failed."""
        admitted = [Deployment(registration, self._make_runner(registration)) for registration in registrations]
        self._deployments += admitted
        for deployment in admitted:
            await self._settle_doubles(deployment)
        self._announce(admitted)
        await asyncio.gather(*(self._load_one(deployment) for deployment in admitted if self._has(deployment)))
        self.first_round_is_over = True

    def deployments(self) -> list[Deployment[R]]:
        """All whose name is known, by name, newest version first."""
        return _in_order(self._deployments)

    def versions(self, qualified_name: str, version: str | None = None) -> list[Deployment[R]]:
        """The versions of one model, newest first; those that `version` (`"1"` or `"1.2"`) names, where it is given.

        Raises:
            ModelNotFound: there is none.
        """
        wanted = () if version is None else tuple(int(part) for part in version.split("."))
        named = [one for one in self.deployments() if _name(one) == qualified_name]
        found = [one for one in named if one.known_identity[1][: len(wanted)] == wanted]
        if not found:
            raise ModelNotFound
        return found

    def find(self, qualified_name: str, version: str | None = None) -> Deployment[R]:
        """The newest ready one of `versions`, else the newest."""
        if version is not None:
            return newest(self.versions(qualified_name, version))
        found = self._newest.get(qualified_name)
        if found is None or found.state is not ModelState.READY:
            found = self._newest[qualified_name] = newest(self.versions(qualified_name))
        return found

    def watch(self, watcher: Watcher[R]) -> Callable[[], object]:
        """Call `watcher` with all versions of each model that changes; of one that is gone, with the last, `unloading`.

        Gives what ends that.
        """
        key = object()
        self._watchers[key] = watcher
        return lambda: self._watchers.pop(key, None)

    async def reload(self, qualified_name: str) -> None:
        """Load each version of a model anew.

        Raises:
            ModelNotFound: there is none of that name.
            ModelLoadError: a version could not be loaded; it and those after it go on as they were.
        """
        for old in self.versions(qualified_name):
            await self._replace([old], [old.registration], old.plugins, qualified_name)

    async def renew(self, plugin: str, registrations: Sequence[Registration]) -> None:
        """Put what a plugin registers now in the place of what it registered before.

        Raises:
            ModelLoadError: one of them could not be loaded; all goes on as it was.
        """
        await self._replace([one for one in self._deployments if plugin in one.plugins], registrations, {plugin})

    async def _replace(
        self,
        old: Sequence[Deployment[R]],
        registrations: Sequence[Registration],
        plugins: set[str],
        qualified_name: str | None = None,
    ) -> None:
        """The old instances answer until the new ones are ready, and finish what they run.

        Args:
            old: what goes.
            registrations: what comes.
            plugins: the keys of the plugins that brought it.
            qualified_name: what the new ones must be called; None leaves that to them.
        """
        new = [Deployment(registration, self._make_runner(registration)) for registration in registrations]
        try:
            for one in new:
                report = await one.runner.load(partial(self._failed, one))
                if qualified_name not in (None, report.qualified_name):
                    raise ModelLoadError(f"It calls itself {report.qualified_name} now; that takes a restart.")
                if any(
                    other.identity == report.identity
                    for other in [*self._deployments, *new]
                    if other not in old and other is not one
                ):
                    raise ModelLoadError(f"It calls itself {shown(report.identity)} now, which is there already.")
                one.plugins = set(plugins)
                one.became_ready(report)
            if not all(self._has(one) for one in old):
                raise ModelLoadError("It has been unloaded in the meantime.")
        except OperatorError as error:
            await asyncio.gather(*(one.runner.close() for one in new))
            names = ", ".join(sorted({shown(one.identity) for one in old if one.identity})) or "What is there"
            raise ModelLoadError(f"{names} goes on as it was: {error}") from error
        place = min((self._deployments.index(one) for one in old if self._has(one)), default=len(self._deployments))
        self._deployments = [one for one in self._deployments if one not in old]
        self._deployments[place:place] = new
        self._newest.clear()
        for one in new:
            log.info("Model %s is loaded anew.", shown(one.known_identity), extra={"model": one.known_identity[0]})
        for one in old:
            one.state = ModelState.UNLOADING
        self._announce([*new, *old])
        await asyncio.gather(*(one.runner.finish(FINISH_S) for one in old))
        await asyncio.gather(*(one.runner.close() for one in old))

    def models_of(self, plugin: str) -> list[str]:
        """The names of the models that a plugin brought."""
        return sorted({one.identity[0] for one in self._deployments if one.identity and plugin in one.plugins})

    async def close(self) -> None:
        """Unload all models."""
        await self.unload(*self._deployments)

    def _has(self, deployment: Deployment[R]) -> bool:
        """Whether it is still there: it goes when its plugin turns out to have failed."""
        return deployment in self._deployments

    async def _load_one(self, deployment: Deployment[R]) -> None:
        registration = deployment.registration
        try:
            report = await deployment.runner.load(partial(self._failed, deployment))
            registration.confirm(report)
            if not self._has(deployment):
                return
            deployment.became_ready(report)
            self._newest.clear()
        except OperatorError as error:
            if not self._has(deployment):
                return
            if registration.identity is None:
                await self._fail_plugin(registration.plugin, str(error), error.__cause__)
            else:
                self._failed(deployment, str(error))
                name, fields = shown(registration.identity), {"model": registration.identity[0]}
                log.error("Model %s failed to load: %s", name, error, exc_info=error.__cause__, extra=fields)
                await deployment.runner.close()
            return
        await self._settle_doubles(deployment)
        if self._has(deployment):
            log.info("Model %s is ready.", shown(report.identity), extra={"model": report.qualified_name})
            self._announce([deployment])

    def _failed(self, deployment: Deployment[R], reason: str) -> None:
        deployment.failed(reason)
        if self._has(deployment):
            self._announce([deployment])

    def _announce(self, changed: Iterable[Deployment[R]]) -> None:
        """Tell the watchers of the models that these are, or were, versions of."""
        for name, gone in groupby(_in_order(changed), _name):
            versions = [one for one in self.deployments() if _name(one) == name] or list(gone)
            for watcher in list(self._watchers.values()):
                watcher(versions)

    async def _settle_doubles(self, deployment: Deployment[R]) -> None:
        """Of those with its name and version let the first stay; the others' plugins fail, but for the same class."""
        identity = deployment.identity
        if identity is None:
            return
        first, *others = [one for one in self._deployments if one.identity == identity] or [deployment]
        for other in others:
            if not (self._has(first) and self._has(other)):
                continue
            if first.class_path is not None and first.class_path == other.class_path:
                first.plugins |= other.plugins
                await self.unload(other)
                continue
            reason = f"Model {shown(identity)} is there already, from plugin {first.registration.plugin}."
            for plugin in sorted(other.plugins):
                await self._fail_plugin(plugin, reason)

    async def _fail_plugin(self, plugin: str, reason: str, cause: BaseException | None = None) -> None:
        self._on_plugin_fault(plugin, reason, cause)
        for one in self._deployments:
            one.plugins.discard(plugin)
        await self.unload(*(one for one in self._deployments if not one.plugins))

    async def unload(self, *deployments: Deployment[R], finish_s: float = 0) -> None:
        """Forget them at once, then let their runners end, for whose work there is `finish_s`."""
        for deployment in deployments:
            deployment.state = ModelState.UNLOADING
        self._deployments = [one for one in self._deployments if one not in deployments]
        self._newest.clear()
        self._announce(deployments)
        await asyncio.gather(*(deployment.runner.finish(finish_s) for deployment in deployments if finish_s))
        await asyncio.gather(*(deployment.runner.close() for deployment in deployments))


def _name(deployment: Deployment[R]) -> str:
    return deployment.known_identity[0]


def _in_order(deployments: Iterable[Deployment[R]]) -> list[Deployment[R]]:
    """Those whose name is known, by name, newest version first."""
    named = [one for one in deployments if one.identity is not None]
    return sorted(named, key=lambda one: (_name(one), *(-number for number in one.known_identity[1])))


def newest(versions: Sequence[Deployment[R]]) -> Deployment[R]:
    """The first ready one of versions that stand newest first, else the first."""
    return next((one for one in versions if one.state is ModelState.READY), versions[0])


def _model_version(identity: Identity | None) -> str:
    return "" if identity is None else "{}.{}".format(*identity[1])


def shown(identity: Identity) -> str:
    """A model as people are told of it: its name and version."""
    name, (major, minor) = identity
    return f"{name} {major}.{minor}"
