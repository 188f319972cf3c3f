"""Predictions of one input after the other, for somebody who stays; in a session, where that is wanted."""

from __future__ import annotations

import asyncio
from typing import Any

from tornado_ml.errors import InvalidInput, ModelNotReady, NotFound, ServiceError
from tornado_ml.inference.service import InferenceService, Prediction, Request
from tornado_ml.inference.sessions import Session


class SteadyPredictor:
    """Predicts with the newest version of a model that is ready.

    Args:
        service: makes the predictions.
        model_qualified_name: the model.
        session_parameters: if they are not None, predictions are made in a session that is opened with them, and again
            when that has ended: because its worker died, or the model was loaded anew.
    """

    def __init__(self, service: InferenceService, model_qualified_name: str, session_parameters: Any = None) -> None:
        self._service = service
        self._model = model_qualified_name
        self._parameters = session_parameters
        self._session: Session | None = None

    async def predict(self, data: Any) -> Prediction:
        """The prediction for one input.

        Raises:
            ServiceError: and nothing else.
        """
        if self._parameters is None:
            return await self._service.predict(Request(self._model, data), client=self)
        session = await self._open_session()
        try:
            return await self._service.predict(Request(self._model, data, session=session), client=self)
        except NotFound as error:
            if session.is_open:
                raise
            raise ModelNotReady("The session has ended.") from error

    def close(self) -> None:
        """There will be no more inputs."""
        if self._session is not None:
            self._session.forget()
            self._session = None

    async def _open_session(self) -> Session:
        if self._session is not None and self._session.is_open:
            return self._session
        opened: asyncio.Future[ServiceError | None] = asyncio.get_running_loop().create_future()

        def on_opened(error: ServiceError | None) -> None:
            if not opened.done():
                opened.set_result(error)

        try:
            self._session = self._service.open_session(
                self._model, self._parameters, self, on_opened=on_opened, on_closed=lambda _: None
            )
            self._session.stay()  # the next input may be an hour away
            error = await opened
            if error is not None:
                self._session = None
                raise error
        except InvalidInput as error:
            faults = "; ".join(f"{fault.path} {fault.message}".strip() for fault in error.details)
            refused = ModelNotReady(f"The source's session is refused by its model: {faults or error}.")
            refused.retryable = False
            raise refused from error
        return self._session
