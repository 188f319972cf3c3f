"""Runs the service: listens, loads the models, and stops in good order."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable
from functools import partial

from tornado_ml.errors import ModelLoadError, ModelNotFound, OperatorError
from tornado_ml.inference.runner import ModelRunner
from tornado_ml.metrics import Metrics
from tornado_ml.models.manager import ModelManager, ModelState, Registration
from tornado_ml.page.files import PageFiles
from tornado_ml.plugins import PluginHost
from tornado_ml.protocol.payloads import Document
from tornado_ml.resources import web_directory
from tornado_ml.server.app import make_app, make_shared
from tornado_ml.server.base import Shared
from tornado_ml.server.exposure import check_exposure
from tornado_ml.server.health import readiness_of
from tornado_ml.server.listener import SPARE_FILES, BoundedServer, allow_files
from tornado_ml.server.listening import Place
from tornado_ml.server.logins import watch_logins
from tornado_ml.server.metering import measure_lag
from tornado_ml.server.notify import Supervisor
from tornado_ml.server.proxies import Proxies
from tornado_ml.server.reporting import Reporter
from tornado_ml.server.tls import Certificate, certificate_of
from tornado_ml.server.watching import watch_plugins
from tornado_ml.settings import Settings

log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""How long clients may take to agree that their connection is closed."""
ANSWER_S = 5.0
"""How long what else was asked over HTTP may take to be answered, and its answer to be read."""
FAREWELL_S = CLOSE_S + ANSWER_S + 10.0
"""How long a stop may take beyond `drain_s`, until the last worker has ended."""


async def serve(
    settings: Settings, plugins: PluginHost, announce: Callable[[str], None], *, watches: bool = False
) -> None:
    """Serve until SIGINT or SIGTERM; a second one ends the process at once. SIGHUP loads all models anew, and reads the
    certificate.

    Args:
        settings: all of them.
        plugins: not loaded yet.
        announce: called with the address of the page, once it listens.
        watches: whether drop-in plugins are loaded anew when their files change.

    Raises:
        OperatorError: it cannot listen, or not there without asking who somebody is, or, in strict mode, a plugin or a
            model failed.
    """
    supervisor = Supervisor(os.environ)
    certificate = certificate_of(settings.server)
    place = Place(settings.server, os.environ)
    registrations = plugins.load()
    metrics = Metrics()
    manager = ModelManager(lambda registration: ModelRunner(registration, settings, metrics), plugins.fail)
    shared = make_shared(settings, manager, plugins, PageFiles(web_directory()), metrics)
    shared.service.is_starting = True
    server = _server(shared, certificate)
    stop = _stop_on_signal()
    reporter = _reporter(shared, server, supervisor)

    open_doors = partial(_open_doors, place, shared, server, announce)
    if not place.waits:
        open_doors()
    background = _in_the_background(shared, server, reporter, watches=watches)
    run = asyncio.create_task(_load_and_wait(shared, registrations, reporter, open_doors if place.waits else None))
    _reload_on_signal(shared, certificate, reporter, background)
    try:
        await asyncio.wait([run, stop], return_when=asyncio.FIRST_COMPLETED)
        if run.done():
            run.result()
        log.info("Stopping: what runs may take another %g s.", settings.server.drain_s)
    finally:
        run.cancel()
        reporter.stopping(settings.server.drain_s + FAREWELL_S)
        await _stop(shared, server, background)
    log.info("Stopped.")


def _open_doors(place: Place, shared: Shared, server: BoundedServer, announce: Callable[[str], None]) -> None:
    listening = place.listen()
    settings = shared.settings.server
    check_exposure(listening.sockets, shared.access, allow_unauthenticated=settings.allow_unauthenticated)
    server.listen_on(listening.sockets)
    announce(listening.url("http" if server.ssl_options is None else "https"))


def _server(shared: Shared, certificate: Certificate | None) -> BoundedServer:
    settings = shared.settings.server
    return BoundedServer(
        make_app(shared),
        metrics=shared.backend.metrics,
        max_files=allow_files(settings.max_connections + SPARE_FILES),
        proxies=Proxies(settings.trusted_proxies),
        stalled_s=2 * settings.stalled_s,  # what is an event stream is given up before
        ssl_options=certificate and certificate.context,
    )


def _reporter(shared: Shared, server: BoundedServer, supervisor: Supervisor) -> Reporter:
    def readiness() -> Document:
        document = readiness_of(shared)
        return document if server.listens else document | {"status": "not_ready"}

    reporter = Reporter(supervisor, readiness, is_loading=lambda: shared.service.is_starting)
    shared.manager.watch(lambda _: reporter.report())
    return reporter


def _in_the_background(
    shared: Shared, server: BoundedServer, reporter: Reporter, *, watches: bool
) -> list[asyncio.Task[None]]:
    """What goes on for as long as anything is served."""
    tasks = [
        shared.sockets.watch_stalled(),
        server.watch_slow(),
        measure_lag(shared.backend.metrics),
        watch_logins(shared.access, shared.sockets),
        reporter.run(),
    ]
    if watches:
        tasks.append(watch_plugins(shared.plugins, shared.manager))
    return [asyncio.create_task(task) for task in tasks]


async def _load_and_wait(
    shared: Shared, registrations: list[Registration], reporter: Reporter, then: Callable[[], None] | None
) -> None:
    """Load the models and the page, do what comes then, and wait for ever, unless strict mode finds a fault."""
    await asyncio.gather(shared.manager.load(registrations), asyncio.to_thread(shared.page.prepare))
    shared.backend.feeds.start()
    # What is there now stays: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    faults = faults_of(shared.settings, shared.plugins, shared.manager)
    if faults and shared.settings.plugins.strict:
        raise OperatorError("Strict mode:\n" + "\n".join(faults))
    shared.service.is_starting = False
    if then is not None:
        then()
    reporter.report()
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


def _reload_on_signal(
    shared: Shared, certificate: Certificate | None, reporter: Reporter, background: list[asyncio.Task[None]]
) -> None:
    async def reload() -> None:
        with reporter.reloading():
            if certificate is not None:
                try:
                    certificate.reload()
                except OperatorError as error:
                    log.error("The old certificate stays. %s", error)
            for name in sorted({one.known_identity[0] for one in shared.manager.deployments()}):
                if shared.service.is_draining:
                    return  # what is loaded answers what is still to be answered
                try:
                    await shared.shelf.reload(name)
                except (ModelLoadError, ModelNotFound) as error:
                    log.error("Model %s could not be loaded anew: %s", name, error, extra={"model": name})

    def on_signal() -> None:
        task = asyncio.create_task(reload())
        background.append(task)
        task.add_done_callback(background.remove)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, on_signal)


async def _stop(shared: Shared, server: BoundedServer, background: list[asyncio.Task[None]]) -> None:
    """First those who could still ask, then what they would ask for."""
    drain_s = shared.settings.server.drain_s
    await server.stop_listening()
    shared.sockets.goaway("the service is stopping", drain_s)
    await asyncio.gather(shared.backend.feeds.close(), shared.service.drain(drain_s))
    await shared.sockets.close(CLOSE_S)
    await server.finish_answers(ANSWER_S)
    shared.backend.waiting_room.close()
    for task in background:
        task.cancel()
    await server.close_all_connections()
    await shared.manager.close()
    await asyncio.to_thread(shared.observers.close)
    if shared.tracer is not None:
        await asyncio.to_thread(shared.tracer.close)
