"""One client's conversation: what it asked, what is open, what waits to be sent. No I/O.

A transport hands over frames with `receive`, takes what `take` gives, and is told of the rest by callbacks.
"""

from __future__ import annotations

import functools
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tornado_ml.codecs.json import JSONCodec
from tornado_ml.errors import (
    BadFrame,
    Cancelled,
    DuplicateId,
    Internal,
    Overloaded,
    ServiceError,
    Superseded,
)
from tornado_ml.inference.service import InferenceService, Prediction, Request, Ticket
from tornado_ml.protocol import events, messages
from tornado_ml.protocol.messages import ClientMessage, RequestId
from tornado_ml.protocol.payloads import Document

log = logging.getLogger(__name__)

_CODEC = JSONCodec()

_connection_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may take. They are settings; `settings.toml` describes them."""

    max_open_requests: int
    max_json_depth: int
    outbox_bytes: int


class OpenRequest:
    """A request that is not yet answered."""

    __slots__ = ("id", "model", "ticket")

    ticket: Ticket

    def __init__(self, id: RequestId | None, model: str) -> None:
        self.id = id
        self.model = model


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
        self._open: set[OpenRequest] = set()
        self._by_id: dict[RequestId, OpenRequest] = {}
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._usual_s = 0.1  # how long a request takes: a guess until the first answers
        self._is_closed = False

    @property
    def open_count(self) -> int:
        """How many requests are not yet answered."""
        return len(self._open)

    @property
    def outgoing_bytes(self) -> int:
        """How much there is to `take`."""
        return self._outbox_bytes

    def receive(self, frame: str | bytes) -> None:
        """Take a frame from the client. Returns at once; the answer comes through the outbox."""
        if self._is_closed:
            return
        id: RequestId | None = None
        name: str | None = None
        try:
            document = _CODEC.parse(frame)
            if not isinstance(document, dict):
                raise BadFrame
            id = messages.readable_id(document)
            _CODEC.check_depth(frame, document, self._limits.max_json_depth)
            message = messages.parse(document)
            if message.event is events.PREDICTION_CANCEL:
                self._drop(message.id, Cancelled)
                return
            name = message.data["model_qualified_name"]
            self._start(message, name)
        except ServiceError as error:
            self._put(self._error_frame(id, name, error))

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
        self._put(_CODEC.encode(messages.server_message(events.GOAWAY, data)))

    def close(self) -> None:
        """The client is gone or given up: stop all it asked for, send nothing more."""
        self._is_closed = True
        self._outbox.clear()
        self._outbox_bytes = 0
        for request in self._open:
            request.ticket.forget()
        self._open.clear()
        self._by_id.clear()

    def _start(self, message: ClientMessage, name: str) -> None:
        id, meta = message.id, message.meta
        if id is not None and id in self._by_id:
            raise DuplicateId
        if "replaces" in meta:
            self._drop(meta["replaces"], Superseded)
        if len(self._open) >= self._limits.max_open_requests:
            raise Overloaded(retry_after_s=self._usual_s / len(self._open))
        deadline_ms = meta.get("deadline_ms")
        asked = Request(
            name,
            message.data["input_data"],
            meta.get("model_version"),
            None if deadline_ms is None else deadline_ms / 1000,
        )
        request = OpenRequest(id, name)
        request.ticket = self._service.submit(asked, self, functools.partial(self._answer, request))
        self._open.add(request)
        if id is not None:
            self._by_id[id] = request

    def _drop(self, id: RequestId | None, dropped_as: type[Cancelled | Superseded]) -> None:
        """Ask for no answer to an open request any more; one that names none is ignored."""
        request = self._by_id.get(id) if id is not None else None
        if request is not None:
            request.ticket.drop(dropped_as)

    def _answer(self, request: OpenRequest, answer: Prediction | ServiceError) -> None:
        # The id is free again before the client can see the answer.
        self._open.discard(request)
        if request.id is not None:
            self._by_id.pop(request.id, None)
        if isinstance(answer, Prediction):
            self._usual_s += (answer.total_s - self._usual_s) / 8
            self._put(self._response_frame(request, answer))
        else:
            self._put(self._error_frame(request.id, request.model, answer))

    def _response_frame(self, request: OpenRequest, prediction: Prediction) -> bytes:
        message = messages.server_message(
            events.PREDICTION_RESPONSE, response_data(prediction), id=request.id, meta=response_meta(prediction)
        )
        try:
            return _CODEC.encode(message)
        # What nobody foresaw is answered and logged like any other failure.
        except Exception:
            log.exception("Request %s of model %s could not be answered.", request.ticket.id, request.model)
            unforeseen = Internal()
            unforeseen.request_id = request.ticket.id
            return self._error_frame(request.id, request.model, unforeseen)

    def _error_frame(self, id: RequestId | None, name: str | None, error: ServiceError) -> bytes:
        meta: Document = {}
        if error.request_id is not None:
            meta["request_id"] = error.request_id
        if isinstance(error, Cancelled):
            meta["outcome"] = error.outcome
        return _CODEC.encode(
            messages.server_message(events.PREDICTION_ERROR, messages.error_data(error, name), id=id, meta=meta)
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
        if self._outbox and self._outbox[-1] is frame:
            # It has to wait. As orjson made it, a small one occupies 4 KiB: the buffer that it was written in.
            self._outbox[-1] = bytes(memoryview(frame))


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
    return int(seconds * 1_000_000 + 0.5) / 1000  # a third of what round(…, 3) takes
