"""Every metric of the service, as data: what counts refers to these, and so does the reference.

The values of a label are bounded: none is what a client chose. A model that is not there has the name `""`.
Names follow https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MODEL = ("model", "version")

SECONDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
"""Of a model in the event loop to one that runs into its `timeout_s`."""


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric.

    Attributes:
        help: what is told of it, there and in the reference.
        buckets: the upper bounds of a histogram's buckets; the last, infinity, goes without saying.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


REQUESTS = Metric(
    "tornado_ml_requests_total",
    "counter",
    "Predictions asked for, by what became of them: OK, or the code of the error. Without a model where the request"
    " named none that could be asked.",
    (*MODEL, "outcome"),
)
REQUEST_SECONDS = Metric(
    "tornado_ml_request_duration_seconds",
    "histogram",
    "How long a prediction took in all, from the frame or body that asked for it to its answer.",
    MODEL,
    SECONDS,
)
QUEUE_SECONDS = Metric(
    "tornado_ml_request_queue_seconds", "histogram", "How long a prediction waited for a worker.", MODEL, SECONDS
)
PREDICT_SECONDS = Metric(
    "tornado_ml_request_predict_seconds", "histogram", "How long the model took for a prediction.", MODEL, SECONDS
)
BATCH_SIZE = Metric(
    "tornado_ml_request_batch_size",
    "histogram",
    "With how many, itself included, a prediction was made in one call of the model.",
    MODEL,
    (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)
PARTIALS = Metric(
    "tornado_ml_partials_total", "counter", "Partial predictions that came before the answer of a stream.", MODEL
)
QUEUED = Metric("tornado_ml_queued_requests", "gauge", "Requests that wait for a worker.", MODEL)
RUNNING = Metric("tornado_ml_running_requests", "gauge", "Requests that a worker is at.", MODEL)
MAX_QUEUED = Metric("tornado_ml_max_queued_requests", "gauge", "How many requests may wait: max_queue.", MODEL)
OPEN = Metric("tornado_ml_open_requests", "gauge", "Requests whose answer somebody waits for.")
SESSIONS = Metric("tornado_ml_sessions", "gauge", "Sessions that a worker holds, opens or closes.", MODEL)

MODEL_STATE = Metric(
    "tornado_ml_model_state", "gauge", "1 for the state that a model is in, 0 for each other.", (*MODEL, "state")
)
PLUGIN_STATE = Metric(
    "tornado_ml_plugin_state",
    "gauge",
    "1 for the state that a plugin is in, 0 for each other.",
    ("plugin", "state"),
)
READY = Metric("tornado_ml_ready", "gauge", "1 while /health/ready answers 200.")

WORKERS = Metric(
    "tornado_ml_workers", "gauge", "Worker processes that are alive, those that still load included.", MODEL
)
WORKER_MEMORY = Metric(
    "tornado_ml_worker_resident_memory_bytes",
    "gauge",
    "Resident memory of a worker process. The service's own is process_resident_memory_bytes.",
    (*MODEL, "worker"),
)
WORKER_RESTARTS = Metric(
    "tornado_ml_worker_restarts_total",
    "counter",
    "Workers that were lost and had to be replaced: crashed (it died), stopped (it went on with what nobody waited"
    " for), memory (it held or wanted too much), load (its replacement did not come up).",
    ("model", "reason"),
)

CONNECTIONS = Metric(
    "tornado_ml_connections",
    "gauge",
    "Open connections: websocket, socketio, sse (server-sent events).",
    ("transport",),
)
MAX_CONNECTIONS = Metric("tornado_ml_max_connections", "gauge", "How many connections there may be: max_connections.")
CONNECTIONS_OPENED = Metric(
    "tornado_ml_connections_opened_total", "counter", "Connections that were opened.", ("transport",)
)
CONNECTIONS_CLOSED = Metric(
    "tornado_ml_connections_closed_total",
    "counter",
    "Connections that were closed, by the code that was said first; 1005 where a client said none, 1006 where nobody"
    " said anything, other for codes of a client's own.",
    ("transport", "code"),
)
ERRORS = Metric(
    "tornado_ml_errors_total",
    "counter",
    "Answers that were errors, by code: to a frame, to a handshake that would have opened a socket, or to any other"
    " HTTP request. And connections that were turned away (accept), because the process may have no more files open"
    " (NO_FILES), or cut, because their request came or their answer was read too slowly (TOO_SLOW).",
    ("to", "code"),
)
LIMITED = Metric(
    "tornado_ml_limited_total",
    "counter",
    "What was refused with RATE_LIMITED, by whose limit that was (connection, token, address) and of what.",
    ("holder", "limit"),
)
HTTP_RESPONSES = Metric("tornado_ml_http_responses_total", "counter", "HTTP answers, by status.", ("status",))
RESUMES = Metric(
    "tornado_ml_resumes_total",
    "counter",
    "Connections that wanted to go on where another one dropped: resumed, or gone where that was no longer possible.",
    ("outcome",),
)
WAITING = Metric(
    "tornado_ml_conversations_waiting", "gauge", "Conversations without a connection that can still be resumed."
)

RECEIVED_FRAMES = Metric("tornado_ml_received_frames_total", "counter", "Frames from clients of sockets.")
RECEIVED_BYTES = Metric("tornado_ml_received_bytes_total", "counter", "Bytes in these frames.")
SENT_FRAMES = Metric("tornado_ml_sent_frames_total", "counter", "Frames to clients of sockets, and server-sent events.")
SENT_BYTES = Metric("tornado_ml_sent_bytes_total", "counter", "Bytes in these frames and events.")

SUBSCRIPTIONS = Metric("tornado_ml_subscriptions", "gauge", "Subscribers of a source.", ("model", "source"))
FEED_VALUES = Metric(
    "tornado_ml_feed_values_total", "counter", "Predictions of the inputs of a source.", ("model", "source")
)
FEED_DELIVERED = Metric(
    "tornado_ml_feed_delivered_total",
    "counter",
    "Values that were handed to a subscriber: each value as often as there are subscribers.",
    ("model", "source"),
)
FEED_DROPPED = Metric(
    "tornado_ml_feed_dropped_total",
    "counter",
    "What never reached a subscriber: input (the source was faster than its model), rate (it wanted fewer),"
    " replaced (a newer value came before it had read).",
    ("model", "source", "reason"),
)

OBSERVATIONS_DROPPED = Metric(
    "tornado_ml_observations_dropped_total",
    "counter",
    "Requests that an observer missed because it was too slow.",
    ("observer",),
)

LOOP_LAG = Metric(
    "tornado_ml_event_loop_lag_seconds",
    "histogram",
    "How much later than asked for the event loop woke a task that sleeps a quarter of a second at a time.",
    (),
    (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
BUILD = Metric("tornado_ml_build_info", "gauge", "1; its labels say what runs.", ("version", "python", "tornado"))

METRICS = tuple(value for value in list(globals().values()) if isinstance(value, Metric))
