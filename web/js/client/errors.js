// What a call of the client can be rejected with.

/** @typedef {import("./protocol.js").ErrorCode} ErrorCode */
/** @typedef {import("./protocol.js").ErrorType} ErrorType */
/** @typedef {{path: string, message: string}} Fault one thing wrong with an input; `path` is a JSON Pointer into it */

/**
 * What the service says of a request that failed.
 *
 * @typedef {object} ErrorDocument
 * @property {ErrorType} type
 * @property {ErrorCode | (string & {})} code one of those that are known, or one that this client is too old to know
 * @property {string} message for people
 * @property {string} [model_qualified_name]
 * @property {Fault[]} [details]
 * @property {boolean} [retryable]
 * @property {number} [retry_after_ms]
 */

/** The service answered, and the answer is an error: `code` says precisely which. */
export class PredictionError extends Error {
  /** @param {ErrorDocument} document */
  constructor(document) {
    super(document.message);
    this.name = "PredictionError";
    /** One of three kinds, for who wants to know no more. */
    this.type = document.type;
    /** What precisely happened. */
    this.code = document.code;
    /** What is wrong with the input, and where in it; for `INVALID_INPUT`. */
    this.details = document.details ?? [];
    /** Whether the same may succeed later; null where that is not known. */
    this.retryable = document.retryable ?? null;
    /** When to try again; null where that is not known. */
    this.retryAfterMs = document.retry_after_ms ?? null;
  }
}

/** There is no answer: the connection was not there, or went away first. */
export class ConnectionLost extends Error {
  /**
   * @param {string} message
   * @param {{sent: boolean, closeCode?: number | null}} options
   */
  constructor(message, { sent, closeCode = null }) {
    super(message);
    this.name = "ConnectionLost";
    /** Whether the service may have run the request. */
    this.sent = sent;
    /** With which the connection was closed; null where it was not closed in good order. */
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
  /** @param {number} limit in characters */
  constructor(limit) {
    super(`More was left unread than is kept: ${limit} characters.`);
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
