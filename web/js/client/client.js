// A client of the service over its socket.

import { socketUrl, subprotocols } from "./address.js";
import { Conversation } from "./conversation.js";
import { ConnectionLost } from "./errors.js";
import { decode } from "./frames.js";
import { Line } from "./line.js";
import { EVENTS } from "./protocol.js";
import { Queue } from "./queue.js";
import { Session } from "./session.js";
import { PredictionStream } from "./stream.js";
import { MODELS } from "./subscriptions.js";

/** @typedef {ReturnType<typeof setTimeout>} Timer */
/** @typedef {import("./frames.js").Id} Id */
/** @typedef {import("./frames.js").Message} Message */
/** @typedef {import("./types.js").ConnectionState} ConnectionState */
/** @typedef {import("./types.js").ConnectOptions} ConnectOptions */
/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").PredictOptions} PredictOptions */
/** @typedef {import("./types.js").RequestOptions} RequestOptions */
/** @typedef {import("./types.js").SessionOptions} SessionOptions */
/** @typedef {import("./types.js").SubscribeOptions} SubscribeOptions */
/** @template [T=unknown] @typedef {import("./types.js").Answer<T>} Answer */
/** @template [T=unknown] @typedef {import("./types.js").Partial<T>} Partial */
/** @template T @typedef {import("./types.js").Values<T>} Values */

/**
 * Dispatches `statechange` whenever `state` changes. What is asked while there is no connection waits for one; what was sent
 * is answered over the next one, if the service still knows of it.
 */
export class Client extends EventTarget {
  /** @type {ConnectionState} */
  #state = "connecting";
  /** @type {Timer | undefined} */
  #grace;
  /** @type {Set<Timer>} */
  #timers = new Set();
  /** @type {WeakMap<object, Id>} */
  #ids = new WeakMap();
  #line;
  #conversation;
  /** @type {number | null} with which the service closed the connection last */
  closeCode = null;

