// A conversation with the service over its socket. Knows no DOM; runs wherever there is a WebSocket.

import { CLOSE_CODES, EVENTS, SUBPROTOCOL_JSON } from "../protocol.js";
import { backoff } from "./backoff.js";
import { ConnectionLost, PredictionError, TooLarge } from "./errors.js";

export { ConnectionLost, PredictionError, TooLarge };

const CONNECT_TIMEOUT_MS = 10_000;
const STEADY_MS = 5_000;

/**
 * `connecting` until the first attempt ends; then `open`, or `away` while it dials again by itself; `closed` once `close` was called.
 *
 * @typedef {"connecting" | "open" | "away" | "closed"} ConnectionState
 */

/**
 * @typedef {object} Answer
 * @property {string} model_qualified_name
 * @property {unknown} prediction
 * @property {{model_version?: string, timing_ms?: {queue?: number, predict?: number, total?: number},
 *   batch_size?: number}} meta
 */

/** @typedef {{resolve: (answer: Answer) => void, reject: (error: Error) => void}} OpenRequest */

/**
 * Dial at once, and again whenever the connection is lost.
 *
 * @param {string | URL} url `ws://…/ws`
 * @returns {Client}
 */
export function connect(url) {
  return new Client(url);
}

/** Dispatches `statechange` whenever `state` changes. */
export class Client extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ConnectionState} */
  #state = "connecting";
  /** @type {Map<string, OpenRequest>} */
  #requests = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #url;
  #attempt = 0;
  #requestCount = 0;

  /** @param {string | URL} url */
  constructor(url) {
    super();
    this.#url = String(url);
    this.#dial();
  }

  get state() {
    return this.#state;
  }

  /**
   * Ask a model for a prediction. Waits for a first connection that is still being made, never for a lost one.
   *
   * @param {string} model its qualified name
   * @param {unknown} input JSON data that fits the model's input schema
   * @param {{maxBytes?: number}} [options] `maxBytes`: the service's `max_message_bytes`. It hangs up on a larger message,
   *   so that one had better not be sent
   * @returns {Promise<Answer>} rejected with a `PredictionError`, `ConnectionLost` or `TooLarge`; settled in any case
   */
  async predict(model, input, { maxBytes = Infinity } = {}) {
    if (this.#state === "connecting") await this.#stateChange();
    const socket = this.#socket;
    if (this.#state !== "open" || socket === null) {
      throw new ConnectionLost("There is no connection to the service.", { sent: false });
    }
    const id = String(++this.#requestCount);
    const data = { model_qualified_name: model, input_data: input };
    const text = JSON.stringify({ event: EVENTS.PREDICTION_REQUEST, id, data });
    const { length: bytes } = new TextEncoder().encode(text);
    if (bytes > maxBytes) throw new TooLarge(bytes, maxBytes);
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { resolve, reject });
      socket.send(text);
    });
  }

  /** Dial now instead of when the wait is over. */
  retry() {
    if (this.#state === "away" && this.#socket === null) this.#dial();
  }

  /** Hang up for good. */
  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#lose(null);
    this.#become("closed");
  }

  #dial() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url, [SUBPROTOCOL_JSON]);
    this.#socket = socket;
    this.#timer = setTimeout(() => socket.close(), CONNECT_TIMEOUT_MS);
    let openedAt = Infinity;
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#timer);
      openedAt = performance.now();
      this.#become("open");
    });
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)));
    socket.addEventListener("close", ({ code }) => {
      if (socket === this.#socket) this.#hungUp(code, performance.now() - openedAt);
    });
  }

  /**
   * @param {number} code
   * @param {number} openMs how long the connection was open; negative when it never was
   */
  #hungUp(code, openMs) {
    this.#socket = null;
    clearTimeout(this.#timer);
    this.#lose(code);
    // A service that takes connections only to drop them is not dialled any faster than one that is not there.
    if (openMs > STEADY_MS) this.#attempt = 0;
    this.#timer = setTimeout(() => this.#dial(), backoff(this.#attempt++));
    this.#become("away");
  }

  /** @param {{event: string, id?: string, data: any, meta?: Answer["meta"]}} message */
  #receive({ event, id, data, meta = {} }) {
    if (event === EVENTS.PREDICTION_RESPONSE) this.#settle(id)?.resolve({ ...data, meta });
    else if (event === EVENTS.PREDICTION_ERROR && id !== undefined) this.#settle(id)?.reject(new PredictionError(data));
    // Every request has an id, so an error without one means that a frame could not even be read that far, and not
    // which. That no promise is left hanging matters more than that only the right one fails.
    else if (event === EVENTS.PREDICTION_ERROR) this.#rejectAll(() => new PredictionError(data));
  }

  /** @param {string | undefined} id */
  #settle(id) {
    const request = this.#requests.get(String(id));
    this.#requests.delete(String(id));
    return request;
  }

  /** @param {number | null} closeCode */
  #lose(closeCode) {
    const message =
      closeCode === CLOSE_CODES.MESSAGE_TOO_BIG
        ? "The input is larger than the service takes."
        : "The connection was lost before the answer came.";
    this.#rejectAll(() => new ConnectionLost(message, { sent: true, closeCode }));
  }

  /** @param {() => Error} makeError */
  #rejectAll(makeError) {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests) request.reject(makeError());
  }

  /** @param {ConnectionState} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event("statechange"));
  }

  /** @returns {Promise<void>} */
  #stateChange() {
    return new Promise((resolve) => this.addEventListener("statechange", () => resolve(), { once: true }));
  }
}
