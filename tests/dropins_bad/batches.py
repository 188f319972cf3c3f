"""A model that predicts in batches, and what can go wrong with one of them; and its neighbours, beside it."""

import os
import time
from collections.abc import Sequence
from typing import Any

from tornado_ml import MLModel, hookimpl


class Batches(MLModel):
    qualified_name = "batches"
    display_name = description = "Answers with its input and the size of the batch, after a while."
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}

    def predict(self, data: Any) -> Any:
        return self.predict_batch([data])[0]

    def predict_batch(self, batch: Sequence[Any]) -> Sequence[Any]:
        time.sleep(0.1)
        if "kills" in batch:
            os._exit(3)
        if "raises" in batch:
            raise ValueError("what is this?")
        return [[data, len(batch)] for data in batch]


class WaitsForOthers(Batches):
    qualified_name = "waits_for_others"


class RunsAlone(Batches):
    qualified_name = "runs_alone"
    display_name = description = "Lets its requests crash at once."


class Beside(MLModel):
    qualified_name = "beside"
    display_name = description = "Answers with its input."
    major_version = 1
    minor_version = 0
    input_schema: Any = {}
    output_schema: Any = {}

    def predict(self, data: Any) -> Any:
        return data


class Two(Beside):
    qualified_name = "two"
    display_name = description = "Sleeps as long as it is told to, and says which of two processes it is."

    def predict(self, data: Any) -> Any:
        started = time.monotonic()
        time.sleep(data)
        return [os.getpid(), started, time.monotonic()]


class InAThread(Two):
    qualified_name = "in_a_thread"
    executor = "thread"


class InAProcess(InAThread):
    qualified_name = "in_a_process"


class OfNoKind(InAThread):
    qualified_name = "of_no_kind"
    executor = "fleet"


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [Batches, WaitsForOthers, RunsAlone, Beside, Two, InAThread, InAProcess, OfNoKind]