  /**
   * @param {string | URL} url
   * @param {ConnectOptions} [options]
   */
  constructor(url, { token, WebSocket: Socket } = {}) {
    super();
    this.#conversation = new Conversation({
      send: (text) => this.#line.send(text),
      later: (ms, act) => this.#later(ms, act),
      onWelcome: () => this.#welcomed(),
    });
    const listener = {
      opened: () => this.#conversation.opened(),
      received: (/** @type {string} */ text) => this.#conversation.receive(decode(text)),
      dropped: (/** @type {number} */ code) => this.#dropped(code),
      silent: () => this.#conversation.ping(),
    };
    this.#line = new Line(socketUrl(url), subprotocols(token), listener, Socket);
    this.#line.dial();
  }

  get state() {
    return this.#state;
  }

  /**
   * Ask a model for a prediction.
   *
   * @template [Prediction=unknown]
   * @param {string} model its qualified name
   * @param {unknown} input JSON data that fits the model's input schema
   * @param {PredictOptions} [options]
   * @returns {Promise<Answer<Prediction>>} rejected with a `PredictionError`, `ConnectionLost` or `TooLarge`, with the reason
   *   of a signal, or with a `TypeError` where the input cannot be written as JSON
   */
  predict(model, input, options = {}) {
    return this.#predict(model, input, options).answered;
  }

  /**
   * Ask a model for a prediction, and for what it can tell on the way there. A model that tells nothing just answers.
   *
   * @template [Piece=unknown]
   * @template [Prediction=unknown]
   * @param {string} model
   * @param {unknown} input
   * @param {RequestOptions} [options]
   * @returns {PredictionStream<Piece, Prediction>}
   */
  stream(model, input, { signal, ...options } = {}) {
    const controller = new AbortController();
    /** @type {Queue<Partial<any>>} */
    const partials = new Queue({ signal, onLeave: (reason) => controller.abort(reason) });
    const { signal: left } = controller;
    const { id, answered } = this.#predict(model, input, { ...options, signal: left, retries: 0 }, { stream: true }, partials);
    /** @type {PredictionStream<any, any>} */
    const stream = new PredictionStream(partials, answered);
    answered.then(() => partials.end(), (error) => partials.fail(error));
    if (id !== null) this.#ids.set(stream, id);
    return stream;
  }

  /**
   * Have a model remember.
   *
   * @param {string} model
   * @param {unknown} [parameters] that fit its session schema
   * @param {SessionOptions} [options]
   * @returns {Promise<Session>}
   */
  session(model, parameters = {}, { signal, modelVersion } = {}) {
    const data = { model_qualified_name: model, parameters };
    /** @param {Message} opened */
    const close = (opened) => this.#conversation.tell(EVENTS.SESSION_CLOSE, { session: opened.data.session });
    /** @param {Message} opened */
    const read = (opened) => {
      const { session } = opened.data;
      return new Session(
        {
          predict: (input, options) => this.#predict(model, input, options, { session }).answered,
          close: () => close(opened),
        },
        (onEnd) => this.#conversation.watchSession(session, onEnd),
      );
    };
    return this.#ask({ event: EVENTS.SESSION_OPEN, data, meta: { model_version: modelVersion } }, { signal, read, late: close }).answered;
  }

  /**
   * What a source makes a model predict, as it comes; over lost connections too.
   *
   * @template [Prediction=unknown]
   * @param {string} model
   * @param {string} source
   * @param {SubscribeOptions} [options] those of the first of several subscriptions to one source hold for all
   * @returns {Values<Answer<Prediction>>} to iterate; leaving the loop ends the subscription
   */
  subscribe(model, source, { policy = "latest", maxRateHz, signal } = {}) {
    const topic = { data: { model_qualified_name: model, source }, meta: { policy, max_rate_hz: maxRateHz } };
    const keyOf = policy === "latest" ? () => "latest" : undefined;
    return this.#subscribe(topic, { keyOf, signal }, ({ data, meta }) => ({ ...data, meta }));
  }

  /**
   * The state of each model, and each change of one. One that is gone comes last with all its versions `unloading`.
   *
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Values<Model>} to iterate
   */
  subscribeModels({ signal } = {}) {
    /** @param {Model} model */
    const keyOf = ({ qualified_name: name }) => name;
    return this.#subscribe(MODELS, { keyOf, signal }, ({ data }) => data);
  }

  /** Dial now instead of when the wait is over. */
  retry() {
    if (this.#state === "away") this.#line.retry();
  }

  /** Hang up for good. */
  close() {
    this.#line.close();
    this.#end(new ConnectionLost("The connection was closed.", { sent: false }));
  }

  async [Symbol.asyncDispose]() {
    this.close();
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
      this.#end(new ConnectionLost(message, { sent: false, closeCode: code }));
      return;
    }
    if (this.#state === "open") {
      this.#grace = setTimeout(() => this.#conversation.expired(), this.#conversation.limits?.grace_ms ?? 0);
    }
    this.#become("away");
  }

  /** @param {Error} error why there will be no connection any more */
  #end(error) {
    clearTimeout(this.#grace);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#conversation.end(error);
    this.#become("closed");
  }

  /**
   * @param {string} model
   * @param {unknown} input
   * @param {PredictOptions} options
   * @param {object} [meta]
   * @param {Queue<Partial>} [partials]
   */
  #predict(model, input, { signal, deadlineMs, replaces, modelVersion, retries, trace }, meta = {}, partials) {
    const asked = this.#ask(
      {
        event: EVENTS.PREDICTION_REQUEST,
        data: { model_qualified_name: model, input_data: input },
        meta: { ...meta, ...trace, deadline_ms: deadlineMs, model_version: modelVersion },
        replaces: replaces && this.#ids.get(replaces),
        retries,
        partial: ({ data, meta: { index }, size }) => partials?.push({ ...data, meta: { index } }, size),
      },
      { signal, read: ({ data, meta: about = {} }) => ({ ...data, meta: about }) },
    );
    if (asked.id !== null) this.#ids.set(asked.answered, asked.id);
    return asked;
  }

  /**
   * @template T
   * @param {Omit<import("./calls.js").Ask, "answer" | "fail">} ask
   * @param {object} options
   * @param {AbortSignal} [options.signal]
   * @param {(message: Message) => T} options.read called before any later frame is looked at
   * @param {(message: Message) => void} [options.late] called with an answer that nobody waits for any more
   * @returns {{id: Id | null, answered: Promise<T>}}
   */
  #ask(ask, { signal, read, late }) {
    /** @type {Id | null} */
    let id = null;
    const answered = new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#state === "closed") throw new ConnectionLost("The connection is closed.", { sent: false });
      const aborted = () => {
        this.#conversation.withdraw(/** @type {Id} */ (id), late);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", aborted, { once: true });
      const settled = () => signal?.removeEventListener("abort", aborted);
      /** @param {Message} message */
      const answer = (message) => (settled(), resolve(read(message)));
      /** @param {unknown} error */
      const fail = (error) => (settled(), reject(error));
      try {
        id = this.#conversation.ask({ ...ask, answer, fail });
      } catch (error) {
        fail(error);
      }
    });
    return { id, answered };
  }

  /**
   * @template T
   * @param {import("./subscriptions.js").Topic} topic
   * @param {{keyOf?: (value: T) => unknown, signal?: AbortSignal}} options
   * @param {(message: Message) => T} valueOf
   * @returns {Queue<T>}
   */
  #subscribe(topic, options, valueOf) {
    let remove = () => {};
    const queue = new Queue({ ...options, onLeave: () => remove(), onBehind: () => remove() });
    if (this.#state === "closed") queue.fail(new ConnectionLost("The connection is closed.", { sent: false }));
    if (queue.isOver) return queue;
    remove = this.#conversation.subscriptions.add(topic, {
      push: (message) => queue.push(valueOf(message), message.size),
      fail: (error) => queue.fail(error),
    });
    return queue;
  }

  /**
   * @param {number} ms
   * @param {() => void} act
   */
  #later(ms, act) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  /** @param {ConnectionState} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}
