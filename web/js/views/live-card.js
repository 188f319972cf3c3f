// A source of a model: started, stopped, and shown while it runs.

import { button, el } from "../dom.js";
import { FeedDisplay } from "./feed-display.js";
import { badge } from "./parts.js";

/** @typedef {import("../client/index.js").Client} Client */
/** @typedef {import("../schema/follow.js").Schema} Schema */

/** Several times as fast as a screen: a source that keeps step with one would else lose values to its own jitter. */
const MOST_RATE_HZ = 240;

export class LiveCard {
  #model;
  #source;
  #client;
  #display;
  /** @type {AbortController | null} */
  #running = null;
  #hasValue = false;
  #badge = badge("off");
  #words = el("p", { class: "live-words", role: "status" });
  #toggle = button("Start", () => this.#startOrStop());
  element;

  /**
   * @param {string} model
   * @param {import("../api.js").Source} source
   * @param {Schema} schema of its predictions
   * @param {Client} client
   */
  constructor(model, { name, description }, schema, client) {
    this.#model = model;
    this.#source = name;
    this.#client = client;
    this.#display = new FeedDisplay(schema);
    this.element = el(
      "section",
      { class: "card live-card", "aria-label": `Live: ${name}` },
      el("div", { class: "card-head" }, el("h3", {}, name), this.#badge, this.#toggle),
      description && el("p", { class: "hint" }, description),
      this.#words,
      this.#display.element,
    );
    this.#show();
    client.addEventListener("statechange", this.#heedConnection);
  }

  /** The page goes away. */
  stop() {
    this.#running?.abort();
    this.#client.removeEventListener("statechange", this.#heedConnection);
    this.#display.stop();
  }

  #startOrStop() {
    if (this.#running === null) this.#run();
    else this.#running.abort();
  }

  async #run() {
    const { signal } = (this.#running = new AbortController());
    let end = "";
    this.#display.addGap();
    this.#show();
    try {
      const values = this.#client.subscribe(this.#model, this.#source, { maxRateHz: MOST_RATE_HZ, signal });
      for await (const { prediction } of values) this.#take(prediction);
    } catch (error) {
      if (!signal.aborted) end = /** @type {Error} */ (error).message;
    }
    this.#running = null;
    this.#hasValue = false;
    this.#show(end);
  }

  /** @param {unknown} prediction */
  #take(prediction) {
    this.#display.add(prediction);
    if (this.#hasValue) return;
    this.#hasValue = true;
    this.#show();
  }

  /** While there is no connection nothing comes; it goes on by itself. */
  #heedConnection = () => {
    if (this.#running === null || this.#client.state !== "away") return;
    this.#display.addGap();
    this.#hasValue = false;
    this.#show();
  };

  /** @param {string} [end] why it has ended by itself */
  #show(end = "") {
    const isRunning = this.#running !== null;
    const waiting = this.#client.state === "open" ? "Waiting for the next value…" : "Waiting for the service…";
    this.#badge.replaceWith((this.#badge = badge(end ? "failed" : !isRunning ? "off" : this.#hasValue ? "live" : "waiting")));
    this.#words.textContent = end || (isRunning && !this.#hasValue ? waiting : "");
    this.#toggle.textContent = isRunning ? "Stop" : "Start";
    this.#toggle.setAttribute("aria-label", `${isRunning ? "Stop" : "Start"} ${this.#source}`);
    this.#toggle.classList.toggle("primary", !isRunning);
  }
}
