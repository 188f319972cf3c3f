// What goes on between a client and the service, whichever socket carries it. No I/O: it is told what arrives, and says
// what to send.

import { CLOSE_CODES, EVENTS } from "./protocol.js";
import { ConnectionLost, PredictionError, TooLarge } from "./errors.js";
import { byteLength, encode } from "./frames.js";
import { Ledger } from "./ledger.js";
import { Subscriptions } from "./subscriptions.js";

/** @typedef {import("./frames.js").Id} Id */
/** @typedef {import("./frames.js").Message} Message */
/** @typedef {{max_message_bytes: number, grace_ms: number}} Limits as far as this client uses them */

/**
 * Something that is answered. One of `answer` and `fail` is called, once.
 *
 * @typedef {object} Ask
 * @property {string} event
 * @property {object} data
 * @property {object} [meta]
 * @property {boolean} [isStanding] it waits for a connection however many others do
 * @property {Id} [replaces] what nobody waits for any more once this is asked
 * @property {(message: Message) => void} answer
 * @property {(error: Error) => void} fail
 * @property {(message: Message) => void} [partial]
 */

/** @typedef {Ask & {text: string, number: number}} Call with its frame, and the number of that once it is sent */

const HELLO_ID = "hello";
const MOST_WAITING = 256;

/**
 * What cannot be resumed: the service has stopped, or does not want what it was sent.
 *
 * @type {ReadonlySet<number>}
 */
const ENDING = new Set([CLOSE_CODES.GOING_AWAY, CLOSE_CODES.PROTOCOL_ERROR, CLOSE_CODES.MESSAGE_TOO_BIG]);

const ignore = () => {};

export class Conversation {
  /** @type {"offline" | "greeting" | "open"} */
  #phase = "offline";
  #ledger = new Ledger();
  /** @type {Map<Id, Call>} not sent yet */
  #waiting = new Map();
  /** @type {Map<Id, Call>} sent, and not answered yet */
  #open = new Map();
  /** @type {Map<string, (reason: string) => void>} whom to tell that a session has ended */
  #sessions = new Map();
  #callCount = 0;
  #send;
  #onWelcome;
  subscriptions;
  /** @type {Limits | null} */
  limits = null;
  /** The service will close the connection: what is asked now waits for the next one. */
  isLeaving = false;

  /**
   * @param {object} wire
   * @param {(text: string) => void} wire.send called only between `opened` and `dropped`
   * @param {(ms: number, act: () => void) => void} wire.later
   * @param {() => void} [wire.onWelcome] called when what is asked is sent at once from now on
   */
  constructor({ send, later, onWelcome = ignore }) {
    this.#send = send;
    this.#onWelcome = onWelcome;
    this.subscriptions = new Subscriptions({
      ask: (ask) => this.ask(ask),
      tell: (event, data) => this.tell(event, data),
      later,
    });
  }

  /** A socket has opened. */
  opened() {
    this.#phase = "greeting";
    this.isLeaving = false;
    this.#send(encode(EVENTS.HELLO, this.#ledger.hello, { id: HELLO_ID }));
  }

