// The socket under a conversation: dialled, dialled again when it is lost, and given up when it is dead.

import { backoff } from "./backoff.js";
import { FATAL_CLOSE_CODES } from "./protocol.js";

const CONNECT_TIMEOUT_MS = 10_000;
const STEADY_MS = 5_000;
const SILENCE_MS = 20_000;
const ABNORMAL = 1006; // RFC 6455, section 7.4.1: there was no close frame

/** @typedef {import("./types.js").Socket} Socket */
/** @typedef {import("./types.js").SocketClass} SocketClass */

/**
 * What a line tells.
 *
 * @typedef {object} Listener
 * @property {() => void} opened
 * @property {(text: string) => void} received
 * @property {(code: number) => void} dropped
 * @property {() => void} silent nothing has come for a while: now is the time to ask for a sign of life
 */

export class Line {
  /** @type {Socket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} dials again, or gives up an attempt */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;
  #url;
  #subprotocols;
  #listener;
  #WebSocket;
  #attempt = 0;
  #openedAt = Infinity;
  #isOver = false;

  /**
   * @param {string} url
   * @param {string[]} subprotocols
   * @param {Listener} listener
   * @param {SocketClass} [SocketHere]
   */
  constructor(url, subprotocols, listener, SocketHere = WebSocket) {
    this.#url = url;
    this.#subprotocols = subprotocols;
    this.#listener = listener;
    this.#WebSocket = SocketHere;
  }

  /** Whether it is never dialled again. */
  get isOver() {
    return this.#isOver;
  }

  dial() {
    clearTimeout(this.#timer);
    const socket = new this.#WebSocket(this.#url, this.#subprotocols);
    this.#socket = socket;
    this.#openedAt = Infinity;
    this.#timer = setTimeout(() => this.#drop(socket, ABNORMAL), CONNECT_TIMEOUT_MS);
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#openedAt = performance.now();
      this.#listener.opened();
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      this.#listen(socket);
      this.#listener.received(data);
    });
    socket.addEventListener("close", ({ code }) => this.#drop(socket, code));
  }

  /** Dial now instead of when the wait is over. */
  retry() {
    if (this.#socket === null && !this.#isOver) this.dial();
  }

  /** @param {string} text */
  send(text) {
    this.#socket?.send(text);
  }

  /** Hang up for good. */
  close() {
    const socket = this.#socket;
    this.#isOver = true;
    this.#letGo();
    socket?.close();
  }

  /**
   * A frame has come: the attempt has succeeded, and the other side is alive.
   *
   * @param {Socket} socket
   */
  #listen(socket) {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#listener.silent();
      this.#silence = setTimeout(() => this.#drop(socket, ABNORMAL), SILENCE_MS);
    }, SILENCE_MS);
  }

  /**
   * @param {Socket} socket
   * @param {number} code
   */
  #drop(socket, code) {
    if (socket !== this.#socket) return;
    this.#letGo();
    socket.close(); // to no effect where it is closed already
    this.#isOver = FATAL_CLOSE_CODES.includes(code);
    // A service that takes connections only to drop them is not dialled any faster than one that is not there.
    if (performance.now() - this.#openedAt > STEADY_MS) this.#attempt = 0;
    if (!this.#isOver) this.#timer = setTimeout(() => this.dial(), backoff(this.#attempt++));
    this.#listener.dropped(code);
  }

  #letGo() {
    this.#socket = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
  }
}
