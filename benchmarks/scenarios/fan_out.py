"""A thousand sockets subscribe to one source, whose values come as fast as the service pushes them. The floor is a bare
Tornado loop that writes one ready-made byte string of the same length to as many sockets with `write_message`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from functools import partial

from benchmarks import proc
from benchmarks.harness import (
    OTHER_CORE,
    PINNED,
    ROOT,
    Effort,
    Server,
    by_turns,
    median_of,
    median_ratio,
    script,
    service,
)
from benchmarks.listen import Heard
from benchmarks.results import Figure, Findings, Table

TITLE = "One source, a thousand subscribers"
CONNECTIONS = 1000


def run(effort: Effort) -> Findings:
    with script("benchmarks.fan_out_floor") as floor, service("", "ticker") as ours:
        runs = by_turns(
            {"floor": partial(heard_from, floor, effort), "service": partial(heard_from, ours, effort)}, effort.repeat
        )
    service_runs, floor_runs = runs["service"], runs["floor"]
    figures = [
        Figure("deliveries a second", median_of(service_runs, lambda heard: heard.rate)),
        Figure("of the floor's", median_ratio(service_runs, floor_runs, lambda heard: heard.rate), at_least=0.8),
        Figure(
            "by processor time",
            1 / median_ratio(service_runs, floor_runs, lambda heard: heard.front_cpu_us),
            at_least=0.8,
        ),
        Figure("slowest subscriber, of the mean", median_of(service_runs, lambda heard: heard.slowest_share)),
        Figure("memory a subscriber", max(heard.front_bytes for heard in service_runs) / 1024, "KiB", at_most=64),
    ]
    rows = [[name, *(median_of(found, value) for value in _COLUMNS.values())] for name, found in runs.items()]
    data = {name: [asdict(heard) for heard in found] for name, found in runs.items()}
    return Findings(PINNED, figures, Table(["", *_COLUMNS], rows), data)


def heard_from(server: Server, effort: Effort) -> Heard:
    command = [sys.executable, "-m", "benchmarks.listen", server.socket_url, "--connections", str(CONNECTIONS)]
    command += ["--front", str(server.pid), "--seconds", str(effort.seconds), "--warm-up", str(effort.warm_up_s)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    proc.pin(process.pid, OTHER_CORE)
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"The listeners ended with {process.returncode}.")
    return Heard(**json.loads(output))


_COLUMNS = {
    "deliveries/s": lambda heard: heard.rate,
    "CPU µs/delivery": lambda heard: heard.front_cpu_us,
    "bytes a frame": lambda heard: heard.frame_bytes,
    "slowest, of the mean": lambda heard: heard.slowest_share,
}
