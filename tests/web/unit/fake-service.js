// A service as PROTOCOL has it, small enough to be believed, that holds its clients to the rules.

import assert from "node:assert/strict";

/** @typedef {{id: string, input: any, isStream: boolean, session: string | undefined, partials: number, isCancelled: boolean}} Request */

const LIMITS = { max_message_bytes: 300, max_json_depth: 8, max_open_requests: 4, grace_ms: 5_000 };

/** What the service keeps of one client; it may outlive a connection. */
class Kept {
  /** @type {any[]} all that was said since `hello` */
  history = [];
  sentCount = 0;
  received = 0;
  /** @type {Map<string, Request>} */
  open = new Map();
  /** @type {Map<string, number>} how many predictions each session has made */
  sessions = new Map();
  /** @type {Set<string>} */
  subscriptions = new Set();
  /** @type {Link | null} */
  link = null;
  offlineMs = 0;

  /** @param {string} token */
  constructor(token) {
    this.token = token;
    this.epoch = `epoch of ${token}`;
  }

  /**
   * @param {string} event
   * @param {any} data
   * @param {object} [more]
   */
  say(event, data, more = {}) {
    this.history.push({ event, data, seq: this.history.length + 1, ...more });
  }
}

/** One connection, with what is on its way in both directions. */
export class Link {
  /** @type {string[]} */
  upwards = [];
  /** @type {any[]} without a number, so not sent again */
  loose = [];
  /** @type {Kept | null} */
  kept = null;
  isUp = true;
}

export class FakeService {
  /** @type {Map<string, Kept>} */
  keptByToken = new Map();
  /** @type {Map<string, number>} how often each input was run */
  runs = new Map();
  value = 0;
  isLeaving = false;
  leaveCount = 0;
  #tokenCount = 0;
  #sessionCount = 0;

  /**
   * @param {Link} link
   * @param {string} text
   */
  hear(link, text) {
    assert.ok(text.length <= LIMITS.max_message_bytes);
    const { event, id, data, meta = {} } = JSON.parse(text);
    if (event === "hello") {
      this.#hello(link, id, data);
      return;
    }
    const kept = /** @type {Kept} */ (link.kept);
    assert.ok(kept, "nothing is said before the welcome");
    kept.received += 1;
    assert.ok(event === "prediction_cancel" || !kept.open.has(id), `${id} is in use`);
    if (event === "ping") link.loose.push({ event: "pong", id, data });
    else if (event === "prediction_request") this.#ask(kept, id, data, meta);
    else if (event === "prediction_cancel") this.#cancel(kept, id, "CANCELLED");
    else this.#converse(kept, event, id, data);
  }

