// What a page or a program imports. Knows no DOM; runs wherever there is a WebSocket.

import { Client } from "./client.js";
import { ConnectionLost, FellBehind, PredictionError, SessionEnded, TooLarge } from "./errors.js";
import { Session } from "./session.js";
import { PredictionStream } from "./stream.js";

export { Client, ConnectionLost, FellBehind, PredictionError, PredictionStream, Session, SessionEnded, TooLarge };

/** @typedef {import("./errors.js").Fault} Fault */
/** @typedef {import("./protocol.js").ErrorCode} ErrorCode */
/** @typedef {import("./protocol.js").ErrorType} ErrorType */
/** @typedef {import("./types.js").ConnectionState} ConnectionState */
/** @typedef {import("./types.js").ConnectOptions} ConnectOptions */
/** @typedef {import("./types.js").EndReason} EndReason */
/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").PredictOptions} PredictOptions */
/** @typedef {import("./types.js").RequestOptions} RequestOptions */
/** @typedef {import("./types.js").SessionOptions} SessionOptions */
/** @typedef {import("./types.js").SocketClass} SocketClass */
/** @typedef {import("./types.js").SubscribeOptions} SubscribeOptions */
/** @template [T=unknown] @typedef {import("./types.js").Answer<T>} Answer */
/** @template [T=unknown] @typedef {import("./types.js").Partial<T>} Partial */
/** @template T @typedef {import("./types.js").Values<T>} Values */

/**
 * Dial at once, and again whenever the connection is lost.
 *
 * @param {string | URL} url of the service, `https://…/`, or of its socket, `wss://…/ws`
 * @param {ConnectOptions} [options]
 * @returns {Client}
 */
export function connect(url, options) {
  return new Client(url, options);
}
