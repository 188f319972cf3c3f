// Writes the history: each answer that was asked for, and of live ones those that someone rested at.

import { openHistory } from "./history.js";

/** @typedef {import("../asking.js").Outcome} Outcome */
/** @typedef {import("./history.js").History} History */

const RESTED_MS = 1_000;

/** @type {{timer: ReturnType<typeof setTimeout>} | null} */
let resting = null;

/**
 * @param {string} model
 * @param {Outcome} outcome
 */
export async function record(model, outcome) {
  const entry = entryOf(model, outcome, Date.now());
  if (resting !== null) clearTimeout(resting.timer);
  resting = null;
  const keep = () => openHistory().then((history) => history.add(entry)).catch(() => {}); // full, or forbidden: the page works all the same
  if (outcome.isLive) resting = { timer: setTimeout(keep, RESTED_MS) };
  else await keep();
}

/**
 * @param {string} model
 * @param {Outcome} outcome
 * @param {number} at
 */
export function entryOf(model, { input, answer, error, elapsedMs }, at) {
  const { model_version: version, timing_ms: timing } = answer?.meta ?? {};
  return {
    model,
    at,
    input,
    ...(answer === undefined ? {} : { prediction: answer.prediction }),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    ...(version === undefined ? {} : { version }),
    ...(elapsedMs === null ? {} : { elapsedMs: elapsedMs ?? timing?.total }),
  };
}
