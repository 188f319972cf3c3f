"""The URL map, and the objects that handlers share."""

from __future__ import annotations

from pathlib import Path

from tornado.web import Application, RequestHandler

from tornado_ml.connection import ConnectionLimits
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.service import InferenceService
from tornado_ml.models.manager import ModelManager
from tornado_ml.plugins import PluginHost
from tornado_ml.protocol import catalogue, routes
from tornado_ml.server import health, rest, ui
from tornado_ml.server.base import Shared, UnknownPathHandler
from tornado_ml.server.guard import Guard
from tornado_ml.server.websocket import SocketHandler, SocketRegistry
from tornado_ml.settings import Settings


def make_shared(
    settings: Settings, manager: ModelManager[ModelRunner], plugins: PluginHost, web_directory: Path
) -> Shared:
    """The objects that handlers share.

    Args:
        settings: the limits, and who may ask.
        manager: knows the models; loading them is the caller's work.
        plugins: what `/api/plugins` lists.
        web_directory: the files of the page.
    """
    server = settings.server
    service = InferenceService(manager)
    limits = ConnectionLimits(server.max_open_requests, server.max_json_depth, server.outbox_bytes)
    sockets = SocketRegistry(service, limits, max_connections=server.max_connections, stalled_s=server.stalled_s)
    guard = Guard(server.allowed_hosts, server.allowed_origins)
    return Shared(settings, guard, manager, plugins, service, sockets, web_directory)


def make_app(shared: Shared) -> Application:
    """The Tornado application: the URL map, and what Tornado's sockets are told."""
    server = shared.settings.server
    handlers: list[tuple[str, type[RequestHandler]]] = [
        (routes.LIST_MODELS.pattern, rest.ModelsHandler),
        (routes.GET_METADATA.pattern, rest.MetadataHandler),
        (routes.PREDICT.pattern, rest.PredictionsHandler),
        (routes.RELOAD.pattern, rest.ReloadHandler),
        (routes.LIST_PLUGINS.pattern, rest.PluginsHandler),
        (routes.LIVE.pattern, health.LiveHandler),
        (routes.READY.pattern, health.ReadyHandler),
        (r"/ws", SocketHandler),
        (r"/(?:models/[^/]+/(?:metadata|predict))?", ui.PageHandler),
        *((pattern, ui.PageFileHandler) for pattern in ui.file_patterns(shared.web_directory)),
    ]
    descriptions = [(routes.OPENAPI, catalogue.openapi()), (routes.ASYNCAPI, catalogue.asyncapi())]
    return Application(
        [
            *((pattern, handler, {"shared": shared}) for pattern, handler in handlers),
            *(
                (route.pattern, rest.DescriptionHandler, {"shared": shared, "route": route, "document": document})
                for route, document in descriptions
            ),
        ],
        default_handler_class=UnknownPathHandler,
        default_handler_args={"shared": shared},
        websocket_max_message_size=server.max_message_bytes,
        websocket_ping_interval=server.ping_interval_s,
        websocket_ping_timeout=server.ping_interval_s,
    )
