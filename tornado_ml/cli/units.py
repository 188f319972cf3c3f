"""The units by which systemd runs the service: the one place where they are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MARK = "# Made by `tornado-ml service`."
"""How a unit begins that may be made anew."""

HEAD = """\
{mark} Changes of your own belong into: {systemctl} edit {name}
[Unit]
Description=tornado-ml, machine-learning models over WebSockets and HTTP
"""

NETWORK = """\
Wants=network-online.target
After=network-online.target
"""

SERVICE = """
[Service]
Type=notify
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
# The service ends its workers itself, when they have answered; what is left after that is killed.
KillMode=mixed
# A worker that the kernel ends for want of memory is replaced.
OOMPolicy=continue
Restart=on-failure
RestartSec=1
# Both are extended by the service, for models that load and for requests that run (drain_s).
TimeoutStartSec=60
TimeoutStopSec=30
# How long its event loop may stand still; then it is ended, and the log says where it stood.
WatchdogSec=60
Environment=PYTHONFAULTHANDLER=1
UMask=0077
"""

# What a user's own systemd can do as well: filters of system calls.
FILTERS = """
NoNewPrivileges=yes
LockPersonality=yes
# Not for models that make machine code while they run, as Numba and the JIT of PyTorch do.
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""

SANDBOX = """
{user}
StateDirectory={name}
WorkingDirectory=%S/{name}
# For libraries that keep something at home.
Environment=HOME=%S/{name}
CapabilityBoundingSet=
AmbientCapabilities=
PrivateDevices=yes
PrivateTmp=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome={protect_home}
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
"""

INSTALL = """
[Install]
WantedBy={target}
"""

SOCKET = """
[Socket]
ListenStream={address}
"""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What a unit is made for.

    Attributes:
        name: of the units, without what is behind the dot.
        command: what is run.
        is_user: whether a user's own systemd runs it, and not that of the machine.
        run_as: as whom the machine's runs it; None is a user that is there only as long as it runs.
        reads_home: whether something that it needs lies in somebody's home.
    """

    name: str
    command: Sequence[str]
    is_user: bool = False
    run_as: str | None = None
    reads_home: bool = False

    @property
    def systemctl(self) -> str:
        return "systemctl --user" if self.is_user else "systemctl"


def service_unit(unit: Unit) -> str:
    """The text of NAME.service."""
    head = HEAD.format(mark=MARK, systemctl=unit.systemctl, name=unit.name)
    service = SERVICE.format(command=" ".join(map(quoted, unit.command)))
    if unit.is_user:
        return head + service + FILTERS + INSTALL.format(target="default.target")
    sandbox = SANDBOX.format(
        name=unit.name,
        user=f"User={unit.run_as}" if unit.run_as else "DynamicUser=yes",
        protect_home="read-only" if unit.reads_home else "yes",
    )
    return head + NETWORK + service + sandbox + FILTERS + INSTALL.format(target="multi-user.target")


def socket_unit(unit: Unit, address: str) -> str:
    """The text of NAME.socket, which listens at `address` for NAME.service, also while that is started anew."""
    head = HEAD.format(mark=MARK, systemctl=unit.systemctl, name=f"{unit.name}.socket")
    return head + SOCKET.format(address=address) + INSTALL.format(target="sockets.target")


def quoted(argument: str) -> str:
    """An argument as it stands in a unit (systemd.service(5), "Command lines")."""
    escaped = argument.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
    if re.fullmatch(r"[\w@%+=:,./$-]+", escaped, re.ASCII):
        return escaped
    return '"{}"'.format(escaped.replace('"', '\\"').replace("\n", "\\n"))
