"""The executors, by the names that the settings and models have for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from tornado_ml.inference.executors.inline import InlineExecutor
from tornado_ml.inference.executors.process.executor import ProcessExecutor
from tornado_ml.inference.executors.thread import ThreadExecutor
from tornado_ml.inference.scheduler import Scheduler
from tornado_ml.metrics import Metrics
from tornado_ml.models.loaded import ModelReport
from tornado_ml.models.manager import Registration
from tornado_ml.settings import ModelSettings


class Executor(Protocol):
    """Where one model runs."""

    async def load(self) -> ModelReport:
        """Construct the model. Raises ModelLoadError if that cannot be done."""

    def start(self, scheduler: Scheduler, on_failed: Callable[[str], None]) -> None:
        """Begin to pull batches; `on_failed` is told why when the model can be run no more. Comes after `load`."""

    def worker_bytes(self) -> dict[int, int] | None:
        """How much memory each of its worker processes holds, by their numbers; None where it runs in no process."""

    async def close(self) -> None:
        """Stop, and let go of the model; what still runs is abandoned."""


EXECUTORS: Mapping[str, Callable[[Registration, ModelSettings, Metrics], Executor]] = {
    "process": ProcessExecutor,
    "thread": ThreadExecutor,
    "inline": InlineExecutor,
}
