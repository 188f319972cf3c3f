"""What the scenarios share: servers and load clients in processes of their own, each on its core, and runs by turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import proc
from benchmarks.load import Report, report_of
from benchmarks.results import Table
from tornado_ml.testing import running_server

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
PLUGINS = ROOT / "benchmarks" / "plugins"

_CORES = sorted(os.sched_getaffinity(0))
FRONT_CORE = _CORES[0] if len(_CORES) > 1 else None
OTHER_CORE = _CORES[1] if len(_CORES) > 1 else None

PINNED = (
    f"the front process of the service and the floor each alone on core {FRONT_CORE}; workers and load client on core"
    f" {OTHER_CORE}"
    if FRONT_CORE is not None
    else "all on the only core"
)
FREE = f"wherever the system put them, on {len(_CORES)} cores"


@dataclass(frozen=True)
class Effort:
    """How much is measured: each figure is the median of `repeat` runs of `seconds`."""

    seconds: float
    repeat: int

    @property
    def warm_up_s(self) -> float:
        return min(0.5, self.seconds / 4)


@dataclass(frozen=True)
class Server:
    """One that is running."""

    socket_url: str
    pid: int

    @property
    def workers(self) -> list[int]:
        return proc.children(self.pid)


@contextmanager
def service(settings: str, *plugins: str, pinned: bool = True) -> Iterator[Server]:
    """The real service, its models loaded.

    Args:
        settings: the text of its settings file.
        plugins: those that it loads: files here in `plugins`, or installed ones.
        pinned: whether its processes are kept to their cores.
    """
    known = {file.stem for file in PLUGINS.glob("*.py")} | {entry.name for entry in entry_points(group="tornado_ml")}
    disabled = f"\n[plugins]\ndisabled = {json.dumps(sorted(known - set(plugins)))}\n"
    with running_server("--strict", settings=settings + disabled, directories=[PLUGINS]) as running:
        server = Server(running.socket_url, running.process.pid)
        if pinned:
            proc.pin(server.pid, FRONT_CORE)
            for worker in server.workers:
                proc.pin(worker, OTHER_CORE)
        yield server


@contextmanager
def script(module: str) -> Iterator[Server]:
    """A server that a module of ours runs, on the core of the front process."""
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().rpartition("http://")[2].strip()
        proc.pin(process.pid, FRONT_CORE)
        yield Server(f"ws://{address}/ws", process.pid)
    finally:
        process.kill()
        process.communicate()


class RunningLoad:
    """A load client at work; its arguments are those of `python -m benchmarks.load`.

    Args:
        server: which is put under load.
        model: its qualified name.
        inputs: sent in turn.
        pinned: whether the client is kept to its core.
        workers: of the server, that live as long as the load.
        options: the others, by their name.
    """

    def __init__(
        self,
        server: Server,
        model: str,
        inputs: Sequence[Any],
        *,
        pinned: bool = True,
        workers: Sequence[int] = (),
        **options: float,
    ) -> None:
        command = [sys.executable, "-m", "benchmarks.load", server.socket_url]
        command += ["--model", model, "--inputs", json.dumps(inputs), "--front", str(server.pid)]
        if workers:
            command += ["--workers", *map(str, workers)]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        if pinned:
            proc.pin(self._process.pid, OTHER_CORE)

    def report(self) -> Report:
        """What it found, once it is through."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(f"The load client ended with {self._process.returncode}.")
        return report_of(json.loads(output))


def run_load(
    server: Server, model: str, inputs: Sequence[Any], effort: Effort, *, pinned: bool = True, **options: float
) -> Report:
    """A load of the usual length, from its begin to its end."""
    options = {"seconds": effort.seconds, "warm_up": effort.warm_up_s, **options}
    return RunningLoad(server, model, inputs, pinned=pinned, workers=server.workers, **options).report()


def by_turns(cases: Mapping[str, Callable[[], T]], repeat: int) -> dict[str, list[T]]:
    """Each case so many times, A B A B: what else the machine does meanwhile strikes all of them."""
    runs: dict[str, list[T]] = {name: [] for name in cases}
    for turn in range(repeat):
        for name, case in cases.items():
            progress(f"{name}, {turn + 1} of {repeat}")
            runs[name].append(case())
    return runs


def median_of(reports: Sequence[T], value: Callable[[T], float]) -> float:
    return statistics.median(value(report) for report in reports)


def median_ratio(ones: Sequence[T], others: Sequence[T], value: Callable[[T], float]) -> float:
    """The median of the ratios of neighbouring runs."""
    return statistics.median(value(one) / value(other) for one, other in zip(ones, others, strict=True))


def as_data(runs: Mapping[str, Sequence[Report]]) -> dict[str, list[dict[str, Any]]]:
    """For `Findings.runs`."""
    return {name: [asdict(report) for report in reports] for name, reports in runs.items()}


def progress(text: str) -> None:
    sys.stderr.write(f"    {text}\n")
    sys.stderr.flush()


def load_table(runs: Mapping[str, Sequence[Report]]) -> Table:
    """A row for each case, of medians."""
    return Table(
        ["", *_COLUMNS, "failed"],
        [
            [
                name,
                *(median_of(reports, value) for value in _COLUMNS.values()),
                sum(sum(report.errors.values()) + report.unanswered + report.dropped_connections for report in reports),
            ]
            for name, reports in runs.items()
        ],
    )


_COLUMNS: dict[str, Callable[[Report], float]] = {
    "answers/s": lambda report: report.rate,
    "CPU µs/answer: front": lambda report: report.front_cpu_us,
    "workers": lambda report: report.workers_cpu_us,
    "client": lambda report: report.client_cpu_us,
    "ms: median": lambda report: report.latency.median if report.latency else 0,
    "99 %": lambda report: report.latency.p99 if report.latency else 0,
    "slowest": lambda report: report.latency.max if report.latency else 0,
    "batch": lambda report: report.batch_size,
}
