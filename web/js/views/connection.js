// Whether the service is there: a word in the header always, a bar above the page when it is away.

import { CLOSE_CODES } from "../client/protocol.js";
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
const LOGGED_OUT = "Your login has ended, or is needed now. Nothing you typed is lost.";
const AWAY = "The service is away. Nothing you typed is lost; this page reconnects by itself.";

/**
 * @param {Client} client
 * @param {{word: HTMLElement, bar: HTMLElement}} elements
 */
export function showConnection(client, { word, bar }) {
  let wasOpen = false;

  function show() {
    const { state } = client;
    wasOpen ||= state === "open";
    word.dataset.state = state;
    word.textContent = WORDS[state];
    const isRefused = state === "closed" && client.closeCode === CLOSE_CODES.POLICY_VIOLATION;
    // Where it was never let in, the page asks for a login instead.
    bar.hidden = state === "open" || state === "connecting" || (isRefused && !wasOpen);
    if (state === "away") fill(bar, AWAY, " ", button("Try now", () => client.retry(), { class: "link" }));
    else if (state === "closed") fill(bar, isRefused ? LOGGED_OUT : ENDED, " ", button("Load the page again", () => location.reload(), { class: "link" }));
    else fill(bar);
  }
  client.addEventListener("statechange", show);
  show();
}
