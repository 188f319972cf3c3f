"""What is pushed over HTTP, for clients that cannot open a socket: subscriptions, and predictions on their way."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from tornado_ml.codecs.json import encode_json
from tornado_ml.conversation import answers
from tornado_ml.conversation.subscriptions import RETRY_AFTER_S
from tornado_ml.errors import Internal, NotFound, Overloaded, ServiceError
from tornado_ml.feeds import Subscription, Value
from tornado_ml.inference.service import Partial, Prediction, Request
from tornado_ml.protocol import events, routes
from tornado_ml.protocol.messages import error_data
from tornado_ml.server.base import DocumentHandler, Shared
from tornado_ml.server.event_stream import MEDIA_TYPE, EventStream

log = logging.getLogger(__name__)

OPEN_S = 1.0
"""How long a subscriber waits for the head of its answer while there is no value: until then a fault has a status."""


def wants_events(accept: str) -> bool:
    """Whether an `Accept` header asks for events, and not rather for JSON (RFC 9110, section 12.5.1)."""
    weights: dict[str, float] = {}
    for media_range in accept.lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
        try:
            weights.setdefault(name, float(weight))
        except ValueError:
            continue
    known = [name for name in weights if name in (MEDIA_TYPE, "application/json")]
    return bool(known) and max(known, key=weights.__getitem__) == MEDIA_TYPE and weights[MEDIA_TYPE] > 0


class EventsHandler(DocumentHandler):
    """May answer with events; whatever it does for a client ends when that is gone."""

    def initialize(self, shared: Shared) -> None:
        super().initialize(shared)
        self.task: asyncio.Task[None] | None = None

    def on_connection_close(self) -> None:
        """The client is gone: nobody waits any more."""
        super().on_connection_close()
        if self.task is not None:
            self.task.cancel()


class SubscriptionHandler(EventsHandler):
    """What a source makes a model predict."""

    async def get(self, qualified_name: str, source: str) -> None:
        self.task = asyncio.current_task()
        try:
            self.caller.require("predict", qualified_name)
            query = self.query(routes.SUBSCRIBE)
            self._look_for(qualified_name, source)
            self.shared.sockets.admit(self.caller)
            stream = EventStream(self, OPEN_S)
            buffers = query.get("policy") == "buffer"
            buffer_bytes = self.shared.settings.subscriptions.buffer_bytes if buffers else None
            listener = Listener(stream, buffer_bytes)
            max_rate_hz = float(query["max_rate_hz"]) if "max_rate_hz" in query else None
            subscription = self.shared.backend.feeds.subscribe(
                qualified_name, source, listener, max_rate_hz=max_rate_hz
            )
            listener.subscription = subscription
            with self.allowance.holding("subscriptions"), contextlib.closing(subscription):
                await stream.run()
        except ServiceError as error:
            self.answer_error(error, qualified_name)
        except asyncio.CancelledError:
            pass  # the client is gone

    def head(self, *args: str) -> None:
        qualified_name, source = args
        self.caller.require("predict", qualified_name)
        self.query(routes.SUBSCRIBE)
        self._look_for(qualified_name, source)
        self.set_header("Content-Type", MEDIA_TYPE)
        self.set_header("Cache-Control", "no-store")

    def _look_for(self, qualified_name: str, source: str) -> None:
        """Raises ModelNotFound or NotFound if there is no such model or source."""
        self.shared.manager.versions(qualified_name)
        if source not in [one.name for one in self.shared.backend.feeds.sources_of(qualified_name)]:
            raise NotFound("The model has no such source.")


class Listener:
    """Passes on to a stream what a feed gives.

    Args:
        stream: of the subscriber.
        buffer_bytes: how much may wait for the subscriber; None lets each value replace the one that waits.
    """

    subscription: Subscription

    def __init__(self, stream: EventStream, buffer_bytes: int | None) -> None:
        self._stream = stream
        self._buffer_bytes = buffer_bytes

    def deliver(self, value: Value) -> None:
        """Pass on a value."""
        data = value.encoded.get(MEDIA_TYPE)
        if data is None:
            # As orjson made it, a small value occupies 4 KiB.
            data = bytes(memoryview(encode_json(answers.response_data(value.prediction))))
            value.encoded[MEDIA_TYPE] = data
        if self._buffer_bytes is None:
            self.subscription.tally.replaced += self._stream.waiting_bytes > 0
            self._stream.replace(events.PREDICTION_RESPONSE, data)
        elif self._stream.waiting_bytes and self._stream.waiting_bytes + len(data) > self._buffer_bytes:
            self.subscription.close()
            self.ended(Overloaded("Its values were not read in time.", retry_after_s=RETRY_AFTER_S))
        else:
            self._stream.put(events.PREDICTION_RESPONSE, data)

    def ended(self, error: ServiceError) -> None:
        """There will be no more."""
        data = encode_json(answers.unsubscribed(self.subscription.name, error)["data"])
        self._stream.end(events.UNSUBSCRIBED, data, error)


async def stream_prediction(handler: EventsHandler, request: Request) -> None:
    """Answer with the partial predictions, and then the prediction or why there is none.

    Raises:
        ServiceError: there is none, and nothing has been sent.
    """
    service = handler.shared.service
    handler.shared.sockets.admit(handler.caller)
    stream = EventStream(handler)

    def on_partial(part: Partial) -> None:
        stream.put(events.PREDICTION_PARTIAL, encode_json(answers.response_data(part)), ticket.partial_taken)

    def on_answer(answer: Prediction | ServiceError) -> None:
        if isinstance(answer, Prediction):
            try:
                stream.end(events.PREDICTION_RESPONSE, encode_json(answers.response_data(answer)))
                return
            except Exception:  # what nobody foresaw is answered and logged like any other failure
                fields = {"request_id": ticket.id, "model": answer.model_qualified_name}
                log.exception("Request %s of model %s could not be answered.", *fields.values(), extra=fields)
                unforeseen = Internal()
                unforeseen.request_id = ticket.id
                answer = unforeseen
        data = encode_json(error_data(answer, request.model_qualified_name))
        stream.end(events.PREDICTION_ERROR, data, answer)

    with handler.allowance.holding("open_requests"):
        ticket = service.submit(request, handler.request.remote_ip, on_answer, on_partial)
        try:
            await stream.run()
        finally:
            ticket.forget()
