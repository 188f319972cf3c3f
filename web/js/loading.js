// Loads a part of the page's code that somebody waits for, who would also wait for the service.

/** @typedef {import("./client/index.js").Client} Client */

const TRIES = 3;
const PAUSE_MS = 1_000;

/**
 * @template T
 * @param {() => Promise<T>} load
 * @param {Client} client where it has lost its connection, the same is tried once it has one again
 * @param {AbortSignal} signal nobody waits any more
 * @returns {Promise<T>}
 */
export async function loadWith(load, client, signal) {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await load();
    } catch (error) {
      if (left === 1) throw error;
      await connected(client, signal);
    }
  }
}

/**
 * A part that cannot be had is often the first to know that the service is away: the connection is looked at after a while.
 *
 * @param {Client} client
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function connected(client, signal) {
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const look = () => {
      if (client.state !== "open" && !signal.aborted) return;
      end.abort();
      signal.aborted ? reject(signal.reason) : resolve();
    };
    client.addEventListener("statechange", look, { signal: end.signal });
    signal.addEventListener("abort", look, { signal: end.signal });
    setTimeout(look, PAUSE_MS);
  });
}