  /**
   * @param {Kept} kept
   * @param {string} event
   * @param {string} id
   * @param {any} data
   */
  #converse(kept, event, id, data) {
    if (event === "session_open") {
      const session = `s${++this.#sessionCount}`;
      kept.sessions.set(session, 0);
      kept.say("session_opened", { session }, { id });
    } else if (event === "session_close") {
      assert.ok(![...kept.open.values()].some(({ session }) => session === data.session), "it is closed after what was asked");
      if (kept.sessions.delete(data.session)) kept.say("session_closed", { session: data.session, reason: "closed" });
    } else if (event === "subscribe") {
      kept.subscriptions.add("m/s");
      kept.say("subscribed", { subscription: "m/s" }, { id });
      this.#push(kept);
    } else if (event === "unsubscribe") {
      assert.ok(kept.subscriptions.delete(data.subscription), "it is there");
      kept.say("unsubscribed", { subscription: data.subscription });
    } else assert.fail(event);
  }

  /**
   * @param {Kept} kept
   * @param {string} id
   * @param {any} data
   * @param {any} meta
   */
  #ask(kept, id, data, meta) {
    if (meta.replaces !== undefined) this.#cancel(kept, meta.replaces, "SUPERSEDED");
    assert.ok(kept.open.size < LIMITS.max_open_requests, "no more are open than the service takes");
    const input = data.input_data;
    if (this.isLeaving) {
      kept.say("prediction_error", { type: "ERROR", code: "SHUTTING_DOWN", message: "", retryable: true }, { id });
      return;
    }
    this.runs.set(input, (this.runs.get(input) ?? 0) + 1);
    kept.open.set(id, { id, input, isStream: meta.stream === true, session: meta.session, partials: 0, isCancelled: false });
  }

  /**
   * @param {Kept} kept
   * @param {string} id
   * @param {string} code
   */
  #cancel(kept, id, code) {
    if (kept.open.delete(id)) kept.say("prediction_error", { type: "ERROR", code, message: "" }, { id });
  }

  /**
   * @param {Link} link
   * @param {string} id
   * @param {any} data
   */
  #hello(link, id, data) {
    let kept = this.keptByToken.get(data.session_token);
    const resumed = kept !== undefined;
    if (kept === undefined) {
      kept = new Kept(`t${++this.#tokenCount}`);
      this.keptByToken.set(kept.token, kept);
    } else {
      assert.equal(data.epoch, kept.epoch);
      assert.ok(data.last_seq <= kept.sentCount);
      kept.sentCount = data.last_seq;
    }
    if (kept.link !== null) kept.link.isUp = false;
    [kept.link, link.kept, kept.offlineMs] = [link, kept, 0];
    const { token, epoch, received } = kept;
    link.loose.push({ event: "welcome", id, data: { session_token: token, epoch, resumed, received, limits: LIMITS } });
  }

  /** @param {Link} link */
  take(link) {
    if (link.loose.length > 0) return link.loose.shift();
    const { kept } = link;
    return kept?.link === link && kept.sentCount < kept.history.length ? kept.history[kept.sentCount++] : undefined;
  }

  /** @param {Link} link the service has noticed that it is gone */
  lost(link) {
    if (link.kept?.link === link) link.kept.link = null;
  }

  /** @param {number} ms */
  elapse(ms) {
    for (const kept of this.keptByToken.values()) {
      if (kept.link === null && (kept.offlineMs += ms) > LIMITS.grace_ms) this.keptByToken.delete(kept.token);
    }
  }

  /** Give a partial prediction, or an answer; in a session in order. */
  work(/** @type {() => number} */ random) {
    for (const kept of this.keptByToken.values()) {
      const ready = [...kept.open.values()].filter(
        (request, index, all) => all.findIndex(({ session }) => session !== undefined && session === request.session) >= index || !request.session,
      );
      const request = ready[Math.floor(random() * ready.length)];
      if (request === undefined) continue;
      const { id, input, session } = request;
      if (request.isStream && random() < 0.6) {
        kept.say("prediction_partial", { prediction: request.partials }, { id, meta: { index: request.partials++ } });
        continue;
      }
      kept.open.delete(id);
      const count = session === undefined ? request.partials : (kept.sessions.get(session) ?? 0) + 1;
      if (session !== undefined) kept.sessions.set(session, count);
      kept.say("prediction_response", { prediction: { input, count } }, { id });
    }
  }

  /** A source gives a value. */
  publish() {
    this.value += 1;
    for (const kept of this.keptByToken.values()) if (kept.subscriptions.size > 0) this.#push(kept);
  }

  /** @param {Kept} kept */
  #push(kept) {
    kept.say("prediction_response", { prediction: this.value }, { meta: { subscription: "m/s" } });
  }

  /** Say that it will stop. */
  leave() {
    this.isLeaving = true;
    this.leaveCount += 1;
    for (const kept of this.keptByToken.values()) kept.say("goaway", { reason: "stop", deadline_ms: 1 });
  }

  /** Stop, and start anew without a memory. */
  restart() {
    this.isLeaving = false;
    this.keptByToken.clear();
  }
}
