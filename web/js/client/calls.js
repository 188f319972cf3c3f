// What is asked: what waits to be sent, and what is sent and not answered yet. No I/O.

import { ConnectionLost, PredictionError, TooLarge } from "./errors.js";
import { byteLength, depth, encode } from "./frames.js";
import { EVENTS } from "./protocol.js";

/** @typedef {import("./frames.js").Id} Id */
/** @typedef {import("./frames.js").Message} Message */
/**
 * Those that a client heeds; one that is not told is none.
 *
 * @typedef {{max_message_bytes?: number, max_json_depth?: number, max_open_requests?: number, grace_ms?: number}} Limits
 */

/**
 * Something that is answered. One of `answer` and `fail` is called, once.
 *
 * @typedef {object} Ask
 * @property {string} event
 * @property {object} data
 * @property {{deadline_ms?: number, [key: string]: unknown}} [meta]
 * @property {boolean} [isStanding] it waits for a connection however many others do
 * @property {Id} [replaces] what nobody waits for any more once this is asked
 * @property {number} [retries] how often it may be sent again where it is not known whether it was answered
 * @property {(message: Message) => void} answer
 * @property {(error: Error) => void} fail
 * @property {(message: Message) => void} [partial]
 */

/**
 * With its frame, the number of that once it is sent, and whether a service that has not begun with it may be followed by
 * one that does.
 *
 * @typedef {Ask & {text: string, number: number, isRepeatable: boolean}} Call
 */

const MOST_WAITING = 1024;

/**
 * A later service may say more on the way to one of these.
 *
 * @type {ReadonlySet<string>}
 */
const ANSWERS = new Set([EVENTS.PREDICTION_RESPONSE, EVENTS.SESSION_OPENED, EVENTS.SUBSCRIBED, EVENTS.PONG]);

/** @type {ReadonlySet<string>} */
const REPEATABLE = new Set([EVENTS.PREDICTION_REQUEST, EVENTS.SESSION_OPEN]);

const ignore = () => {};

export class Calls {
  /** @type {Map<Id, Call>} not sent yet */
  #waiting = new Map();
  /** @type {Map<Id, Call>} sent, and not answered yet */
  #open = new Map();
  #predicting = 0;
  #count = 0;
  #write;
  #later;

  /**
   * @param {object} wire
   * @param {(text: string) => number} wire.write gives the number of the frame
   * @param {(ms: number, act: () => void) => void} wire.later
   */
  constructor({ write, later }) {
    this.#write = write;
    this.#later = later;
  }

  /** @param {Id} id */
  isWaiting(id) {
    return this.#waiting.has(id);
  }

