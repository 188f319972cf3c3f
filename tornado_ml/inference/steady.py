"""Predictions of one input after the other, for somebody who stays; in a session, where that is wanted."""

from __future__ import annotations

from typing import Any

from tornado_ml.inference.service import InferenceService, Prediction, Request


class SteadyPredictor:
    """Predicts with one model.

    Args:
        service: makes the predictions.
        model_qualified_name: the model; always its newest version that is ready.
    """

    def __init__(self, service: InferenceService, model_qualified_name: str) -> None:
        self._service = service
        self._model = model_qualified_name

    async def predict(self, data: Any) -> Prediction:
        """The prediction for one input.

        Raises:
            ServiceError: and nothing else.
        """
        return await self._service.predict(Request(self._model, data), client=self)

    def close(self) -> None:
        """There will be no more inputs."""
