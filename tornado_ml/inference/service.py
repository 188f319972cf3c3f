"""Predictions: find the model, judge the input, run it, and turn whatever went wrong into a named error.

The socket and REST both ask here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tornado_ml.errors import Internal, InvalidInput, InvalidOutput, ServiceError, ShuttingDown
from tornado_ml.models.manager import ModelManager

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a client is told of a prediction that was made. Durations are seconds."""

    model_qualified_name: str
    model_version: str
    prediction: Any
    queue_s: float
    predict_s: float
    total_s: float
    batch_size: int


class InferenceService:
    """Makes predictions with the models of one manager.

    Args:
        manager: knows the models.
        clock: monotonic, in seconds.
    """

    def __init__(self, manager: ModelManager, clock: Callable[[], float] = time.monotonic) -> None:
        self._manager = manager
        self._clock = clock
        self._running: set[asyncio.Task[Any]] = set()
        self._is_cut_off = False
        self.is_draining = False
        """Whether new work is refused."""

    async def predict(
        self, model_qualified_name: str, input_data: Any, *, model_version: str | None = None, request_id: str
    ) -> Prediction:
        """One prediction.

        Args:
            model_qualified_name: which model.
            input_data: a JSON document, as the client sent it.
            model_version: `"1"` or `"1.2"`; None for the newest that is ready.
            request_id: what the log names the request by.

        Raises:
            ServiceError: and nothing else, but CancelledError where the caller is cancelled. The cause of one that
                hides it is in the log.
        """
        if self.is_draining:
            raise ShuttingDown
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            return await self._predict(model_qualified_name, input_data, model_version, request_id)
        except asyncio.CancelledError:
            if self._is_cut_off:
                raise ShuttingDown from None
            raise
        except InvalidOutput as error:
            faults = "; ".join(f"{fault.path or '(the whole)'} {fault.message}" for fault in error.details)
            log.error("Request %s: the prediction of model %s is bad: %s", request_id, model_qualified_name, faults)
            raise InvalidOutput from error
        except ServiceError:
            raise
        except Exception as error:
            log.exception("Request %s: model %s failed.", request_id, model_qualified_name)
            raise Internal from error
        finally:
            self._running.discard(task)

    async def drain(self, timeout_s: float) -> None:
        """Refuse new work, wait for what runs, and cut it off after `timeout_s`."""
        self.is_draining = True
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)
        self._is_cut_off = True
        for task in self._running:
            task.cancel()

    async def _predict(
        self, model_qualified_name: str, input_data: Any, model_version: str | None, request_id: str
    ) -> Prediction:
        started = self._clock()
        deployment = self._manager.find(model_qualified_name, model_version)
        validator = deployment.input_validator
        if not validator.fits(input_data):
            raise InvalidInput(details=validator.faults(input_data))
        outcome = await deployment.executor.predict(input_data)
        total_s = self._clock() - started
        log.debug("Request %s: model %s answered in %.6f s.", request_id, model_qualified_name, total_s)
        return Prediction(
            model_qualified_name,
            deployment.model_version,
            outcome.prediction,
            outcome.queue_s,
            outcome.predict_s,
            total_s,
            outcome.batch_size,
        )
