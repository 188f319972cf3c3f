"""Takes over the sockets that a supervisor has opened for this process (sd_listen_fds(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping

from tornado_ml.errors import OperatorError

FIRST_FD = 3

_LISTEN_PID, _LISTEN_FDS, _LISTEN_FDNAMES = "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"


def inherited_listeners(environ: MutableMapping[str, str]) -> list[socket.socket]:
    """The sockets to listen on; none if there is no such supervisor. Its variables are taken out of `environ`.

    Raises:
        OperatorError: what was handed over cannot be listened on.
    """
    told = {name: environ.pop(name, "") for name in (_LISTEN_PID, _LISTEN_FDS, _LISTEN_FDNAMES)}
    if told[_LISTEN_PID] != str(os.getpid()):
        return []  # none, or meant for a process that has started this one
    if not (told[_LISTEN_FDS].isascii() and told[_LISTEN_FDS].isdigit()):
        raise OperatorError(f"{_LISTEN_FDS} is {told[_LISTEN_FDS]!r}; it must be how many sockets were handed over.")
    fds = range(FIRST_FD, FIRST_FD + int(told[_LISTEN_FDS][:6]))
    names = told[_LISTEN_FDNAMES].split(":") if told[_LISTEN_FDNAMES] else [""] * len(fds)
    if len(names) != len(fds):
        raise OperatorError(f"{_LISTEN_FDNAMES} has {len(names)} names, and {_LISTEN_FDS} says {len(fds)}.")
    return [_listener(fd, name) for fd, name in zip(fds, names, strict=True)]


def _listener(fd: int, name: str) -> socket.socket:
    called = f"The socket that was handed over as file descriptor {fd}{f' ({name})' if name else ''}"
    try:
        os.set_inheritable(fd, False)  # no worker is to keep the port
        found = socket.socket(fileno=fd)
    except OSError as error:
        raise OperatorError(f"{called} is none: {error.strerror}.") from None
    fault = _fault(found)
    if fault:
        found.close()
        raise OperatorError(f"{called} {fault}.")
    found.setblocking(False)
    return found


def _fault(found: socket.socket) -> str | None:
    """Why it cannot be listened on."""
    if found.family not in {socket.AF_INET, socket.AF_INET6, socket.AF_UNIX} or found.type != socket.SOCK_STREAM:
        return "cannot be served: it must be a stream of TCP or a Unix socket"
    if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return "is one connection, and no one listens on it: set Accept=no"
    return None
