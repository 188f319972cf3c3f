"""Health: for supervisors and load balancers, which know no Host name to send."""

from __future__ import annotations

from collections.abc import Collection

from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.service import InferenceService
from tornado_ml.models.manager import ModelManager, ModelState
from tornado_ml.protocol.payloads import Document
from tornado_ml.server.base import DocumentHandler, Shared


class LiveHandler(DocumentHandler):
    is_guarded = False
    login = "ignored"

    def get(self) -> None:
        self.write_document({"status": "live"})


class ReadyHandler(DocumentHandler):
    is_guarded = False
    login = "ignored"

    def get(self) -> None:
        document = readiness_of(self.shared)
        self.set_status(200 if document["status"] == "ready" else 503)
        self.write_document(document)


def readiness_of(shared: Shared) -> Document:
    """The document of `/health/ready`."""
    required = [name for name, model in shared.settings.models.items() if model.required]
    return readiness(shared.manager, shared.service, required)


def readiness(
    manager: ModelManager[ModelRunner], service: InferenceService, required_models: Collection[str]
) -> Document:
    """The document of `/health/ready`. A required model is ready when one of its versions is."""
    deployments = manager.deployments()
    models: list[Document] = []
    for one in deployments:
        name = one.known_identity[0]
        models.append(
            {
                "qualified_name": name,
                "model_version": one.model_version,
                "state": one.state.value,
                "required": name in required_models,
            }
        )
    for name in sorted(set(required_models) - {model["qualified_name"] for model in models}):
        state = ModelState.FAILED if manager.first_round_is_over else ModelState.LOADING
        models.append({"qualified_name": name, "model_version": None, "state": state.value, "required": True})
    ready = {model["qualified_name"] for model in models if model["state"] == ModelState.READY}
    is_up = manager.first_round_is_over and not service.is_starting and not service.is_draining
    is_ready = is_up and ready.issuperset(required_models)
    return {"status": "ready" if is_ready else "not_ready", "models": models}
