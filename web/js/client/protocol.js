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

/** @typedef {"DESERIALIZATION_ERROR" | "SCHEMA_ERROR" | "ERROR"} ErrorType What kind of error it is. */

/** @typedef {"BAD_FRAME" | "BAD_ENVELOPE" | "UNKNOWN_EVENT" | "DUPLICATE_ID" | "BODY_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "INVALID_INPUT" | "INVALID_OUTPUT" | "MODEL_NOT_FOUND" | "NOT_FOUND" | "METHOD_NOT_ALLOWED" | "MODEL_NOT_READY" | "OVERLOADED" | "RATE_LIMITED" | "DEADLINE_EXCEEDED" | "CANCELLED" | "SUPERSEDED" | "MODEL_CRASHED" | "SHUTTING_DOWN" | "UNAUTHORIZED" | "FORBIDDEN" | "INTERNAL"} ErrorCode What precisely happened. */
