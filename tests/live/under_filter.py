"""Runs a command under the system-call filters that systemd would lay upon it: `under_filter.py UNIT COMMAND…`.

Of the unit it knows SystemCallFilter, MemoryDenyWriteExecute, RestrictAddressFamilies, RestrictNamespaces and
RestrictRealtime; what is denied fails as it does there. A system call that fails so is not logged: strace shows it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# seccomp.h
ALLOW = 0x7FFF0000
EQ, GE, MASKED_EQ = 4, 5, 7
SHM_EXEC = 0o100000
NAMESPACE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
"""CLONE_NEWNS, …NEWCGROUP, …NEWUTS, …NEWIPC, …NEWUSER, …NEWPID, …NEWNET (sched.h)."""


def fails_with(number: int) -> int:
    return 0x00050000 | number


class Argument(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class Filter:
    """A filter of the kernel; the strictest of those that are loaded counts."""

    def __init__(self, default: int) -> None:
        self._lib = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
        self._lib.seccomp_init.restype = ctypes.c_void_p
        self._lib.seccomp_init.argtypes = [ctypes.c_uint32]
        self._context = ctypes.c_void_p(self._lib.seccomp_init(default))

    def add(self, action: int, name: str, *arguments: Argument) -> None:
        number = self._lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # another machine's
        array = (Argument * max(1, len(arguments)))(*arguments)
        done = self._lib.seccomp_rule_add_array(
            self._context, ctypes.c_uint32(action), ctypes.c_int(number), len(arguments), array
        )
        if done not in (0, -errno.EEXIST):
            raise OSError(-done, f"seccomp_rule_add: {name}")

    def load(self) -> None:
        done = self._lib.seccomp_load(self._context)
        if done:
            raise OSError(-done, "seccomp_load")


def values(unit: str, key: str) -> list[str]:
    return [line.partition("=")[2].strip() for line in unit.splitlines() if line.startswith(f"{key}=")]


def calls(names: Iterable[str]) -> Iterator[str]:
    """The system calls that names of calls and @groups stand for."""
    for name in names:
        if not name.startswith("@"):
            yield name
            continue
        listed = subprocess.run(
            ["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True
        ).stdout.splitlines()
        yield from calls(line.strip() for line in listed[1:] if line.strip() and not line.strip().startswith("#"))


def allowed_calls(unit: str) -> set[str]:
    first, *others = values(unit, "SystemCallFilter")
    allowed = set(calls(["@default", *first.split()]))
    for other in others:
        named = set(calls(other.removeprefix("~").split()))
        allowed = allowed - named if other.startswith("~") else allowed | named
    return allowed | set(calls(["@default"]))


def restrictions(unit: str) -> Filter:
    found = Filter(ALLOW)
    denied = fails_with(errno.EPERM)
    if values(unit, "MemoryDenyWriteExecute") == ["yes"]:
        both = mmap.PROT_WRITE | mmap.PROT_EXEC
        found.add(denied, "mmap", Argument(2, MASKED_EQ, both, both))
        for name in ("mprotect", "pkey_mprotect"):
            found.add(denied, name, Argument(2, MASKED_EQ, mmap.PROT_EXEC, mmap.PROT_EXEC))
        found.add(denied, "shmat", Argument(2, MASKED_EQ, SHM_EXEC, SHM_EXEC))
    if families := values(unit, "RestrictAddressFamilies"):
        unwanted = fails_with(errno.EAFNOSUPPORT)
        known = {int(getattr(socket, name)) for name in families[0].split()}
        for family in set(range(max(known) + 1)) - known:
            found.add(unwanted, "socket", Argument(0, EQ, family, 0))
        found.add(unwanted, "socket", Argument(0, GE, max(known) + 1, 0))
    if values(unit, "RestrictNamespaces") == ["yes"]:
        for flag in NAMESPACE_FLAGS:
            found.add(denied, "unshare", Argument(0, MASKED_EQ, flag, flag))
            found.add(denied, "clone", Argument(0, MASKED_EQ, flag, flag))
        found.add(fails_with(errno.ENOSYS), "clone3")
    if values(unit, "RestrictRealtime") == ["yes"]:
        for policy in (1, 2, 6):  # SCHED_FIFO, SCHED_RR, SCHED_DEADLINE
            found.add(denied, "sched_setscheduler", Argument(1, EQ, policy, 0))
    return found


def main() -> None:
    unit = Path(sys.argv[1]).read_text(encoding="utf-8")
    strict = Filter(fails_with(errno.EPERM))
    for name in allowed_calls(unit):
        strict.add(ALLOW, name)
    restrictions(unit).load()
    strict.load()
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
