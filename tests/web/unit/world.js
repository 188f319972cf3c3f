// A client in a world that a test turns by chance: what it asks, what the network does, and what the service.

import assert from "node:assert/strict";
import { Client } from "../../../web/js/client/index.js";
import { FakeService, Link } from "./fake-service.js";
import { settled } from "./fakes.js";

/** A client, a network that loses what it likes, and a service. */
export class World {
  service = new FakeService();
  /** @type {any[]} the sockets that are open, or about to be */
  sockets = [];
  isReachable = true;
  asked = 0;
  /** @type {Map<Promise<any>, string>} */
  pending = new Map();
  /** @type {Record<string, number>} how often each outcome was told */
  outcomes = {};
  /** @type {any[]} */
  sessions = [];
  /** @type {AbortController[]} */
  controllers = [];
  /** @type {Promise<any>[]} */
  replaceable = [];
  seen = 0;
  /** @type {any} */
  values = null;
  isReading = false;

  /**
   * @param {() => number} random
   * @param {(ms: number) => void} tick
   */
  constructor(random, tick) {
    this.random = random;
    this.tick = tick;
    const { sockets } = this;
    class Socket extends EventTarget {
      link = new Link();
      isOpen = false;
      constructor() {
        super();
        sockets.push(this);
      }
      /** @param {string} text */
      send(text) {
        assert.ok(this.isOpen, "nothing is sent before the socket is open");
        if (this.link.isUp) this.link.upwards.push(text);
      }
      close() {
        this.link.isUp = false;
      }
    }
    this.client = new Client("ws://service/ws", { WebSocket: /** @type {any} */ (Socket) });
  }

  /** @param {number} limit */
  upTo(limit) {
    return Math.floor(this.random() * limit);
  }

  carry(count = Infinity) {
    for (const socket of this.sockets) {
      if (!socket.isOpen && socket.link.isUp && this.isReachable) {
        socket.isOpen = true;
        socket.dispatchEvent(new Event("open"));
      }
      for (const text of socket.link.upwards.splice(0, count)) if (socket.link.isUp) this.service.hear(socket.link, text);
      for (let left = count; left > 0 && socket.link.isUp; left -= 1) {
        const message = this.service.take(socket.link);
        if (message === undefined) break;
        socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
      }
    }
  }

  /**
   * @param {number} code
   * @param {boolean} isNoticed by the service
   */
  drop(code, isNoticed) {
    for (const socket of this.sockets.splice(0)) {
      if (isNoticed) this.service.lost(socket.link);
      socket.link.isUp = false;
      socket.dispatchEvent(Object.assign(new Event("close"), { code }));
    }
  }

  ask() {
    const input = `i${++this.asked}`;
    const controller = new AbortController();
    const kind = this.upTo(4);
    const options = {
      signal: controller.signal,
      retries: kind === 0 ? 1 : 0,
      deadlineMs: this.random() < 0.2 ? 3_000 : undefined,
      replaces: this.random() < 0.2 ? this.replaceable[this.upTo(this.replaceable.length)] : undefined,
    };
    this.controllers.push(controller);
    if (kind < 2) this.#expect(this.client.predict("m", input, options), input, options.retries);
    else if (kind === 2) this.#watch(input, options);
    else if (this.sessions.length > 0) this.#askSession(input, controller.signal);
  }

