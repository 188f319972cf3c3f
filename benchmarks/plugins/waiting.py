"""A model whose worker is busy for 5 ms at a time without a processor, as one that computes elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tornado_ml import MLModel, hookimpl

BUSY_S = 0.005

QUESTION = {
    "type": "object",
    "properties": {"number": {"type": "integer"}, "who": {"type": "boolean"}},
    "required": ["number"],
}
ANSWER = {
    "type": "object",
    "properties": {"number": {"type": "integer"}, "worker": {"type": "integer"}},
    "required": ["number"],
}


class OneByOne(MLModel):
    qualified_name = "waiting_one_by_one"
    display_name = "Waiting, one by one"
    description = "Answers with its input, and with its process where it is asked who it is."
    major_version = 1
    minor_version = 0
    input_schema = QUESTION
    output_schema = ANSWER

    def predict(self, data: Mapping[str, Any]) -> dict[str, Any]:
        time.sleep(BUSY_S)
        return _answer(data)


class Batched(OneByOne):
    qualified_name = "waiting_batched"
    display_name = "Waiting, batched"

    def predict_batch(self, batch: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        time.sleep(BUSY_S)
        return [_answer(data) for data in batch]


def _answer(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"number": data["number"]} | ({"worker": os.getpid()} if data.get("who") else {})


@hookimpl
def register_models() -> list[type[MLModel]]:
    return [OneByOne, Batched]
