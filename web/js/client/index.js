// A client of the service over its socket. Knows no DOM; runs wherever there is a WebSocket.

import { EVENTS } from "./protocol.js";
import { Conversation } from "./conversation.js";
import { ConnectionLost, FellBehind, PredictionError, SessionEnded, TooLarge } from "./errors.js";
import { decode } from "./frames.js";
import { Line } from "./line.js";
import { Queue } from "./queue.js";
import { Session } from "./session.js";
import { PredictionStream } from "./stream.js";

export { ConnectionLost, FellBehind, PredictionError, SessionEnded, TooLarge };

const MOST_PARTIALS = 10_000;
const MOST_VALUES = 10_000;

/** @typedef {import("./frames.js").Id} Id */
/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").ConnectionState} ConnectionState */
/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").Partial} Partial */
/** @typedef {import("./types.js").PredictOptions} PredictOptions */
/** @typedef {import("./types.js").SubscribeOptions} SubscribeOptions */

/**
 * Dial at once, and again whenever the connection is lost.
 *
 * @param {string | URL} url `ws://…/ws`
 * @returns {Client}
 */
export function connect(url) {
  return new Client(url);
}

/**
 * Dispatches `statechange` whenever `state` changes. What is asked while there is no connection waits for one; what was sent
 * is answered over the next one, if the service still knows of it.
 */
export class Client extends EventTarget {
  /** @type {ConnectionState} */
  #state = "connecting";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #grace;
  /** @type {WeakMap<object, Id>} */
  #ids = new WeakMap();
  #line;
  #conversation;
  /** @type {number | null} with which the service closed the connection last */
  closeCode = null;

