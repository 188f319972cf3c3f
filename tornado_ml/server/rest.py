"""REST: the handlers of `protocol.routes`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tornado_ml.conversation.answers import response_data, response_meta
from tornado_ml.errors import ServiceError
from tornado_ml.inference.service import Request
from tornado_ml.models.manager import newest
from tornado_ml.protocol import catalogue, documents, routes
from tornado_ml.protocol.routes import Route
from tornado_ml.server.admin import is_operator
from tornado_ml.server.base import DocumentHandler, Shared
from tornado_ml.server.events import EventsHandler, stream_prediction, wants_events
from tornado_ml.traces import Parent


class ModelsHandler(DocumentHandler):
    def get(self) -> None:
        self.query(routes.LIST_MODELS)
        self.write_document(documents.models_document(self.shared.manager))


class MetadataHandler(DocumentHandler):
    def get(self, qualified_name: str) -> None:
        self.caller.require("predict", qualified_name)
        manager = self.shared.manager
        version = self.query(routes.GET_METADATA).get("model_version")
        deployment = newest(manager.versions(qualified_name, version))
        sources = self.shared.backend.feeds.sources_of(qualified_name)
        limit = self.shared.settings.server.max_message_bytes
        versions = manager.versions(qualified_name)
        widgets = self.shared.widgets.of_model(qualified_name)
        self.write_document(documents.metadata_document(versions, deployment, sources, limit, widgets))


class PredictionsHandler(EventsHandler):
    """One prediction, as a document, or as events where the client asks for them."""

    def initialize(self, shared: Shared) -> None:
        super().initialize(shared)
        self.max_body_bytes = shared.settings.server.max_message_bytes

    async def post(self, qualified_name: str) -> None:
        self.task = asyncio.current_task()
        try:
            self.caller.require("predict", qualified_name)
            query = self.query(routes.PREDICT)
            data = self.json_body(self.shared.settings.server.max_json_depth)
            deadline_s = float(query["deadline_ms"]) / 1000 if "deadline_ms" in query else None
            version, parent = query.get("model_version"), Parent.of(self.request.headers)
            request = Request(qualified_name, data, version, deadline_s, is_json=True, parent=parent)
            self.asked = request
            if wants_events(self.request.headers.get("Accept", "")):
                await stream_prediction(self, request)
                return
            with self.allowance.holding("open_requests"):
                prediction = await self.shared.service.predict(request, client=self.request.remote_ip)
        except ServiceError as error:
            self.answer_error(error, qualified_name)
            return
        except asyncio.CancelledError:  # the client is gone: this is for the access log alone
            self.set_status(499, "Client closed request")
            return
        self.write_document({**response_data(prediction), "meta": response_meta(prediction)})


class PluginsHandler(DocumentHandler):
    def get(self) -> None:
        self.query(routes.LIST_PLUGINS)
        shared = self.shared
        may_see = is_operator(self)
        self.write_document(documents.plugins_document(shared.plugins, shared.manager, with_tracebacks=may_see))


class DescriptionHandler(DocumentHandler):
    """Answers with a document that is made when somebody first asks for it."""

    def initialize(
        self, shared: Shared, route: Route = routes.OPENAPI, describe: Callable[[], Any] = catalogue.openapi
    ) -> None:
        super().initialize(shared)
        self.route = route
        self.describe = describe

    def get(self) -> None:
        self.query(self.route)
        self.write_document(self.describe())
