// What a call of the client can be rejected with.

/** @typedef {{path: string, message: string}} Fault one thing wrong with an input; `path` is a JSON Pointer into it */

/**
 * What the service says of a request that failed.
 *
 * @typedef {object} ErrorDocument
 * @property {"DESERIALIZATION_ERROR" | "SCHEMA_ERROR" | "ERROR"} type
 * @property {string} code one of `ERROR_CODES`, or one that this client is too old to know
 * @property {string} message
 * @property {string} [model_qualified_name]
 * @property {Fault[]} [details]
 * @property {boolean} [retryable]
 * @property {number} [retry_after_ms]
 */

/** The service answered, and the answer is an error. */
export class PredictionError extends Error {
  /** @param {ErrorDocument} document */
  constructor(document) {
    super(document.message);
    this.name = "PredictionError";
    this.type = document.type;
    this.code = document.code;
    this.details = document.details ?? [];
    this.retryable = document.retryable ?? null;
    this.retryAfterMs = document.retry_after_ms ?? null;
  }
}

/** There is no answer: the connection was not there, or went away first. */
export class ConnectionLost extends Error {
  /**
   * @param {string} message
   * @param {{sent: boolean, closeCode?: number | null}} options `sent`: whether the service may have run the request
   */
  constructor(message, { sent, closeCode = null }) {
    super(message);
    this.name = "ConnectionLost";
    this.sent = sent;
    this.closeCode = closeCode;
  }
}

/** The request is larger than the service takes, and was not sent. */
export class TooLarge extends Error {
  /**
   * @param {number} bytes
   * @param {number} maxBytes
   */
  constructor(bytes, maxBytes) {
    super(`The input is too large: the message would have ${bytes} bytes, and the service takes ${maxBytes}.`);
    this.name = "TooLarge";
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** Whoever iterates reads more slowly than values come: from here on some are missing. */
export class FellBehind extends Error {
  /** @param {number} limit */
  constructor(limit) {
    super(`More than ${limit} values were left unread.`);
    this.name = "FellBehind";
  }
}

/** The session has ended, and what it remembered is gone. */
export class SessionEnded extends Error {
  /** @param {import("./types.js").EndReason} reason */
  constructor(reason) {
    super(`The session has ended: ${reason}.`);
    this.name = "SessionEnded";
    this.reason = reason;
  }
}