  /**
   * @param {Promise<any>} answered
   * @param {string} input
   * @param {number} [retries]
   */
  #expect(answered, input, retries = 0) {
    this.replaceable.push(answered);
    this.pending.set(answered, input);
    const told = answered.then(
      ({ prediction }) => {
        this.#count("answered");
        assert.equal(prediction.input, input);
      },
      (error) => {
        this.#count(error.name === "PredictionError" ? error.code : error.name);
        this.#judge(error, input);
      },
    );
    return told.then(() => {
      assert.ok(this.pending.delete(answered), "it is settled once");
      const most = 1 + retries + this.service.leaveCount; // one that leaves says of what it has cut off that it may be
      assert.ok((this.service.runs.get(input) ?? 0) <= most, "it is run once, unless it may be retried");
    });
  }

  /** @param {string} outcome */
  #count(outcome) {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
  }

  /**
   * @param {any} error
   * @param {string} input
   */
  #judge(error, input) {
    const names = ["AbortError", "ConnectionLost", "SessionEnded", "PredictionError"];
    assert.ok(names.includes(error.name), String(error.stack));
    const codes = ["SUPERSEDED", "DEADLINE_EXCEEDED", "SHUTTING_DOWN", "OVERLOADED"];
    if (error.name === "PredictionError") assert.ok(codes.includes(error.code), error.code);
    const isUnsent = error.sent === false || ["DEADLINE_EXCEEDED", "OVERLOADED"].includes(error.code);
    if (isUnsent) assert.ok(!this.service.runs.has(input), "what was not sent was not run");
  }

  /**
   * @param {string} input
   * @param {object} options
   */
  async #watch(input, options) {
    const stream = this.client.stream("m", input, options);
    const whole = this.#expect(stream.final, input);
    const enough = this.random() < 0.2 ? 2 : Infinity;
    let index = 0;
    try {
      for await (const { prediction, meta } of stream) {
        assert.deepEqual([prediction, meta.index], [index, index], "each partial comes once, in order");
        if (++index >= enough) break;
      }
      if (index < enough) assert.deepEqual((await stream.final).prediction, { input, count: index }, "and none is missing");
    } catch (error) {
      this.#judge(error, input);
    }
    await whole;
  }

  open() {
    const opening = this.client.session("m");
    this.pending.set(opening, "session");
    opening.then(
      (session) => this.sessions.push({ session, count: 0 }),
      (error) => assert.equal(error.name, "ConnectionLost"),
    ).then(() => this.pending.delete(opening));
  }

  /**
   * @param {string} input
   * @param {AbortSignal} signal
   */
  #askSession(input, signal) {
    const held = this.sessions[this.upTo(this.sessions.length)];
    const answered = held.session.predict(input, { signal });
    this.#expect(answered, input);
    answered.then(
      (/** @type {any} */ { prediction }) => {
        assert.ok(prediction.count > held.count, "in a session answers come in order");
        held.count = prediction.count;
      },
      () => {},
    );
  }

  close() {
    const [held] = this.sessions.splice(this.upTo(this.sessions.length), 1);
    if (held === undefined) return;
    const closed = held.session.close();
    this.pending.set(closed, "close");
    closed.then(() => this.pending.delete(closed));
  }

  async listen() {
    if (this.isReading) return;
    this.isReading = true;
    const enough = 1 + this.upTo(8);
    let count = 0;
    for await (const { prediction } of this.client.subscribe("m", "s")) {
      assert.ok(Number(prediction) >= this.seen, "no value comes after a newer one");
      this.seen = Number(prediction);
      if (++count >= enough) break;
    }
    this.isReading = false;
  }

  step() {
    /** @type {[number, () => void][]} weights and what happens */
    const actions = [
      [30, () => this.ask()],
      [4, () => this.open()],
      [4, () => this.close()],
      [6, () => void this.listen()],
      [8, () => this.controllers.splice(this.upTo(this.controllers.length), 1)[0]?.abort()],
      [60, () => this.carry(1 + this.upTo(4))],
      [50, () => this.service.work(this.random)],
      [10, () => this.service.publish()],
      [3, () => this.drop([1006, 1006, 1013, 1009][this.upTo(4)], this.random() < 0.5)],
      [1, () => this.service.leave()],
      [1, () => (this.drop(this.service.isLeaving ? 1001 : 1006, true), this.service.restart())],
      [this.isReachable ? 1 : 10, () => (this.isReachable = !this.isReachable)],
      [20, () => this.elapse(this.upTo(1_000))],
      [1, () => this.elapse(6_000)],
    ];
    let left = this.random() * actions.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, act] of actions) if ((left -= weight) < 0) return act();
  }

  /** @param {number} ms */
  elapse(ms) {
    this.service.elapse(ms);
    this.tick(ms);
  }

  /** The network is good from now on: all that is open comes to an end. */
  async finish() {
    this.isReachable = true;
    if (this.service.isLeaving) {
      this.drop(1001, true);
      this.service.restart();
    }
    for (let round = 0; this.pending.size > 0; round += 1) {
      assert.ok(round < 2_000, `left hanging: ${[...this.pending.values()]}`);
      this.elapse(300);
      this.carry();
      this.service.work(this.random);
      await settled();
    }
    for (let round = 0; this.isReading; round += 1) {
      assert.ok(round < 200, "a subscription goes on");
      this.service.publish();
      this.elapse(300);
      this.carry();
      await settled();
    }
    this.client.close();
  }
}
