// Made by `make docs` from the declarations in tornado_ml/protocol. Do not edit.

/** The socket's subprotocol for JSON text frames. */
export const SUBPROTOCOL_JSON = "tornado-ml.v1.json";

/** The names of the events. */
export const EVENTS = Object.freeze({
  "PREDICTION_REQUEST": "prediction_request",
  "PREDICTION_CANCEL": "prediction_cancel",
  "PREDICTION_RESPONSE": "prediction_response",
  "PREDICTION_PARTIAL": "prediction_partial",
  "PREDICTION_ERROR": "prediction_error",
  "SUBSCRIBE": "subscribe",
  "SUBSCRIBED": "subscribed",
  "UNSUBSCRIBE": "unsubscribe",
  "UNSUBSCRIBED": "unsubscribed",
  "MODEL_STATE": "model_state",
  "SESSION_OPEN": "session_open",
  "SESSION_OPENED": "session_opened",
  "SESSION_CLOSE": "session_close",
  "SESSION_CLOSED": "session_closed",
  "HELLO": "hello",
  "WELCOME": "welcome",
  "PING": "ping",
  "PONG": "pong",
  "GOAWAY": "goaway"
});

/** What each error code says. */
export const ERROR_CODES = Object.freeze({
  "BAD_FRAME": {
    "type": "DESERIALIZATION_ERROR",
    "when": "not JSON or MessagePack, not an object, NaN or Infinity, deeper than `max_json_depth`",
    "http": 400
  },
  "BAD_ENVELOPE": {
    "type": "DESERIALIZATION_ERROR",
    "when": "a key missing, unknown, or of the wrong type",
    "http": 400
  },
  "UNKNOWN_EVENT": {
    "type": "DESERIALIZATION_ERROR",
    "when": "no such event",
    "http": 400
  },
  "DUPLICATE_ID": {
    "type": "DESERIALIZATION_ERROR",
    "when": "the id is in use by an open request of this connection",
    "http": 409
  },
  "BODY_TOO_LARGE": {
    "type": "DESERIALIZATION_ERROR",
    "when": "REST only: the body is over `max_message_bytes`",
    "http": 413
  },
  "UNSUPPORTED_MEDIA_TYPE": {
    "type": "DESERIALIZATION_ERROR",
    "when": "REST only: the body is declared as something other than JSON",
    "http": 415
  },
  "INVALID_INPUT": {
    "type": "SCHEMA_ERROR",
    "when": "`input_data` does not fit the model's input schema, or the model raised `MLModelSchemaValidationException`; `details` has one `{path, message}` per fault",
    "http": 422
  },
  "INVALID_OUTPUT": {
    "type": "SCHEMA_ERROR",
    "when": "the model's prediction does not fit its own output schema, or cannot be encoded",
    "http": 500
  },
  "MODEL_NOT_FOUND": {
    "type": "ERROR",
    "when": "no such model, or no such version",
    "http": 404
  },
  "NOT_FOUND": {
    "type": "ERROR",
    "when": "no such path, session, source or subscription",
    "http": 404
  },
  "METHOD_NOT_ALLOWED": {
    "type": "ERROR",
    "when": "the path does not take this method; the `Allow` header lists those it takes",
    "http": 405
  },
  "MODEL_NOT_READY": {
    "type": "ERROR",
    "when": "the model is loading, failed to load, or is being unloaded",
    "http": 503
  },
  "OVERLOADED": {
    "type": "ERROR",
    "when": "the model's queue, or this connection's share, is full; with `retry_after_ms`",
    "http": 503
  },
  "DEADLINE_EXCEEDED": {
    "type": "ERROR",
    "when": "`meta.deadline_ms` or the model's `timeout_s` ran out",
    "http": 504
  },
  "CANCELLED": {
    "type": "ERROR",
    "when": "the client cancelled; `meta.outcome` is `skipped` (never started), `stopped` (its worker was stopped), or `finished` (it ran to its end and the result was dropped)",
    "http": 499
  },
  "SUPERSEDED": {
    "type": "ERROR",
    "when": "a later request of this connection replaced it",
    "http": 409
  },
  "MODEL_CRASHED": {
    "type": "ERROR",
    "when": "the model's worker died while it ran the request; `retryable` is false for an input that is refused because it has killed workers before, and in a session, which is over then",
    "http": 500
  },
  "SHUTTING_DOWN": {
    "type": "ERROR",
    "when": "new work after `goaway`, or cut off by `drain_s`",
    "http": 503
  },
  "FORBIDDEN": {
    "type": "ERROR",
    "when": "a refused Host or Origin",
    "http": 403
  },
  "INTERNAL": {
    "type": "ERROR",
    "when": "anything else; the cause is in the log under the request id, never in the answer",
    "http": 500
  }
});

/** Why the service closes a socket. */
export const CLOSE_CODES = Object.freeze({
  "NORMAL": 1000,
  "GOING_AWAY": 1001,
  "PROTOCOL_ERROR": 1002,
  "POLICY_VIOLATION": 1008,
  "MESSAGE_TOO_BIG": 1009,
  "TRY_AGAIN_LATER": 1013,
  "TAKEN_OVER": 4001
});

/** Those after which a client does not connect again by itself. */
export const FATAL_CLOSE_CODES = Object.freeze([
  1008,
  4001
]);
