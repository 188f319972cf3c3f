// A service that a test plays, frame by frame.

import { Conversation } from "../../../web/js/client/conversation.js";

export const LIMITS = { max_message_bytes: 200, max_json_depth: 8, max_open_requests: 4, grace_ms: 1000 };

/** A conversation, what it has sent, and what it will do later. */
export class Play {
  /** @type {any[]} */
  sent = [];
  /** @type {{ms: number, act: () => void}[]} */
  planned = [];
  /** @type {any[]} what became of each ask, in order */
  outcomes = [];
  isUp = false;

  conversation = new Conversation({
    send: (text) => {
      if (!this.isUp) throw new Error("there is no socket");
      this.sent.push(JSON.parse(text));
    },
    later: (ms, act) => void this.planned.push({ ms, act }),
  });

  /** What was sent since this was called last. */
  take() {
    return this.sent.splice(0);
  }

  /** @param {object} [welcome] */
  connect(welcome = {}) {
    this.isUp = true;
    this.conversation.opened();
    this.hear("welcome", { session_token: "t", epoch: "e", resumed: false, received: 0, limits: LIMITS, ...welcome }, { id: "hello" });
  }

  /** @param {number} [code] */
  drop(code = 1006) {
    this.isUp = false;
    this.conversation.dropped(code);
  }

  /**
   * @param {string} event
   * @param {any} data
   * @param {object} [more] of the frame
   */
  hear(event, data, more = {}) {
    this.conversation.receive({ event, data, ...more });
  }

  /**
   * @param {object} [more] of the ask
   * @returns {any} its id
   */
  ask(more = {}) {
    return this.conversation.ask({
      event: "prediction_request",
      data: { model_qualified_name: "echo", input_data: 1 },
      answer: (message) => this.outcomes.push(message),
      fail: (error) => this.outcomes.push(error),
      partial: (message) => this.outcomes.push(message),
      ...more,
    });
  }

  /** Events and ids of what was sent since this was asked last. */
  said() {
    return this.take().map(({ event, id }) => [event, id]);
  }

  /** The names of what became of asks since this was asked last: events, and names of errors. */
  became() {
    return this.outcomes.splice(0).map((outcome) => outcome.event ?? outcome.code ?? outcome.name);
  }
}

/** Let everything that has been settled be told. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Like a browser's, but played by a test. */
export class FakeSocket extends EventTarget {
  /** @type {FakeSocket[]} */
  static all = [];

  /** The one that was made last. */
  static get last() {
    return /** @type {FakeSocket} */ (FakeSocket.all.at(-1));
  }

  /** @type {any[]} */
  sent = [];
  isClosed = false;

  /**
   * @param {string} url
   * @param {string[]} protocols
   */
  constructor(url, protocols) {
    super();
    this.url = url;
    this.protocols = protocols;
    FakeSocket.all.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.isClosed = true;
  }

  open() {
    this.dispatchEvent(new Event("open"));
  }

  /**
   * @param {string} event
   * @param {any} data
   * @param {object} [more]
   */
  say(event, data, more = {}) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify({ event, data, ...more }) }));
  }

  /** @param {object} [welcome] */
  welcome(welcome = {}) {
    this.open();
    this.say("welcome", { session_token: "t", epoch: "e", resumed: false, received: 0, limits: LIMITS, ...welcome });
  }

  /** @param {number} code */
  drop(code) {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}
