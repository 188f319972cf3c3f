// How long to wait before dialling again.

const BASE_MS = 500;
const CAP_MS = 30_000;

/**
 * A random wait in milliseconds, between 0 and a bound that doubles with each attempt: "full jitter", so that many
 * clients of a service that comes back do not all arrive at once.
 *
 * @param {number} attempt counts from 0
 * @param {() => number} [random] uniform in [0, 1)
 * @returns {number}
 */
export function backoff(attempt, random = Math.random) {
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** attempt);
}
