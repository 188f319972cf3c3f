"""The documents of REST, made from what the manager knows."""

from __future__ import annotations

import pytest

from tornado_ml.errors import ModelNotReady
from tornado_ml.models.manager import newest
from tornado_ml.models.schema import Validator, declare
from tornado_ml.protocol import documents
from tornado_ml.server.base import Shared


def faults(schema: type[documents.MessageSchema], document: object) -> list[object]:
    return list(Validator(declare(schema, direction="output").json_schema).faults(document))


@pytest.mark.gen_test
async def test_an_entry_is_of_the_newest_ready_version_and_lists_them_all(shared: Shared) -> None:
    versions = shared.manager.versions("echo")
    entry = documents.model_document(versions)
    assert (entry["major_version"], entry["minor_version"], entry["state"]) == (2, 0, "ready")
    versions[0].failed("it is tired")
    entry = documents.model_document(versions)
    assert (entry["major_version"], entry["minor_version"], entry["state"]) == (1, 2, "ready")
    assert entry["versions"][0] == {"model_version": "2.0", "state": "failed", "reason": "it is tired"}
    assert faults(documents.ModelDocument, entry) == []


@pytest.mark.gen_test
async def test_the_list_and_each_models_metadata_fit_their_declarations(shared: Shared) -> None:
    assert faults(documents.ModelsDocument, documents.models_document(shared.manager)) == []
    assert faults(documents.PluginsDocument, documents.plugins_document(shared.plugins, shared.manager)) == []
    for name in ("echo", "slow", "broken"):
        versions = shared.manager.versions(name)
        metadata = documents.metadata_document(versions, newest(versions), 1000)
        assert faults(documents.MetadataDocument, metadata) == []
        assert metadata["limits"] == {"max_message_bytes": 1000}


@pytest.mark.gen_test
async def test_a_model_that_is_not_ready_has_no_metadata_and_says_whether_to_try_again(shared: Shared) -> None:
    versions = shared.manager.versions("unloadable")
    with pytest.raises(ModelNotReady, match="has failed") as caught:
        documents.metadata_document(versions, versions[0], 1000)
    assert caught.value.retryable is False


@pytest.mark.gen_test
async def test_a_plugin_that_failed_says_why_and_one_that_did_not_says_null(shared: Shared) -> None:
    echo = next(plugin for plugin in shared.plugins.plugins if plugin.name == "echo")
    shared.plugins.fail(echo.key, "it was told to")
    listed = {
        plugin["name"]: plugin for plugin in documents.plugins_document(shared.plugins, shared.manager)["plugins"]
    }
    assert (listed["echo"]["state"], listed["echo"]["reason"]) == ("failed", "it was told to")
    assert listed["slow"]["reason"] is None
    assert listed["slow"]["registered"] == {"models": ["slow"]}
