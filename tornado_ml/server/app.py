"""The URL map, and the objects that handlers share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tornado.web import Application, RequestHandler

from tornado_ml.access.access import Access
from tornado_ml.access.allowance import Accounts
from tornado_ml.access.file_authenticator import FileAuthenticator
from tornado_ml.conversation.conversation import Backend, Conversation, Limits
from tornado_ml.conversation.waiting_room import WaitingRoom
from tornado_ml.errors import OperatorError
from tornado_ml.feeds import Feeds
from tornado_ml.inference.metering import RequestMeter
from tornado_ml.inference.observing import ObserverListener
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.inference.service import InferenceService, Listener
from tornado_ml.inference.steady import SteadyPredictor
from tornado_ml.metrics import Metrics, declarations
from tornado_ml.metrics.exposition import Exposition
from tornado_ml.models.manager import ModelManager
from tornado_ml.models.shelf import Shelf
from tornado_ml.observers.journal import Journal
from tornado_ml.observers.observers import Observers
from tornado_ml.page.files import PageFiles
from tornado_ml.plugins import PluginHost, Widgets
from tornado_ml.protocol import catalogue, routes
from tornado_ml.server import admin, health, login, rest, socketio, ui
from tornado_ml.server.access_log import log_request
from tornado_ml.server.base import Shared
from tornado_ml.server.events import SubscriptionHandler
from tornado_ml.server.guard import Guard
from tornado_ml.server.metering import samples_of
from tornado_ml.server.scrape import MetricsHandler
from tornado_ml.server.websocket import SocketHandler, SocketRegistry
from tornado_ml.server.widgets import WidgetFileHandler
from tornado_ml.settings import Settings

if TYPE_CHECKING:
    from tornado_ml.inference.tracing import RequestTracer


def make_shared(
    settings: Settings, manager: ModelManager[ModelRunner], plugins: PluginHost, page: PageFiles, metrics: Metrics
) -> Shared:
    """The objects that handlers share.

    Args:
        settings: the limits, and who may ask.
        manager: knows the models; loading them is the caller's work.
        plugins: what `/api/plugins` lists, and whose sources are run.
        page: its files.
        metrics: where everything is counted; the runners of the models count there too.
    """
    server = settings.server
    observers = _observers(settings, plugins, metrics)
    tracer = make_tracer(settings.tracing.endpoint)
    listeners: list[Listener] = [RequestMeter(metrics), ObserverListener(observers)]
    service = InferenceService(manager, listeners=[*listeners, tracer] if tracer else listeners, tracer=tracer)
    resume = settings.resume
    waiting_room: WaitingRoom[Conversation] = WaitingRoom(resume.grace_s, resume.max_waiting, _call_later)
    feeds = Feeds(lambda source: SteadyPredictor(service, source.model_qualified_name, source.session_parameters))
    plugins.watch(lambda plugin: feeds.set_sources(plugin.key, plugin.sources))
    widgets = Widgets()
    plugins.watch(widgets.set)
    per = (settings.limits_per_connection, settings.limits_per_token, settings.limits_per_address)
    accounts = Accounts(*per, metrics, time.monotonic)
    backend = Backend(service, feeds, manager, waiting_room, accounts, _limits(settings), metrics)
    sockets = SocketRegistry(
        backend, plugins.codecs(), max_connections=server.max_connections, stalled_s=server.stalled_s
    )
    guard = Guard(server.allowed_hosts, server.allowed_origins)
    access = _access(settings, plugins, accounts)
    shelf = Shelf(manager)
    plugins.watch(lambda plugin: shelf.forget(plugin.key))
    shared = Shared(
        settings,
        guard,
        access,
        manager,
        plugins,
        service,
        backend,
        sockets,
        page,
        widgets,
        shelf,
        Exposition(),
        observers,
        tracer,
    )
    metrics.read_by(lambda: samples_of(shared))
    return shared


def _limits(settings: Settings) -> Limits:
    """What one client may take."""
    server, resume = settings.server, settings.resume
    return Limits(
        max_message_bytes=server.max_message_bytes,
        max_json_depth=server.max_json_depth,
        max_open_requests=server.max_open_requests,
        max_sessions=settings.sessions.max_per_connection,
        max_subscriptions=settings.subscriptions.max_per_connection,
        outbox_bytes=server.outbox_bytes,
        buffer_bytes=settings.subscriptions.buffer_bytes,
        grace_s=resume.grace_s,
        resume_bytes=resume.max_bytes,
    )


def _access(settings: Settings, plugins: PluginHost, accounts: Accounts) -> Access:
    """What finds out who asks: the token file, if there shall be one, and what plugins bring."""
    tokens = settings.auth.tokens
    own = [] if tokens is None else [FileAuthenticator(tokens)]
    access = Access(own, required=settings.auth.required, accounts=accounts)
    plugins.watch(lambda plugin: access.set(plugin.key, plugin.authenticators))
    return access


def _observers(settings: Settings, plugins: PluginHost, metrics: Metrics) -> Observers:
    """Who looks on: whom plugins bring, and the journal, if there shall be one."""
    observers = Observers(lambda name: metrics.count(declarations.OBSERVATIONS_DROPPED, name))
    plugins.watch(lambda plugin: observers.set(plugin.key, plugin.observers))
    journal = settings.observer
    if journal.file is not None:
        made = Journal(journal.file, max_bytes=journal.max_bytes, max_age_s=journal.max_age_s, keep=journal.keep)
        observers.set("", [made])
    return observers


def make_tracer(endpoint: str) -> RequestTracer | None:
    """What traces requests, where spans are to be sent somewhere.

    Raises:
        OperatorError: what it takes is not installed.
    """
    if not endpoint:
        return None
    try:
        from tornado_ml.inference.tracing import RequestTracer
    except ImportError as error:
        raise OperatorError(
            "tracing.endpoint is set, and OpenTelemetry is not there. Install it with: pip install 'tornado-ml[otel]'"
        ) from error
    return RequestTracer(endpoint)


def _call_later(delay_s: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay_s, callback)


def make_app(shared: Shared) -> Application:
    """The Tornado application: the URL map, and what Tornado's sockets are told."""
    server = shared.settings.server
    handlers: list[tuple[str, type[RequestHandler]]] = [
        (routes.LIST_MODELS.pattern, rest.ModelsHandler),
        (routes.GET_METADATA.pattern, rest.MetadataHandler),
        (routes.PREDICT.pattern, rest.PredictionsHandler),
        (routes.SUBSCRIBE.pattern, SubscriptionHandler),
        (routes.LOAD.pattern, admin.LoadHandler),
        (routes.UNLOAD.pattern, admin.UnloadHandler),
        (routes.RELOAD.pattern, admin.ReloadHandler),
        (routes.LOGIN.pattern, login.LoginHandler),
        (routes.LOGOUT.pattern, login.LogoutHandler),
        (routes.LIST_PLUGINS.pattern, rest.PluginsHandler),
        (routes.METRICS.pattern, MetricsHandler),
        (routes.LIVE.pattern, health.LiveHandler),
        (routes.READY.pattern, health.ReadyHandler),
        (r"/ws", SocketHandler),
        (r"/", ui.PageHandler),
        (r"/models/([^/]+)/(metadata|predict)", ui.ModelPageHandler),
        (r"/page/([^/]+)/(.+)", ui.KeptFileHandler),
        (r"/widgets/([^/]+)/([^/]+)/(.+)", WidgetFileHandler),
        *((pattern, ui.PageFileHandler) for pattern in ui.file_patterns(shared.page.directory)),
    ]
    descriptions = [(routes.OPENAPI, catalogue.openapi), (routes.ASYNCAPI, catalogue.asyncapi)]
    return Application(
        [
            *socketio.rules(shared),
            *((pattern, handler, {"shared": shared}) for pattern, handler in handlers),
            *(
                (route.pattern, rest.DescriptionHandler, {"shared": shared, "route": route, "describe": describe})
                for route, describe in descriptions
            ),
        ],
        log_function=log_request,
        default_handler_class=ui.UnknownPathHandler,
        default_handler_args={"shared": shared},
        websocket_max_message_size=server.max_message_bytes,
        websocket_ping_interval=server.ping_interval_s,
        websocket_ping_timeout=server.ping_interval_s,
    )
