"""What a supervisor hears."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tornado_ml.server.notify import Supervisor


@pytest.mark.parametrize("is_abstract", [False, True])
def test_a_message_is_one_datagram_to_the_address_of_the_supervisor(tmp_path: Path, is_abstract: bool) -> None:
    name = f"@tornado-ml-{os.getpid()}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name[1:]}" if is_abstract else name)
        supervisor = Supervisor({"NOTIFY_SOCKET": name})
        assert supervisor.listens
        assert supervisor.tell("READY=1", "STATUS=Ready.")
        assert listener.recv(1000) == b"READY=1\nSTATUS=Ready."
        assert not supervisor.tell()


def test_without_a_supervisor_nobody_is_told() -> None:
    supervisor = Supervisor({})
    assert not supervisor.listens
    assert not supervisor.tell("READY=1")
    assert supervisor.watchdog_s is None


def test_a_supervisor_that_is_gone_or_does_not_read_is_no_reason_to_wait(tmp_path: Path) -> None:
    place = str(tmp_path / "notify")
    assert not Supervisor({"NOTIFY_SOCKET": place}).tell("READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(place)
        supervisor = Supervisor({"NOTIFY_SOCKET": place})
        while supervisor.tell("READY=1", "x" * 10_000):
            pass


def test_what_is_meant_for_this_process_is_not_left_for_its_children() -> None:
    environ = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}
    assert Supervisor(environ).watchdog_s == 3
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize("variables", [{"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}])
def test_a_watchdog_that_is_anothers_or_makes_no_sense_is_none(variables: dict[str, str]) -> None:
    assert Supervisor({"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000", **variables}).watchdog_s is None
    assert Supervisor({"WATCHDOG_USEC": "3000000"}).watchdog_s is None
