// What the service pushes: which subscriptions there are, who listens to them, and how they outlive a connection.

import { backoff } from "./backoff.js";
import { ConnectionLost, PredictionError } from "./errors.js";
import { EVENTS } from "./protocol.js";

/** @typedef {import("./calls.js").Ask} Ask */
/** @typedef {import("./frames.js").Message} Message */

/**
 * @typedef {object} Topic
 * @property {object} data of the `subscribe` frame: two with the same are one subscription
 * @property {{policy?: "latest" | "buffer", max_rate_hz?: number}} [meta] where it is one already, that one's holds
 * @property {(message: Message) => string} [keyOf] a newcomer is told the newest value of each key at once
 * @property {(message: Message) => boolean} [isLast] whether there will be no more of the same key
 */

/** @typedef {{push: (message: Message) => void, fail: (error: Error) => void}} Listener */

/**
 * @typedef {object} Subscription
 * @property {string} key
 * @property {Topic} topic
 * @property {string | null} name as the service calls it; null while it does not run there
 * @property {Set<Listener>} listeners
 * @property {Map<string, Message>} newest by key
 * @property {number} attempt counts the refusals since it last ran
 */

/**
 * The states of all models.
 *
 * @type {Topic}
 */
export const MODELS = Object.freeze({
  data: { topic: "models" },
  keyOf: ({ data }) => data.qualified_name,
  isLast: ({ data }) => data.versions.every((/** @type {{state: string}} */ { state }) => state === "unloading"),
});

/** A model may be ready later, a service be less busy: codes after which a subscription is asked for again. */
const PASSING = new Set(["MODEL_NOT_READY", "OVERLOADED", "RATE_LIMITED", "SHUTTING_DOWN"]);

export class Subscriptions {
  /** @type {Map<string, Subscription>} */
  #byKey = new Map();
  /** @type {Map<string, Subscription>} */
  #byName = new Map();
  #ask;
  #tell;
  #later;

  /**
   * @param {object} wire
   * @param {(ask: Ask) => unknown} wire.ask
   * @param {(event: string, data: object) => void} wire.tell
   * @param {(ms: number, act: () => void) => void} wire.later
   */
  constructor({ ask, tell, later }) {
    this.#ask = ask;
    this.#tell = tell;
    this.#later = later;
  }

  /**
   * @param {Topic} topic
   * @param {Listener} listener
   * @returns {() => void} ends it
   */
  add(topic, listener) {
    const key = JSON.stringify(topic.data);
    let subscription = this.#byKey.get(key);
    if (subscription === undefined) {
      subscription = { key, topic, name: null, listeners: new Set(), newest: new Map(), attempt: 0 };
      this.#byKey.set(key, subscription);
      this.#subscribe(subscription);
    }
    const { listeners } = subscription;
    listeners.add(listener);
    for (const message of subscription.newest.values()) listener.push(message);
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.#unsubscribe(subscription);
    };
  }

  /**
   * A value has come.
   *
   * @param {string} name
   * @param {Message} message
   */
  deliver(name, message) {
    const subscription = this.#byName.get(name);
    if (subscription === undefined) return;
    const { topic, newest, listeners } = subscription;
    const key = topic.keyOf?.(message) ?? "";
    newest.delete(key);
    if (!topic.isLast?.(message)) newest.set(key, message);
    for (const listener of listeners) listener.push(message);
  }

  /**
   * The service has ended one.
   *
   * @param {{subscription: string, code?: string, message?: string}} data
   */
  ended({ subscription: name, code = "", message = "The service has ended the subscription." }) {
    const subscription = this.#byName.get(name);
    if (subscription === undefined) return;
    this.#isGone(subscription);
    // Whoever wants every value must know that some are missing.
    const isPassing = subscription.topic.meta?.policy !== "buffer" && PASSING.has(code);
    this.#refused(subscription, new PredictionError({ type: "ERROR", code, message }), isPassing);
  }

  /** What the service knew of the connection is lost: all must be asked for anew. */
  reset() {
    for (const subscription of [...this.#byName.values()]) {
      this.#isGone(subscription);
      this.#subscribe(subscription);
    }
  }

  /** @param {Error} error why there will be no more of any */
  end(error) {
    for (const subscription of [...this.#byKey.values()]) this.#refused(subscription, error, false);
  }

  /** @param {Subscription} subscription */
  #subscribe(subscription) {
    this.#ask({
      event: EVENTS.SUBSCRIBE,
      data: subscription.topic.data,
      meta: subscription.topic.meta,
      isStanding: true,
      answer: ({ data }) => this.#runs(subscription, data.subscription),
      fail: (error) => {
        if (error instanceof ConnectionLost) this.#again(subscription);
        else this.#refused(subscription, error, error instanceof PredictionError && PASSING.has(error.code));
      },
    });
  }

  /**
   * @param {Subscription} subscription
   * @param {string} name
   */
  #runs(subscription, name) {
    subscription.name = name;
    subscription.attempt = 0;
    this.#byName.set(name, subscription);
    if (subscription.listeners.size === 0) this.#unsubscribe(subscription);
  }

  /** @param {Subscription} subscription that nobody listens to; while it is being asked for, its answer is waited for */
  #unsubscribe(subscription) {
    const { name, key } = subscription;
    if (name === null) return;
    this.#isGone(subscription);
    this.#byKey.delete(key);
    this.#tell(EVENTS.UNSUBSCRIBE, { subscription: name });
  }

  /** @param {Subscription} subscription */
  #isGone(subscription) {
    if (subscription.name !== null) this.#byName.delete(subscription.name);
    subscription.name = null;
    subscription.newest.clear();
  }

  /**
   * @param {Subscription} subscription
   * @param {Error} error
   * @param {boolean} isPassing
   */
  #refused(subscription, error, isPassing) {
    if (isPassing && subscription.listeners.size > 0) {
      const wait = error instanceof PredictionError ? error.retryAfterMs : null;
      this.#later(wait ?? backoff(subscription.attempt++), () => this.#again(subscription));
      return;
    }
    this.#isGone(subscription);
    this.#byKey.delete(subscription.key);
    for (const listener of subscription.listeners) listener.fail(error);
  }

  /** @param {Subscription} subscription */
  #again(subscription) {
    if (this.#byKey.get(subscription.key) !== subscription) return;
    if (subscription.listeners.size > 0) this.#subscribe(subscription);
    else this.#byKey.delete(subscription.key);
  }
}
