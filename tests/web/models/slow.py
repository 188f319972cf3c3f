"""A model that takes its time, to load and to predict: as long as two files beside the settings are not there."""

import os
import time
from pathlib import Path

from tornado_ml import MLModel, hookimpl

GATES = Path(os.environ.get("TEST_MODEL_GATES", "/nonexistent"))


def wait_for(gate: str) -> None:
    while GATES.is_dir() and not (GATES / gate).exists():
        time.sleep(0.02)


class Slow(MLModel):
    qualified_name = "slow"
    display_name = "Slow"
    description = "Is ready when the file `load` is there, and answers when the file `predict` is."
    major_version = 1
    minor_version = 0
    input_schema = {"type": "array", "title": "Numbers", "items": {"type": "number"}}
    output_schema = {"type": "number"}
    examples = ([1, 2, 3],)

    def __init__(self):
        wait_for("load")

    def predict(self, data):
        wait_for("predict")
        return sum(data)


@hookimpl
def register_models():
    return [Slow]
