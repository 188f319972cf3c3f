// What goes on between a client and the service, whichever socket carries it. No I/O: it is told what arrives, and says
// what to send.

import { Calls } from "./calls.js";
import { ConnectionLost, PredictionError } from "./errors.js";
import { encode } from "./frames.js";
import { Ledger } from "./ledger.js";
import { CLOSE_CODES, EVENTS } from "./protocol.js";
import { Subscriptions } from "./subscriptions.js";

/** @typedef {import("./calls.js").Ask} Ask */
/** @typedef {import("./calls.js").Limits} Limits */
/** @typedef {import("./frames.js").Id} Id */
/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./types.js").EndReason} EndReason */

const HELLO_ID = "hello";

/**
 * What cannot be resumed: the service has stopped, or does not want what it was sent.
 *
 * @type {ReadonlySet<number>}
 */
const ENDING = new Set([CLOSE_CODES.GOING_AWAY, CLOSE_CODES.PROTOCOL_ERROR, CLOSE_CODES.MESSAGE_TOO_BIG]);

export class Conversation {
  /** @type {"offline" | "greeting" | "open"} */
  #phase = "offline";
  #isLate = false;
  #ledger = new Ledger();
  /** @type {Map<string, (reason: EndReason) => void>} whom to tell that a session has ended */
  #sessions = new Map();
  #calls;
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
  constructor({ send, later, onWelcome = () => {} }) {
    this.#send = send;
    this.#onWelcome = onWelcome;
    this.#calls = new Calls({ write: (text) => this.#write(text), later });
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
    if (!this.#ledger.isResumable || this.#isLate || ENDING.has(code)) this.#lose(code);
  }

  /** It has been away for too long to be resumed, unless the service is just about to say otherwise. */
  expired() {
    this.#isLate = this.#phase === "greeting";
    if (this.#phase === "offline") this.#lose(null);
  }

  /** @param {Error} error why there will be no other socket */
  end(error) {
    this.#phase = "offline";
    this.subscriptions.end(error);
    this.#forget();
    this.#calls.end(error);
  }

  /**
   * @param {Ask} ask
   * @returns {Id}
   */
  ask(ask) {
    const id = this.#calls.add(ask, this.#whyFull());
    this.#flush();
    this.#calls.limitWait(id);
    return id;
  }

  /**
   * Nobody waits for the answer any more.
   *
   * @param {Id} id
   * @param {(message: Message) => void} [late] called with it all the same, if it has been sent
   */
  withdraw(id, late) {
    if (this.#calls.withdraw(id, late)) this.tell(EVENTS.PREDICTION_CANCEL, {}, id);
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
    if (this.#phase === "open") this.#calls.post(EVENTS.PING, {});
  }

  /**
   * @param {string} session
   * @param {(reason: EndReason) => void} onEnd called once
   */
  watchSession(session, onEnd) {
    this.#sessions.set(session, onEnd);
  }

  /** @param {Message} message */
  receive(message) {
    if (message.event === EVENTS.WELCOME) this.#welcome(message.data);
    else if (message.id === HELLO_ID) this.#unwelcome();
    else if (!this.#ledger.arrived(message.seq)) return;
    else if (message.id === undefined) this.#heed(message);
    else {
      this.#ledger.acknowledge(this.#calls.answer(message.id, message, this.isLeaving));
      this.#flush();
    }
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
    this.#isLate = false;
    this.#onWelcome();
    this.#flush();
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
    else if (event === EVENTS.PREDICTION_ERROR) this.#calls.lose(new PredictionError(data), false);
  }

  /** @param {{session: string, reason: EndReason}} data */
  #sessionEnded({ session, reason }) {
    const onEnd = this.#sessions.get(session);
    this.#sessions.delete(session);
    onEnd?.(reason);
  }

  #flush() {
    if (this.#phase === "open" && !this.isLeaving) this.#calls.flush(this.limits);
  }

  /** @param {string} text */
  #write(text) {
    const number = this.#ledger.write(text);
    if (this.#phase === "open") this.#send(text);
    return number;
  }

  #whyFull() {
    if (this.#phase !== "open") {
      return new ConnectionLost("There is no connection to the service, and too much waits for one.", { sent: false });
    }
    const message = "Too much waits to be sent.";
    return new PredictionError({ type: "ERROR", code: "OVERLOADED", message, retryable: true });
  }

  /** @param {number | null} closeCode why what was sent is answered no more */
  #lose(closeCode) {
    this.#isLate = false;
    this.#forget();
    const message =
      closeCode === CLOSE_CODES.MESSAGE_TOO_BIG
        ? "The input is larger than the service takes."
        : "The connection was lost before the answer came.";
    const hasLeft = this.isLeaving && closeCode === CLOSE_CODES.GOING_AWAY;
    const error = new ConnectionLost(message, { sent: true, closeCode });
    this.#calls.lose(error, closeCode !== CLOSE_CODES.MESSAGE_TOO_BIG, hasLeft);
    this.subscriptions.reset();
  }

  /** Nothing of what the service knew of this client is left. */
  #forget() {
    this.#ledger.forget();
    for (const onEnd of [...this.#sessions.values()]) onEnd("connection_lost");
    this.#sessions.clear();
  }
}
