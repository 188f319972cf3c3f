"""What the system tells about other processes. Linux only."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


def cpu_s(*pids: int) -> float:
    """The processor time that processes have used, with all their threads, in seconds; of one that is gone, none.

    /proc/PID/stat would tell it in hundredths of a second only.
    """
    used_s = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            used_s += time.clock_gettime(~pid << 3 | 2)  # the clock that clock_getcpuclockid(3) names
    return used_s


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it may have ended just now
            found += map(int, (thread / "children").read_text(encoding="ascii").split())
    return [child for child in found if not _is_dead(child)]


def resident_bytes(pid: int) -> int:
    """How much memory a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pin(pid: int, core: int | None) -> None:
    """Have a process run on one core, with all threads that it has by now; None leaves it to the system."""
    if core is not None:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def _is_dead(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"
