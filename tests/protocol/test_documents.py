"""The documents of REST: what they say of models and plugins in each state, and that they are as declared."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tornado_ml import MLModel, PushSource, Widget
from tornado_ml.errors import ModelLoadError, ModelNotReady
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import ModelManager, Recipe, Registration
from tornado_ml.models.schema import Validator, declare
from tornado_ml.plugins import Plugin, PluginHost, PluginOrigin, PluginState
from tornado_ml.plugins.widgets import ServedWidget
from tornado_ml.protocol.documents import (
    MetadataDocument,
    ModelsDocument,
    PluginsDocument,
    metadata_document,
    models_document,
    plugins_document,
)

BARS = ServedWidget(Widget("bars", "output", Path("bars.js"), "flower"), "/bars.js")


def fits(schema: Any, document: Any) -> bool:
    return Validator(declare(schema, direction="output").json_schema).faults(document) == []


class Flower(MLModel):
    qualified_name = "flower"
    display_name = "Flower"
    description = "Names flowers."
    major_version = 1
    minor_version = 0
    input_schema: Any = {"type": "number"}
    output_schema: Any = {"type": "string"}
    examples = (1, 2.5)

    def predict(self, data: Any) -> Any:
        return "rose"


class NewFlower(Flower):
    display_name = "New flower"
    minor_version = 10


class NextFlower(Flower):
    major_version = 2


class Bird(Flower):
    qualified_name = "bird"


class Runner:
    """Loads a model when it is told to, and runs nothing."""

    def __init__(self, registration: Registration) -> None:
        self._factory = registration.factory
        self.may_load = asyncio.Event()
        self.failure: str | None = None

    async def load(self, on_failed: Any) -> ModelReport:
        await self.may_load.wait()
        if self.failure is not None:
            raise ModelLoadError(self.failure)
        return LoadedModel(self._factory).report

    async def finish(self, timeout_s: float) -> None:
        pass

    async def close(self) -> None:
        self.may_load.set()


class Garden:
    """A manager whose models load one by one."""

    def __init__(self, *models: type[MLModel]) -> None:
        self.manager: ModelManager[Runner] = ModelManager(Runner, pytest.fail)
        recipe = Recipe("directory", "garden", "garden.py", 0)
        self._registrations = [
            Registration("garden (garden)", one, recipe, (one.qualified_name, (one.major_version, one.minor_version)))
            for one in models
        ]

    async def begin(self) -> None:
        self.loading = asyncio.create_task(self.manager.load(self._registrations))
        await asyncio.sleep(0)

    async def load(self, version: str, name: str = "flower", *, failure: str | None = None) -> None:
        (deployment,) = self.manager.versions(name, version)
        deployment.runner.failure = failure
        deployment.runner.may_load.set()
        while deployment.state == "loading":
            await asyncio.sleep(0)

    async def close(self) -> None:
        await self.manager.close()
        await self.loading


@pytest.mark.gen_test
async def test_a_list_without_models_is_empty() -> None:
    document = models_document(Garden().manager)
    assert document == {"models": []}
    assert fits(ModelsDocument, document)


@pytest.mark.gen_test
async def test_while_all_load_the_entry_is_that_of_the_newest_version() -> None:
    garden = Garden(Flower, NextFlower, NewFlower, Bird)
    await garden.begin()
    document = models_document(garden.manager)
    assert fits(ModelsDocument, document)
    bird, flower = document["models"]
    assert flower == {
        "qualified_name": "flower",
        "display_name": "Flower",
        "description": "Names flowers.",
        "major_version": 2,
        "minor_version": 0,
        "state": "loading",
        "versions": [{"model_version": version, "state": "loading"} for version in ("2.0", "1.10", "1.0")],
    }
    assert bird["qualified_name"] == "bird"
    await garden.close()


@pytest.mark.gen_test
async def test_the_entry_is_that_of_the_newest_version_that_is_ready() -> None:
    garden = Garden(Flower, NextFlower, NewFlower)
    await garden.begin()
    await garden.load("1.0")
    await garden.load("2.0", failure="there is no soil")
    (entry,) = models_document(garden.manager)["models"]
    assert (entry["major_version"], entry["minor_version"], entry["state"]) == (1, 0, "ready")
    assert entry["versions"] == [
        {"model_version": "2.0", "state": "failed", "reason": "there is no soil"},
        {"model_version": "1.10", "state": "loading"},
        {"model_version": "1.0", "state": "ready"},
    ]
    await garden.load("1.10")
    document = models_document(garden.manager)
    assert document["models"][0]["display_name"] == "New flower"
    assert fits(ModelsDocument, document)
    await garden.close()


@pytest.mark.gen_test
async def test_metadata_is_the_entry_of_that_version_with_its_schemas() -> None:
    garden = Garden(Flower, NewFlower)
    await garden.begin()
    await garden.load("1.0")
    versions = garden.manager.versions("flower")
    with pytest.raises(ModelNotReady) as caught:
        metadata_document(versions, versions[0], [], 100)
    assert caught.value.retryable is True
    document = metadata_document(versions, versions[1], [PushSource("b", "B.", "flower")], 100, [BARS])
    assert fits(MetadataDocument, document)
    assert (document["minor_version"], document["state"]) == (0, "ready")
    assert len(document["versions"]) == 2
    assert document["input_schema"]["type"] == "number"
    assert document["output_schema"]["type"] == "string"
    assert document["examples"] == [1, 2.5]
    assert "partial_schema" not in document
    assert "session_schema" not in document
    assert document["capabilities"] == {
        "batch": False,
        "stream": False,
        "session": False,
        "sources": [{"name": "b", "description": "B."}],
    }
    assert document["limits"] == {"max_message_bytes": 100}
    assert document["widgets"] == [{"name": "bars", "kind": "output", "module": "/bars.js", "whole": True}]
    await garden.close()


@pytest.mark.gen_test
async def test_metadata_of_a_model_that_failed_is_not_ready() -> None:
    garden = Garden(Flower)
    await garden.begin()
    await garden.load("1", failure="there is no soil")
    versions = garden.manager.versions("flower")
    with pytest.raises(ModelNotReady, match="has failed") as caught:
        metadata_document(versions, versions[0], [], 100)
    assert caught.value.retryable is False
    await garden.close()


@pytest.mark.gen_test
async def test_plugins_are_listed_in_each_state_with_what_they_brought() -> None:
    garden = Garden(Flower, NewFlower, Bird)
    await garden.begin()
    host = PluginHost(discover=False)
    host.plugins = [
        Plugin("garden", "1.0", PluginOrigin.ENTRY_POINT, "garden", load=object),
        Plugin("weed", None, PluginOrigin.DIRECTORY, "weed.py", object, PluginState.FAILED, "it grows everywhere"),
        Plugin("moss", None, PluginOrigin.SETTINGS, "moss:Moss", object, PluginState.DISABLED),
    ]
    host.plugins[0].widgets = [Widget("bars", "output", Path("bars.js"))]
    host.plugins[0].sources = [PushSource("a", "A.", "flower"), PushSource("b", "B.", "bird")]
    document = plugins_document(host, garden.manager, with_tracebacks=False)
    assert fits(PluginsDocument, document)
    assert [(one["name"], one["state"], one["reason"]) for one in document["plugins"]] == [
        ("garden", "loaded", None),
        ("weed", "failed", "it grows everywhere"),
        ("moss", "disabled", None),
    ]
    assert document["plugins"][0] == {
        "name": "garden",
        "version": "1.0",
        "origin": "entry_point",
        "location": "garden",
        "state": "loaded",
        "registered": {
            "models": ["bird", "flower"],
            "sources": ["bird/b", "flower/a"],
            "widgets": ["output/bars"],
            "authenticators": [],
            "observers": [],
        },
        "reason": None,
    }
    await garden.close()
