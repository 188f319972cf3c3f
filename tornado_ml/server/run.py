"""Runs the service: listens, loads the models, and stops in good order."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable

from tornado.netutil import bind_sockets

from tornado_ml.errors import ModelLoadError, ModelNotFound, OperatorError
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.models.manager import ModelManager, ModelState, Registration
from tornado_ml.page.files import PageFiles
from tornado_ml.plugins import PluginHost
from tornado_ml.resources import web_directory
from tornado_ml.server.app import make_app, make_shared
from tornado_ml.server.base import Shared
from tornado_ml.server.listener import SPARE_FILES, BoundedServer, allow_files
from tornado_ml.server.watching import watch_plugins
from tornado_ml.settings import Settings

log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""How long clients may take to agree that their connection is closed."""
IDLE_S = 60.0
"""How long an HTTP connection may stay open without a request."""
BODY_S = 30.0
"""How long a request's body may take to arrive. Tornado's own default is for ever."""


async def serve(
    settings: Settings, plugins: PluginHost, announce: Callable[[str], None], *, watches: bool = False
) -> None:
    """Serve until SIGINT or SIGTERM; a second one ends the process at once. SIGHUP loads all models anew.

    Args:
        settings: all of them.
        plugins: not loaded yet.
        announce: called with the address of the page, once it listens.
        watches: whether drop-in plugins are loaded anew when their files change.

    Raises:
        OperatorError: it cannot listen, or, in strict mode, a plugin or a model failed.
    """
    listeners = _bind(settings.server.host, settings.server.port)
    registrations = plugins.load()
    manager = ModelManager(lambda registration: ModelRunner(registration, settings), plugins.fail)
    shared = make_shared(settings, manager, plugins, PageFiles(web_directory()))
    max_files = allow_files(settings.server.max_connections + SPARE_FILES)
    server = BoundedServer(make_app(shared), idle_connection_timeout=IDLE_S, body_timeout=BODY_S, max_files=max_files)
    server.add_sockets(listeners)
    stop = _stop_on_signal()
    announce(_url(settings.server.host, listeners))
    background = [asyncio.create_task(shared.sockets.watch_stalled())]
    run = asyncio.create_task(_load_and_wait(shared, registrations))
    _reload_on_signal(manager, background)
    if watches:
        background.append(asyncio.create_task(watch_plugins(plugins, manager)))
    try:
        await asyncio.wait([run, stop], return_when=asyncio.FIRST_COMPLETED)
        if run.done():
            run.result()
        log.info("Stopping: what runs may take another %g s.", settings.server.drain_s)
    finally:
        run.cancel()
        server.stop()
        await _drain(shared, settings.server.drain_s)
        for task in background:
            task.cancel()
        # First those who could still ask, then what they would ask for.
        await server.close_all_connections()
        await manager.close()


async def _load_and_wait(shared: Shared, registrations: list[Registration]) -> None:
    """Load the models; then wait for ever, unless strict mode finds something to stop for."""
    await shared.manager.load(registrations)
    shared.backend.feeds.start()
    # What is there now stays: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    faults = faults_of(shared.settings, shared.plugins, shared.manager)
    if faults and shared.settings.plugins.strict:
        raise OperatorError("Strict mode:\n" + "\n".join(faults))
    await asyncio.Event().wait()


def faults_of(settings: Settings, plugins: PluginHost, manager: ModelManager[ModelRunner]) -> list[str]:
    """What strict mode stops for: failed plugins and models, and settings for models that are not there."""
    faults = [f"Plugin {plugin.name} failed: {plugin.reason}" for plugin in plugins.failed()]
    names = set()
    for deployment in manager.deployments():
        name = deployment.identity[0] if deployment.identity else ""
        names.add(name)
        if deployment.state is ModelState.FAILED:
            faults.append(f"Model {name} {deployment.model_version} failed: {deployment.reason}")
    for name in sorted(set(settings.models) - names):
        fault = f"The settings have [models.{name}], and there is no such model."
        log.warning(fault)
        faults.append(fault)
    return faults


def _bind(host: str, port: int) -> list[socket.socket]:
    try:
        return bind_sockets(port, host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OperatorError(
                f"Port {port} on {host} is taken. Stop what uses it, or choose another: tornado-ml serve --port 8766"
            ) from error
        raise OperatorError(f"Cannot listen on {host}, port {port}: {error.strerror or error}.") from error


def _url(host: str, listeners: list[socket.socket]) -> str:
    port = listeners[0].getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _stop_on_signal() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def on_signal(number: int) -> None:
        if stop.done():
            os._exit(128 + number)
        stop.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
    return stop


def _reload_on_signal(manager: ModelManager[ModelRunner], background: list[asyncio.Task[None]]) -> None:
    async def reload() -> None:
        for name in sorted({one.known_identity[0] for one in manager.deployments()}):
            try:
                await manager.reload(name)
            except (ModelLoadError, ModelNotFound) as error:
                log.error("Model %s could not be loaded anew: %s", name, error)

    asyncio.get_running_loop().add_signal_handler(
        signal.SIGHUP, lambda: background.append(asyncio.create_task(reload()))
    )


async def _drain(shared: Shared, drain_s: float) -> None:
    shared.sockets.goaway("the service is stopping", drain_s)
    await asyncio.gather(shared.backend.feeds.close(), shared.service.drain(drain_s))
    await shared.sockets.close(CLOSE_S)
    shared.backend.waiting_room.close()