  /**
   * Have it wait its turn.
   *
   * @param {Ask} ask
   * @param {Error} full why it cannot, if too much waits
   * @returns {Id}
   */
  add(ask, full) {
    const { event, data, isStanding = false, replaces } = ask;
    const isUnsent = replaces !== undefined && this.#supersede(replaces);
    if (!isStanding && this.#waiting.size >= MOST_WAITING) throw full;
    const id = String(++this.#count);
    const text = encode(event, data, { id, meta: { ...ask.meta, replaces: isUnsent ? undefined : replaces } });
    const isRepeatable = REPEATABLE.has(event) && ask.meta?.session === undefined;
    this.#waiting.set(id, { ...ask, text, number: 0, isRepeatable });
    return id;
  }

  /**
   * Say it now, whatever waits.
   *
   * @param {string} event
   * @param {object} data
   */
  post(event, data) {
    const id = String(++this.#count);
    const text = encode(event, data, { id });
    this.#dispatch(id, { event, data, answer: ignore, fail: ignore, text, number: 0, isRepeatable: false });
  }

  /**
   * Nobody waits for the answer any more.
   *
   * @param {Id} id
   * @param {(message: Message) => void} [late] called with it all the same, if it has been sent
   * @returns {boolean} whether there is a prediction to cancel
   */
  withdraw(id, late = ignore) {
    this.#waiting.delete(id);
    const call = this.#open.get(id);
    if (call === undefined) return false;
    this.#open.set(id, { ...call, answer: late, fail: ignore, partial: undefined, retries: 0, isRepeatable: false });
    return call.event === EVENTS.PREDICTION_REQUEST;
  }

  /**
   * Give up what still waits after its deadline.
   *
   * @param {Id} id
   */
  limitWait(id) {
    const ms = this.#waiting.get(id)?.meta?.deadline_ms;
    if (ms === undefined) return;
    const message = "The request could not be sent in time.";
    this.#later(ms, () => this.#refuse(id, new PredictionError({ type: "ERROR", code: "DEADLINE_EXCEEDED", message })));
  }

  /**
   * Send what waits, as much as the service takes at once.
   *
   * @param {Limits | null} limits
   */
  flush(limits) {
    for (const [id, call] of this.#waiting) {
      if (call.event === EVENTS.PREDICTION_REQUEST && this.#predicting >= (limits?.max_open_requests ?? Infinity)) continue;
      const fault = limits && faultOf(call.text, limits);
      if (fault) this.#refuse(id, fault);
      else {
        this.#waiting.delete(id);
        this.#dispatch(id, call);
      }
    }
  }

  /**
   * @param {Id} id
   * @param {Message} message
   * @param {boolean} [isLeaving] whether the service has said that it stops
   * @returns {number} the number of the frame that the service has got
   */
  answer(id, message, isLeaving = false) {
    const call = this.#open.get(id);
    if (call === undefined) return 0;
    if (message.event === EVENTS.PREDICTION_PARTIAL) {
      call.isRepeatable = false; // or its beginning would come twice
      call.partial?.(message);
    } else if (message.event === EVENTS.PREDICTION_ERROR) {
      const error = new PredictionError(message.data);
      this.#remove(id, call);
      if (error.code !== "SHUTTING_DOWN" || !this.#sendAgain(id, call, isLeaving)) call.fail(error);
    } else if (ANSWERS.has(message.event)) {
      this.#remove(id, call);
      call.answer(message);
    }
    return call.number;
  }

  /**
   * What was sent is not answered any more.
   *
   * @param {Error} error
   * @param {boolean} [mayRetry]
   * @param {boolean} [hasLeft] whether the service has stopped in good order, and so has begun nothing of it
   */
  lose(error, mayRetry = true, hasLeft = false) {
    const lost = [...this.#open];
    const waiting = [...this.#waiting];
    this.#open.clear();
    this.#predicting = 0;
    this.#waiting.clear(); // for what is sent again was asked first
    const failed = lost.filter(([id, call]) => !(mayRetry && this.#sendAgain(id, call, hasLeft)));
    for (const [id, call] of waiting) this.#waiting.set(id, call);
    for (const [, call] of failed) call.fail(error);
  }

  /** @param {Error} error why nothing will be sent any more */
  end(error) {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.lose(new ConnectionLost("The connection was lost before the answer came.", { sent: true }), false);
    for (const call of waiting) call.fail(error);
  }

  /**
   * @param {Id} id
   * @param {Call} call
   */
  #dispatch(id, call) {
    this.#open.set(id, call);
    if (call.event === EVENTS.PREDICTION_REQUEST) this.#predicting += 1;
    call.number = this.#write(call.text);
  }

  /**
   * @param {Id} id
   * @param {Call} call
   */
  #remove(id, call) {
    this.#open.delete(id);
    if (call.event === EVENTS.PREDICTION_REQUEST) this.#predicting -= 1;
  }

  /**
   * @param {Id} id
   * @param {Call} call
   * @param {boolean} isNotBegun
   */
  #sendAgain(id, call, isNotBegun) {
    const { retries = 0 } = call;
    if (isNotBegun && call.isRepeatable) this.#waiting.set(id, call);
    else if (retries > 0) this.#waiting.set(id, { ...call, retries: retries - 1 });
    else return false;
    return true;
  }

  /**
   * @param {Id} id
   * @returns {boolean} whether it had not been sent, so that the service need not know
   */
  #supersede(id) {
    const message = "A later request has replaced this one.";
    return this.#refuse(id, new PredictionError({ type: "ERROR", code: "SUPERSEDED", message }));
  }

  /**
   * @param {Id} id
   * @param {Error} error
   * @returns {boolean} whether it waited
   */
  #refuse(id, error) {
    const call = this.#waiting.get(id);
    this.#waiting.delete(id);
    call?.fail(error);
    return call !== undefined;
  }
}

/**
 * Why the service would not even read a frame: what is wrong with it would be told of no particular one.
 *
 * @param {string} text
 * @param {Limits} limits
 */
function faultOf(text, { max_message_bytes: mostBytes = Infinity, max_json_depth: mostDeep = Infinity }) {
  const bytes = byteLength(text);
  if (bytes > mostBytes) return new TooLarge(bytes, mostBytes);
  if (depth(text) <= mostDeep) return null;
  const message = `The input is nested too deeply: the message may have ${mostDeep} levels.`;
  return new PredictionError({ type: "DESERIALIZATION_ERROR", code: "BAD_FRAME", message });
}