  /**
   * The socket has closed.
   *
   * @param {number} code
   */
  dropped(code) {
    this.#phase = "offline";
    if (!this.#ledger.isResumable || ENDING.has(code)) this.#lose(code);
  }

  /** It has been away for too long to be resumed. */
  expired() {
    if (this.#phase === "offline") this.#lose(null);
  }

  /** @param {Error} error why there will be no other socket */
  end(error) {
    this.#phase = "offline";
    this.subscriptions.end(error);
    this.#lose(null);
    this.#failAll(this.#waiting, error);
  }

  /**
   * @param {Ask} ask
   * @returns {Id}
   */
  ask(ask) {
    const id = String(++this.#callCount);
    const { event, data, isStanding = false, replaces } = ask;
    const isUnsent = replaces !== undefined && this.#supersede(replaces);
    const meta = { ...ask.meta, replaces: isUnsent ? undefined : replaces };
    if (!isStanding && this.#waiting.size >= MOST_WAITING) {
      throw new ConnectionLost("There is no connection to the service, and too much waits for one.", { sent: false });
    }
    this.#waiting.set(id, { ...ask, text: encode(event, data, { id, meta }), number: 0 });
    this.#flush();
    return id;
  }

  /**
   * Nobody waits for the answer any more.
   *
   * @param {Id} id
   * @param {(message: Message) => void} [answer] called with it all the same, if it has been sent
   */
  withdraw(id, answer = ignore) {
    this.#waiting.delete(id);
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#open.set(id, { ...call, answer, fail: ignore, partial: undefined });
    if (call.event === EVENTS.PREDICTION_REQUEST) this.tell(EVENTS.PREDICTION_CANCEL, {}, id);
  }

  /**
   * @param {Id} id
   * @returns {boolean} whether it had not been sent, so that the service need not know
   */
  #supersede(id) {
    const call = this.#waiting.get(id);
    const message = "A later request has replaced this one.";
    this.#waiting.delete(id);
    call?.fail(new PredictionError({ type: "ERROR", code: "SUPERSEDED", message }));
    return call !== undefined;
  }

  /**
   * Say what only matters to the connection as it is: once that is lost, there is nothing to say.
   *
   * @param {string} event
   * @param {object} data
   * @param {Id} [id]
   */
  tell(event, data, id) {
    if (this.#phase === "open" || this.#ledger.isResumable) this.#write(encode(event, data, { id }));
  }

  /** Ask for a sign of life. */
  ping() {
    if (this.#phase === "open") this.ask({ event: EVENTS.PING, data: {}, answer: ignore, fail: ignore });
  }

  /**
   * @param {string} session
   * @param {(reason: string) => void} onEnd called once
   */
  watchSession(session, onEnd) {
    this.#sessions.set(session, onEnd);
  }

  /** @param {Message} message */
  receive(message) {
    if (message.event === EVENTS.WELCOME) this.#welcome(message.data);
    else if (message.id === HELLO_ID) this.#unwelcome();
    else if (!this.#ledger.arrived(message.seq)) return;
    else if (message.id !== undefined) this.#answer(message.id, message);
    else this.#heed(message);
  }

  /** @param {import("./ledger.js").Welcome & {limits: Limits}} data */
  #welcome(data) {
    if (!data.resumed) this.#lose(null);
    this.limits = data.limits;
    for (const text of this.#ledger.welcome(data)) this.#send(text);
    this.#begin();
  }

  /** The service does not let this connection be resumed. It serves all the same. */
  #unwelcome() {
    this.#lose(null);
    this.#begin();
  }

  #begin() {
    this.#phase = "open";
    this.#onWelcome();
    this.#flush();
  }

  /**
   * @param {Id} id
   * @param {Message} message
   */
  #answer(id, message) {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#ledger.acknowledge(call.number);
    if (message.event === EVENTS.PREDICTION_PARTIAL) {
      call.partial?.(message);
      return;
    }
    this.#open.delete(id);
    if (message.event === EVENTS.SESSION_CLOSED) this.#sessionEnded(message.data);
    if (message.event === EVENTS.PREDICTION_ERROR) call.fail(new PredictionError(message.data));
    else call.answer(message);
  }

  /** @param {Message} message that answers nothing */
  #heed(message) {
    const { event, data, meta = {} } = message;
    if (event === EVENTS.GOAWAY) this.isLeaving = true;
    else if (event === EVENTS.SESSION_CLOSED) this.#sessionEnded(data);
    else if (event === EVENTS.UNSUBSCRIBED) this.subscriptions.ended(data);
    else if (meta.subscription !== undefined) this.subscriptions.deliver(meta.subscription, message);
    // Every call has an id, so an error without one means that a frame could not even be read that far, and not which.
    // That no promise is left hanging matters more than that only the right one fails.
    else if (event === EVENTS.PREDICTION_ERROR) this.#failAll(this.#open, new PredictionError(data));
  }

  /** @param {{session: string, reason: string}} data */
  #sessionEnded({ session, reason }) {
    const onEnd = this.#sessions.get(session);
    this.#sessions.delete(session);
    onEnd?.(reason);
  }

  /** Send what waits. */
  #flush() {
    for (const [id, call] of this.#waiting) {
      if (this.#phase !== "open" || this.isLeaving) return;
      this.#waiting.delete(id);
      const bytes = byteLength(call.text);
      const most = this.limits?.max_message_bytes ?? Infinity;
      if (bytes > most) call.fail(new TooLarge(bytes, most));
      else {
        this.#open.set(id, call);
        call.number = this.#write(call.text);
      }
    }
  }

  /** @param {string} text */
  #write(text) {
    const number = this.#ledger.write(text);
    if (this.#phase === "open") this.#send(text);
    return number;
  }

  /** @param {number | null} closeCode why what was sent is answered no more */
  #lose(closeCode) {
    this.#ledger.forget();
    const message =
      closeCode === CLOSE_CODES.MESSAGE_TOO_BIG
        ? "The input is larger than the service takes."
        : "The connection was lost before the answer came.";
    for (const onEnd of [...this.#sessions.values()]) onEnd("connection_lost");
    this.#sessions.clear();
    this.#failAll(this.#open, new ConnectionLost(message, { sent: true, closeCode }));
    this.subscriptions.reset();
  }

  /**
   * @param {Map<Id, Call>} calls
   * @param {Error} error
   */
  #failAll(calls, error) {
    const failed = [...calls.values()];
    calls.clear();
    for (const call of failed) call.fail(error);
  }
}
