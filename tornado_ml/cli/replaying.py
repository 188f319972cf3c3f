"""Asks a service again what a journal has, and keeps count of what is answered otherwise."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tornado_ml.client import Client, PredictionError
from tornado_ml.errors import (
    Forbidden,
    Internal,
    InvalidInput,
    InvalidOutput,
    ModelNotFound,
    ModelNotReady,
    Overloaded,
    RateLimited,
    ShuttingDown,
    Unauthorized,
)
from tornado_ml.observers.base import OK, Record
from tornado_ml.observers.comparing import differences

REPEATABLE = {OK, InvalidInput.code, InvalidOutput.code, Internal.code}
"""What the model itself makes of an input. Other codes say how the service was at that moment."""
REFUSALS = {one.code for one in (Forbidden, ModelNotFound, ModelNotReady, ShuttingDown, Unauthorized)}
"""With these there is nothing to compare."""
BUSY = {Overloaded.code, RateLimited.code}

MAX_TRIES = 20
RETRY_S = 0.1
MAX_EXAMPLES = 3
MAX_PLACES = 1000
CODE = "(code)"
"""In the place of a JSON Pointer, where the codes differ."""


class Refused(Exception):
    """The service does not answer what it is asked."""


@dataclass
class Place:
    """A place in predictions that differ there."""

    count: int = 0
    examples: list[tuple[str, Any, Any]] = field(default_factory=list)
    """The request, what it was answered, and what it is answered now."""


@dataclass
class Tally:
    """What came of a replay. Durations are seconds.

    Attributes:
        left_out: how many records were not asked again, by why.
        places: where predictions differ, by JSON Pointer, up to `MAX_PLACES` of them.
        predict_s, total_s: of each that is answered as well as it was, before and now.
    """

    same_count: int = 0
    different_count: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    places: dict[str, Place] = field(default_factory=dict)
    predict_s: list[tuple[float, float]] = field(default_factory=list)
    total_s: list[tuple[float, float]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many were asked again."""
        return self.same_count + self.different_count

    def compare(self, record: Record, answer: Answered, tolerance: float) -> None:
        """Take note of how a request is answered now."""
        if record.code != answer.code:
            found = [(CODE, record.code, answer.code)]
        else:
            changes = differences(record.prediction, answer.prediction, tolerance)
            found = [(change.path, change.before, change.after) for change in changes]
        for path, before, after in found:
            if path in self.places or len(self.places) < MAX_PLACES:
                place = self.places.setdefault(path, Place())
                place.count += 1
                if len(place.examples) < MAX_EXAMPLES:
                    place.examples.append((record.request_id, before, after))
        if found:
            self.different_count += 1
        else:
            self.same_count += 1
        if answer.predict_s is not None and record.predict_s is not None:
            self.predict_s.append((record.predict_s, answer.predict_s))
            self.total_s.append((record.total_s, answer.total_s))


@dataclass
class Answered:
    """How a request is answered now."""

    code: str
    prediction: Any = None
    predict_s: float | None = None
    total_s: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What is asked again, and how.

    Attributes:
        model: whose requests; None for all.
        against: the model and version that are asked; None for those that answered.
        tolerance: how far numbers may be apart.
        concurrency: how many are asked at the same time.
    """

    model: str | None = None
    against: tuple[str, str] | None = None
    tolerance: float = 0.0
    concurrency: int = 8

    def chosen(self, records: Iterable[Record], tally: Tally) -> Iterator[Record]:
        """The records that can be compared."""
        for record in records:
            if self.model is not None and record.model_qualified_name != self.model:
                tally.left_out["of other models"] += 1
            elif record.in_session:
                tally.left_out["asked in sessions"] += 1
            elif record.code not in REPEATABLE:
                tally.left_out[f"answered {record.code}"] += 1
            else:
                yield record


async def replay(client: Client, records: Iterable[Record], plan: Plan, tally: Tally) -> None:
    """Ask all records again.

    Raises:
        Refused: the service does not answer what it is asked.
        ConnectionLost: there is no service any more.
    """
    chosen = plan.chosen(records, tally)

    async def ask_one_after_the_other() -> None:
        for record in chosen:
            tally.compare(record, await _ask(client, record, plan), plan.tolerance)

    asking = [asyncio.create_task(ask_one_after_the_other()) for _ in range(plan.concurrency)]
    try:
        await asyncio.gather(*asking)
    finally:
        for task in asking:
            task.cancel()
        await asyncio.wait(asking)


async def _ask(client: Client, record: Record, plan: Plan) -> Answered:
    model, version = plan.against or (record.model_qualified_name, record.model_version)
    for _ in range(MAX_TRIES):
        stream = client.ask(model, record.input, {"model_version": version}, None)
        try:
            data = await stream.result()
        except PredictionError as error:
            if error.code in REFUSALS:
                raise Refused(f"{model} {version or ''}: {error}".replace(" :", ":")) from error
            if error.code not in BUSY:
                return Answered(error.code)
            await asyncio.sleep(error.data.get("retry_after_ms", 1000 * RETRY_S) / 1000)
        else:
            timing = stream.meta["timing_ms"]
            return Answered(OK, data["prediction"], timing["predict"] / 1000, timing["total"] / 1000)
    raise Refused(f"{model}: the service has too much else to do.")
