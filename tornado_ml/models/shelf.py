"""Models that are unloaded, loaded again and loaded anew by hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Generic, TypeVar

from tornado_ml.errors import ModelLoadError
from tornado_ml.models.manager import FINISH_S, Deployment, ModelManager, ModelState, Registration, Runner, shown

R = TypeVar("R", bound=Runner)


class Shelf(Generic[R]):
    """Does as it is told by name, and knows how to load again what was unloaded.

    Args:
        manager: has the models that are loaded.
    """

    def __init__(self, manager: ModelManager[R]) -> None:
        self._manager = manager
        self._registrations: dict[str, list[Registration]] = {}
        self._reloads: dict[str, asyncio.Lock] = {}

    async def unload(self, qualified_name: str) -> None:
        """Unload all versions of a model; they finish what they run, and nobody finds them any more meanwhile.

        Raises:
            ModelNotFound: there is none of that name.
        """
        versions = self._manager.versions(qualified_name)
        self._registrations.setdefault(qualified_name, []).extend(map(_registration, versions))
        await self._manager.unload(*versions, finish_s=FINISH_S)

    async def load(self, qualified_name: str) -> None:
        """Load a model that was unloaded, and those of its versions anew that have failed; what is ready stays.

        Raises:
            ModelNotFound: there is none of that name.
            ModelLoadError: a version cannot be loaded.
        """
        registrations = self._registrations.pop(qualified_name, [])
        if registrations:
            await self._manager.load(registrations)
            for failed in self._failed(qualified_name):
                raise ModelLoadError(f"{shown(failed.known_identity)} could not be loaded: {failed.reason}")
        elif self._failed(qualified_name):
            await self.reload(qualified_name)

    async def reload(self, qualified_name: str) -> None:
        """Load each version of a model anew; for those who ask at once, one after the other.

        Raises:
            ModelNotFound: there is none of that name.
            ModelLoadError: a version could not be loaded; it and those after it go on as they were.
        """
        self._manager.versions(qualified_name)
        async with self._reloads.setdefault(qualified_name, asyncio.Lock()):
            await self._manager.reload(qualified_name)

    def _failed(self, qualified_name: str) -> list[Deployment[R]]:
        return [one for one in self._manager.versions(qualified_name) if one.state is ModelState.FAILED]

    def forget(self, plugin: str) -> None:
        """A plugin has been loaded anew, with all its models, or is gone."""
        for name, registrations in list(self._registrations.items()):
            self._registrations[name] = [one for one in registrations if one.plugin != plugin]


def _registration(deployment: Deployment[R]) -> Registration:
    """How to load it again: as what it was, so that it fails alone if it calls itself otherwise then."""
    return replace(deployment.registration, identity=deployment.identity)
