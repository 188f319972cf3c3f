"""REST: the handlers of `protocol.routes`."""

from __future__ import annotations

import itertools
from typing import Any

from tornado_ml.connection import response_data, response_meta
from tornado_ml.errors import BadEnvelope, ServiceError
from tornado_ml.models.base import is_version_request
from tornado_ml.models.manager import newest
from tornado_ml.protocol import documents
from tornado_ml.server.base import DocumentHandler, Shared

_request_numbers = itertools.count(1)


class ModelsHandler(DocumentHandler):
    def get(self) -> None:
        self.query()
        self.write_document(documents.models_document(self.shared.manager))


class MetadataHandler(DocumentHandler):
    def get(self, qualified_name: str) -> None:
        manager = self.shared.manager
        deployment = newest(manager.versions(qualified_name, model_version(self)))
        limit = self.shared.settings.server.max_message_bytes
        self.write_document(documents.metadata_document(manager.versions(qualified_name), deployment, limit))


class PredictionsHandler(DocumentHandler):
    def initialize(self, shared: Shared) -> None:
        super().initialize(shared)
        self.max_body_bytes = shared.settings.server.max_message_bytes

    async def post(self, qualified_name: str) -> None:
        request_id = f"r{next(_request_numbers)}"
        self.set_header("X-Request-ID", request_id)
        try:
            prediction = await self.shared.service.predict(
                qualified_name,
                self.json_body(self.shared.settings.server.max_json_depth),
                model_version=model_version(self),
                request_id=request_id,
            )
        except ServiceError as error:
            self.answer_error(error, qualified_name)
            return
        self.write_document({**response_data(prediction), "meta": response_meta(prediction)})


class PluginsHandler(DocumentHandler):
    def get(self) -> None:
        self.query()
        self.write_document(documents.plugins_document(self.shared.plugins, self.shared.manager))


class DescriptionHandler(DocumentHandler):
    """Answers with a document that is made once."""

    def initialize(self, shared: Shared, document: Any = None) -> None:
        super().initialize(shared)
        self.document = document

    def get(self) -> None:
        self.query()
        self.write_document(self.document)


def model_version(handler: DocumentHandler) -> str | None:
    """The query's `model_version`.

    Raises:
        BadEnvelope: it is no version, or there are other parameters.
    """
    version = handler.query("model_version").get("model_version")
    if version is not None and not is_version_request(version):
        raise BadEnvelope('model_version must look like "1" or "1.2".')
    return version
