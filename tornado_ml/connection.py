"""One client's conversation: what it asked, what is open, what waits to be sent. No I/O.

A transport hands over frames with `receive`, takes what `take` gives, and is told of the rest by callbacks.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tornado_ml.errors import (
    BadFrame,
    DuplicateId,
    Internal,
    InvalidOutput,
    Overloaded,
    ServiceError,
)
from tornado_ml.inference.service import InferenceService, Prediction
from tornado_ml.protocol import messages
from tornado_ml.protocol.codec import decode_json, encode_json
from tornado_ml.protocol.messages import ClientMessage, Document, RequestId

log = logging.getLogger(__name__)

_connection_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may take. They are settings; `settings.toml` describes them."""

    max_open_requests: int
    max_json_depth: int
    outbox_bytes: int


class Connection:
    """The conversation with one client.

    Args:
        service: answers predictions.
        limits: what this client may take.
        wake: called when there is something to `take`.
        give_up: called once, when the client does not take its answers: the outbox has been dropped.
    """

    def __init__(
        self,
        service: InferenceService,
        limits: ConnectionLimits,
        *,
        wake: Callable[[], None],
        give_up: Callable[[], None],
    ) -> None:
        self.name = f"c{next(_connection_numbers)}"
        self._service = service
        self._limits = limits
        self._wake = wake
        self._give_up = give_up
        self._open: set[asyncio.Task[None]] = set()
        self._open_ids: set[RequestId] = set()
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._request_numbers = itertools.count(1)
        self._usual_s = 0.1  # how long a request takes: a guess until the first answers
        self._is_closed = False

    @property
    def open_count(self) -> int:
        """How many requests are not yet answered."""
        return len(self._open)

    @property
    def has_outgoing(self) -> bool:
        """Whether there is something to `take`."""
        return bool(self._outbox)

    def receive(self, frame: str | bytes) -> None:
        """Take a frame from the client. Returns at once; the answer comes through the outbox."""
        if self._is_closed:
            return
        id: RequestId | None = None
        name: str | None = None
        try:
            if not isinstance(frame, str):
                raise BadFrame("This is a binary frame; on this subprotocol frames are text.")
            document = decode_json(frame, self._limits.max_json_depth)
            if not isinstance(document, dict):
                raise BadFrame
            id = messages.readable_id(document)
            message = messages.parse(document)
            name = message.data["model_qualified_name"]
            self._start(message)
        except ServiceError as error:
            self._answer_error(id, name, error)

    def take(self) -> bytes | None:
        """The next frame to send, or None."""
        if not self._outbox:
            return None
        frame = self._outbox.popleft()
        self._outbox_bytes -= len(frame)
        return frame

    def goaway(self, reason: str, deadline_s: float) -> None:
        """Tell the client that the connection will be closed, at the latest in `deadline_s` seconds."""
        data = {"reason": reason, "deadline_ms": round(deadline_s * 1000)}
        self._put(encode_json(messages.server_message(messages.GOAWAY, data)))

    async def settled(self) -> None:
        """Returns when all open requests are answered."""
        while self._open:
            await asyncio.wait(self._open)

    def close(self) -> None:
        """The client is gone or given up: stop all it asked for, send nothing more."""
        self._is_closed = True
        self._outbox.clear()
        self._outbox_bytes = 0
        for task in self._open:
            task.cancel()

    def _start(self, message: ClientMessage) -> None:
        if message.id is not None and message.id in self._open_ids:
            raise DuplicateId
        if len(self._open) >= self._limits.max_open_requests:
            raise Overloaded(retry_after_s=self._usual_s / len(self._open))
        if message.id is not None:
            self._open_ids.add(message.id)
        task = asyncio.get_running_loop().create_task(self._predict(message))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _predict(self, message: ClientMessage) -> None:
        id, name = message.id, message.data["model_qualified_name"]
        request_id = f"{self.name}-{next(self._request_numbers)}"
        try:
            prediction = await self._service.predict(
                name,
                message.data["input_data"],
                model_version=message.meta.get("model_version"),
                request_id=request_id,
            )
            answer = messages.server_message(
                messages.PREDICTION_RESPONSE, response_data(prediction), id=id, meta=response_meta(prediction)
            )
            frame = encode_json(answer)
            self._usual_s += (prediction.total_s - self._usual_s) / 8
        except ServiceError as error:
            frame = self._error_frame(id, name, error, request_id)
        # What nobody foresaw is answered and logged like any other failure.
        except Exception:
            log.exception("Request %s of model %s could not be answered.", request_id, name)
            frame = self._error_frame(id, name, Internal(), request_id)
        # The id is free again before the client can see the answer.
        if id is not None:
            self._open_ids.discard(id)
        self._put(frame)

    def _answer_error(self, id: RequestId | None, name: str | None, error: ServiceError) -> None:
        self._put(self._error_frame(id, name, error))

    def _error_frame(
        self, id: RequestId | None, name: str | None, error: ServiceError, request_id: str | None = None
    ) -> bytes:
        has_hidden_cause = isinstance(error, Internal | InvalidOutput)
        return encode_json(
            messages.server_message(
                messages.PREDICTION_ERROR,
                messages.error_data(error, name),
                id=id,
                meta={"request_id": request_id} if has_hidden_cause else None,
            )
        )

    def _put(self, frame: bytes) -> None:
        if self._is_closed:
            return
        # One frame is always let in: what the limit bounds is what a client leaves lying, not the size of an answer.
        if self._outbox and self._outbox_bytes + len(frame) > self._limits.outbox_bytes:
            self.close()
            self._give_up()
            return
        self._outbox.append(frame)
        self._outbox_bytes += len(frame)
        self._wake()


def response_data(prediction: Prediction) -> Document:
    """The `data` of a `prediction_response`."""
    return {"model_qualified_name": prediction.model_qualified_name, "prediction": prediction.prediction}


def response_meta(prediction: Prediction) -> Document:
    """The `meta` of a `prediction_response`."""
    return {
        "model_version": prediction.model_version,
        "timing_ms": {
            "queue": _ms(prediction.queue_s),
            "predict": _ms(prediction.predict_s),
            "total": _ms(prediction.total_s),
        },
        "batch_size": prediction.batch_size,
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
