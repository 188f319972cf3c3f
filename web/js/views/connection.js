// Whether the service is there: a word in the header always, a bar above the page when it is away.

import { button, fill } from "../dom.js";

/** @typedef {import("../client/index.js").Client} Client */
/** @typedef {import("../client/index.js").ConnectionState} ConnectionState */

/** @type {Readonly<Record<ConnectionState, string>>} */
const WORDS = Object.freeze({
  connecting: "Connecting…",
  open: "Connected",
  away: "Service away",
  closed: "Disconnected",
});

const ENDED = "The service has closed this connection for good. Nothing you typed is lost.";
const AWAY = "The service is away. Nothing you typed is lost; this page reconnects by itself.";

/**
 * @param {Client} client
 * @param {{word: HTMLElement, bar: HTMLElement}} elements
 */
export function showConnection(client, { word, bar }) {
  function show() {
    const { state } = client;
    word.dataset.state = state;
    word.textContent = WORDS[state];
    bar.hidden = state === "open" || state === "connecting";
    if (state === "away") fill(bar, AWAY, " ", button("Try now", () => client.retry(), { class: "link" }));
    else if (state === "closed") fill(bar, ENDED, " ", button("Load the page again", () => location.reload(), { class: "link" }));
    else fill(bar);
  }
  client.addEventListener("statechange", show);
  show();
}
