"""Readiness: which models count, and what it says while the service starts and stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient

from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.service import InferenceService
from tornado_ml.models.manager import ModelManager
from tornado_ml.server.base import Shared
from tornado_ml.server.health import readiness

Get = Callable[..., Any]


@pytest.fixture
def get(http_client: AsyncHTTPClient, base_url: str) -> Get:
    async def get(path: str, **options: Any) -> tuple[int, Any]:
        response = await http_client.fetch(base_url + path, raise_error=False, **options)
        return response.code, json.loads(response.body)

    return get


@pytest.mark.gen_test
async def test_it_is_live_while_the_loop_turns(get: Get) -> None:
    assert await get("/health/live") == (200, {"status": "live"})


@pytest.mark.gen_test
async def test_it_is_ready_when_the_first_round_is_over_though_a_model_has_failed(get: Get) -> None:
    status, document = await get("/health/ready")
    assert (status, document["status"]) == (200, "ready")
    assert document["models"] == [
        {"qualified_name": name, "model_version": version, "state": state, "required": False}
        for name, version, state in (
            ("adder", "1.0", "ready"),
            ("broken", "1.0", "ready"),
            ("counter", "1.0", "ready"),
            ("echo", "2.0", "ready"),
            ("echo", "1.2", "ready"),
            ("echo", "1.0", "ready"),
            ("slow", "1.0", "ready"),
            ("unloadable", "1.0", "failed"),
        )
    ]


@pytest.mark.settings("[models.unloadable]\nrequired = true\n[models.echo]\nrequired = true")
@pytest.mark.gen_test
async def test_it_is_not_ready_when_a_required_model_has_failed(get: Get) -> None:
    status, document = await get("/health/ready")
    assert (status, document["status"]) == (503, "not_ready")
    required = {model["qualified_name"]: model["state"] for model in document["models"] if model["required"]}
    assert required == {"echo": "ready", "unloadable": "failed"}


@pytest.mark.settings("[models.nobody]\nrequired = true")
@pytest.mark.gen_test
async def test_it_is_not_ready_when_no_plugin_brought_a_required_model(get: Get) -> None:
    status, document = await get("/health/ready")
    assert (status, document["status"]) == (503, "not_ready")
    assert document["models"][-1] == {
        "qualified_name": "nobody",
        "model_version": None,
        "state": "failed",
        "required": True,
    }


@pytest.mark.settings("[models.echo]\nrequired = true")
@pytest.mark.gen_test
async def test_it_is_ready_when_each_required_model_has_a_ready_version(get: Get) -> None:
    status, document = await get("/health/ready")
    assert (status, document["status"]) == (200, "ready")
    assert [model["model_version"] for model in document["models"] if model["required"]] == ["2.0", "1.2", "1.0"]


@pytest.mark.gen_test
async def test_before_the_first_round_is_over_a_required_model_that_is_not_known_yet_counts_as_loading() -> None:
    manager: ModelManager[ModelRunner] = ModelManager(lambda registration: pytest.fail("no model"), pytest.fail)
    service = InferenceService(manager)
    loading = {"qualified_name": "nobody", "model_version": None, "state": "loading", "required": True}
    assert readiness(manager, service, ["nobody"]) == {"status": "not_ready", "models": [loading]}
    assert readiness(manager, service, []) == {"status": "not_ready", "models": []}
    await manager.load([])
    assert readiness(manager, service, ["nobody"])["models"] == [loading | {"state": "failed"}]
    assert readiness(manager, service, []) == {"status": "ready", "models": []}


@pytest.mark.gen_test
async def test_it_is_not_ready_but_live_while_a_stop_is_under_way(get: Get, shared: Shared) -> None:
    await shared.service.drain(0)
    status, document = await get("/health/ready")
    assert (status, document["status"]) == (503, "not_ready")
    assert await get("/health/live") == (200, {"status": "live"})


@pytest.mark.gen_test
async def test_it_is_not_ready_before_everything_is_there(get: Get, shared: Shared) -> None:
    shared.service.is_starting = True
    assert (await get("/health/ready"))[0] == 503
    shared.service.is_starting = False
    assert (await get("/health/ready"))[0] == 200


@pytest.mark.gen_test
async def test_a_probe_needs_no_known_host_and_no_origin(get: Get) -> None:
    for path in ("/health/live", "/health/ready"):
        status, _ = await get(path, headers={"Host": "10.1.2.3:8765", "Origin": "null"})
        assert status == 200