  /**
   * @param {string | URL} url
   * @param {typeof WebSocket} [Socket]
   */
  constructor(url, Socket) {
    super();
    this.#conversation = new Conversation({
      send: (text) => this.#line.send(text),
      later: (ms, act) => void setTimeout(act, ms),
      onWelcome: () => this.#welcomed(),
    });
    const listener = {
      opened: () => this.#conversation.opened(),
      received: (/** @type {string} */ text) => this.#conversation.receive(decode(text)),
      dropped: (/** @type {number} */ code) => this.#dropped(code),
      silent: () => this.#conversation.ping(),
    };
    this.#line = new Line(String(url), listener, Socket);
    this.#line.dial();
  }

  get state() {
    return this.#state;
  }

  /**
   * Ask a model for a prediction.
   *
   * @param {string} model its qualified name
   * @param {unknown} input JSON data that fits the model's input schema
   * @param {PredictOptions} [options]
   * @returns {Promise<Answer>} rejected with a `PredictionError`, `ConnectionLost` or `TooLarge`
   */
  predict(model, input, options = {}) {
    return this.#predict(model, input, options).answered;
  }

  /**
   * Ask a model for a prediction, and for what it can tell on the way there. A model that tells nothing just answers.
   *
   * @param {string} model
   * @param {unknown} input
   * @param {PredictOptions} [options]
   */
  stream(model, input, options = {}) {
    /** @type {Queue<Partial>} */
    const partials = new Queue({ limit: MOST_PARTIALS, onReturn: () => controller.abort() });
    const controller = new AbortController();
    const signals = options.signal ? [options.signal, controller.signal] : [controller.signal];
    const { id, answered } = this.#predict(model, input, { ...options, signal: AbortSignal.any(signals) }, { stream: true }, partials);
    const stream = new PredictionStream(partials, answered);
    answered.then(
      () => partials.end(),
      (error) => (options.signal?.aborted ? partials.abort(error) : partials.fail(error)),
    );
    if (id !== null) this.#ids.set(stream, id);
    return stream;
  }

  /**
   * Have a model remember.
   *
   * @param {string} model
   * @param {unknown} [parameters] that fit its session schema
   * @param {{signal?: AbortSignal, modelVersion?: string}} [options]
   * @returns {Promise<Session>}
   */
  async session(model, parameters = {}, { signal, modelVersion } = {}) {
    const data = { model_qualified_name: model, parameters };
    const meta = { model_version: modelVersion };
    /** @param {Message} opened */
    const close = (opened) => this.#conversation.tell(EVENTS.SESSION_CLOSE, { session: opened.data.session });
    const opened = await this.#ask({ event: EVENTS.SESSION_OPEN, data, meta }, signal, close).answered;
    const { session: name } = opened.data;
    return new Session(
      {
        predict: (input, options) => this.#predict(model, input, options, { session: name }).answered,
        close: () => close(opened),
      },
      (onEnd) => this.#conversation.watchSession(name, /** @type {(reason: string) => void} */ (onEnd)),
    );
  }

  /**
   * What a source makes a model predict, as it comes; over lost connections too.
   *
   * @param {string} model
   * @param {string} source
   * @param {SubscribeOptions} [options] those of the first of several subscriptions to one source hold for all
   * @returns {Queue<Answer>} to iterate; leaving the loop ends the subscription
   */
  subscribe(model, source, { policy = "latest", maxRateHz, signal } = {}) {
    const topic = { data: { model_qualified_name: model, source }, meta: { policy, max_rate_hz: maxRateHz } };
    const kept = policy === "latest" ? { limit: 1, keyOf: () => "latest" } : { limit: MOST_VALUES };
    return this.#subscribe(topic, signal, kept, ({ data, meta }) => ({ ...data, meta }));
  }

  /**
   * The state of each model, and each change of one. One that is gone comes last with all its versions `unloading`.
   *
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Queue<Model>} to iterate
   */
  subscribeModels({ signal } = {}) {
    /** @param {Model} model */
    const keyOf = ({ qualified_name: name }) => name;
    return this.#subscribe({ data: { topic: "models" } }, signal, { limit: MOST_VALUES, keyOf }, ({ data }) => data);
  }

  /** Dial now instead of when the wait is over. */
  retry() {
    if (this.#state === "away") this.#line.retry();
  }

  /** Hang up for good. */
  close() {
    clearTimeout(this.#grace);
    this.#line.close();
    this.#conversation.end(new ConnectionLost("The connection was closed.", { sent: false }));
    this.#become("closed");
  }

  #welcomed() {
    clearTimeout(this.#grace);
    this.#become("open");
  }

  /** @param {number} code */
  #dropped(code) {
    this.closeCode = code;
    this.#conversation.dropped(code);
    if (this.#line.isOver) {
      const message = `The service has closed the connection for good, with code ${code}.`;
      this.#conversation.end(new ConnectionLost(message, { sent: false, closeCode: code }));
    } else if (this.#state === "open") {
      this.#grace = setTimeout(() => this.#conversation.expired(), this.#conversation.limits?.grace_ms ?? 0);
    }
    this.#become(this.#line.isOver ? "closed" : "away");
  }

  /**
   * @param {string} model
   * @param {unknown} input
   * @param {PredictOptions} options
   * @param {object} [meta]
   * @param {Queue<Partial>} [partials]
   */
  #predict(model, input, { signal, deadlineMs, replaces, modelVersion }, meta = {}, partials) {
    const { id, answered } = this.#ask(
      {
        event: EVENTS.PREDICTION_REQUEST,
        data: { model_qualified_name: model, input_data: input },
        meta: { ...meta, deadline_ms: deadlineMs, model_version: modelVersion },
        replaces: replaces && this.#ids.get(replaces),
        partial: ({ data, meta: { index } }) => partials?.push({ ...data, meta: { index } }),
      },
      signal,
    );
    /** @type {Promise<Answer>} */
    const answer = answered.then(({ data, meta: about = {} }) => ({ ...data, meta: about }));
    if (id !== null) this.#ids.set(answer, id);
    return { id, answered: answer };
  }

  /**
   * @param {Omit<import("./conversation.js").Ask, "answer" | "fail">} ask
   * @param {AbortSignal | undefined} signal
   * @param {(message: Message) => void} [late] called with an answer that nobody waits for any more
   * @returns {{id: Id | null, answered: Promise<Message>}}
   */
  #ask(ask, signal, late) {
    /** @type {Id | null} */
    let id = null;
    const answered = new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#state === "closed") throw new ConnectionLost("The connection is closed.", { sent: false });
      const aborted = () => {
        this.#conversation.withdraw(/** @type {Id} */ (id), late);
        reject(signal?.reason);
      };
      /** @template T @param {(value: T) => void} settle @returns {(value: T) => void} */
      const settling = (settle) => (value) => {
        signal?.removeEventListener("abort", aborted);
        settle(value);
      };
      id = this.#conversation.ask({ ...ask, answer: settling(resolve), fail: settling(reject) });
      signal?.addEventListener("abort", aborted, { once: true });
    });
    return { id, answered };
  }

  /**
   * @template T
   * @param {import("./subscriptions.js").Topic} topic
   * @param {AbortSignal | undefined} signal
   * @param {{limit: number, keyOf?: (value: T) => unknown}} kept
   * @param {(message: Message) => T} valueOf
   * @returns {Queue<T>}
   */
  #subscribe(topic, signal, kept, valueOf) {
    const queue = new Queue({ ...kept, onReturn: () => end() });
    const aborted = () => {
      end();
      queue.abort(signal?.reason);
    };
    if (signal?.aborted) queue.fail(signal.reason);
    if (this.#state === "closed") queue.fail(new ConnectionLost("The connection is closed.", { sent: false }));
    if (queue.isOver) return queue;
    const remove = this.#conversation.subscriptions.add(topic, {
      push: (message) => queue.push(valueOf(message)),
      fail: (error) => queue.fail(error),
    });
    const end = () => {
      signal?.removeEventListener("abort", aborted);
      remove();
    };
    signal?.addEventListener("abort", aborted, { once: true });
    return queue;
  }

  /** @param {ConnectionState} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}
