"""What the supervisor is told of a service, and when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tornado_ml.server import reporting
from tornado_ml.server.notify import Supervisor
from tornado_ml.server.reporting import MAX_STATUS_LENGTH, Reporter, status_of

LOADING = {"qualified_name": "echo", "model_version": None, "state": "loading", "required": True}
READY = {"qualified_name": "echo", "model_version": "1.0", "state": "ready", "required": True}


class Heard(Supervisor):
    """A supervisor that remembers what it is told."""

    def __init__(self, watchdog_s: float | None = None) -> None:
        super().__init__({"NOTIFY_SOCKET": "@"})
        self.watchdog_s = watchdog_s
        self.messages: list[str] = []
        self.is_deaf = False

    def tell(self, *assignments: str) -> bool:
        if not assignments or self.is_deaf:
            return False
        self.messages.append("\n".join(assignments))
        return True

    def take(self) -> list[str]:
        taken, self.messages = self.messages, []
        return taken


class Service:
    """What the reporter looks at."""

    def __init__(self, watchdog_s: float | None = None) -> None:
        self.document: dict[str, Any] = {"status": "not_ready", "models": [LOADING]}
        self.is_loading = True
        self.heard = Heard(watchdog_s)
        self.reporter = Reporter(self.heard, lambda: self.document, lambda: self.is_loading)

    def becomes_ready(self) -> None:
        self.document = {"status": "ready", "models": [READY]}
        self.is_loading = False
        self.reporter.report()


@pytest.fixture
def service() -> Iterator[Service]:
    return Service()


def test_ready_is_said_once_and_not_before_health_says_so(service: Service) -> None:
    service.reporter.report()
    assert service.heard.take() == ["STATUS=Loading. Models: 1 loading; echo is loading"]
    service.becomes_ready()
    assert service.heard.take() == ["READY=1\nSTATUS=Ready. Models: 1 ready"]
    service.reporter.report()
    assert service.heard.take() == []


def test_what_could_not_be_said_is_said_the_next_time(service: Service) -> None:
    service.heard.is_deaf = True
    service.becomes_ready()
    service.heard.is_deaf = False
    service.reporter.report()
    assert service.heard.take() == ["READY=1\nSTATUS=Ready. Models: 1 ready"]


def test_loading_anew_begins_with_the_time_and_ends_with_ready(service: Service) -> None:
    service.becomes_ready()
    service.heard.take()
    before_us = time.monotonic_ns() // 1000
    with service.reporter.reloading():
        (message,) = service.heard.take()
        reloading, now, status = message.split("\n")
        assert (reloading, status) == ("RELOADING=1", "STATUS=Loading anew.")
        assert before_us <= int(now.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
        with service.reporter.reloading():
            service.reporter.report()
        assert service.heard.take() == []
    assert service.heard.take() == ["READY=1\nSTATUS=Ready. Models: 1 ready"]


def test_what_was_not_ready_does_not_become_so_by_loading_anew(service: Service) -> None:
    with service.reporter.reloading():
        assert service.heard.take() == []
    assert service.heard.take() == ["STATUS=Loading. Models: 1 loading; echo is loading"]


def test_a_service_that_stops_says_within_which_time_and_is_not_ready_any_more(service: Service) -> None:
    service.reporter.stopping(12)
    service.becomes_ready()
    assert service.heard.take() == ["STOPPING=1\nSTATUS=Stopping within 12 s.\nEXTEND_TIMEOUT_USEC=12000000"]


def test_a_service_that_stops_does_not_say_that_it_loads_anew(service: Service) -> None:
    service.becomes_ready()
    service.reporter.stopping(12)
    service.heard.take()
    with service.reporter.reloading():
        pass
    assert service.heard.take() == []


@pytest.mark.gen_test
async def test_more_time_is_asked_for_only_while_models_load(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "TICK_S", 0.01)
    task = asyncio.create_task(service.reporter.run())
    while service.heard.messages.count("EXTEND_TIMEOUT_USEC=30000000") < 3:
        await asyncio.sleep(0)
    service.document["status"], service.is_loading = "not_ready", False
    while "STATUS=Not ready. Models: 1 loading; echo is loading" not in service.heard.messages:
        await asyncio.sleep(0)
    service.heard.take()
    await asyncio.sleep(0.05)
    assert service.heard.take() == []
    task.cancel()


@pytest.mark.gen_test
async def test_the_watchdog_hears_nothing_while_the_loop_stands_still() -> None:
    service = Service(watchdog_s=0.04)
    service.becomes_ready()
    task = asyncio.create_task(service.reporter.run())
    while service.heard.messages.count("WATCHDOG=1") < 3:
        await asyncio.sleep(0)
    service.heard.take()
    time.sleep(0.2)
    assert service.heard.take() == []
    while "WATCHDOG=1" not in service.heard.messages:
        await asyncio.sleep(0)
    task.cancel()


@pytest.mark.gen_test
async def test_without_a_supervisor_there_is_nothing_to_do() -> None:
    await Reporter(Supervisor({}), lambda: {}, lambda: False).run()


def test_the_status_is_one_line_that_is_not_too_long() -> None:
    models = [{**LOADING, "qualified_name": f"a\nmodel {number}", "state": "failed"} for number in range(100)]
    status = status_of({"status": "ready", "models": [READY, *models]}, is_loading=False)
    assert status.startswith("Ready. Models: 1 ready, 100 failed; a model 0 is failed; a model 1 is failed;")
    assert len(status) == MAX_STATUS_LENGTH
    assert "\n" not in status
    assert status_of({"status": "ready", "models": []}, is_loading=False) == "Ready. Models: none"
