// Types alone: what the client takes and gives.

/**
 * `connecting` until the first attempt ends; then `open`, or `away` while it dials again by itself; `closed` for good, once
 * `close` was called or the service has said that there is no coming back.
 *
 * @typedef {"connecting" | "open" | "away" | "closed"} ConnectionState
 */

/**
 * @typedef {object} Answer
 * @property {string} model_qualified_name
 * @property {unknown} prediction
 * @property {{model_version?: string, timing_ms?: {queue?: number, predict?: number, total?: number},
 *   batch_size?: number}} meta
 */

/**
 * What a model tells on the way to its answer.
 *
 * @typedef {object} Partial
 * @property {string} model_qualified_name
 * @property {unknown} prediction
 * @property {{index: number}} meta
 */

/** @typedef {"loading" | "ready" | "failed" | "unloading"} ModelState */
/** @typedef {{model_version: string, state: ModelState, reason?: string | null}} ModelVersion */

/**
 * A model, as `GET /api/models` lists it.
 *
 * @typedef {object} Model
 * @property {string} qualified_name
 * @property {string} display_name
 * @property {string} description
 * @property {number} major_version
 * @property {number} minor_version
 * @property {ModelState} state
 * @property {ModelVersion[]} versions
 */

/**
 * Why a session has ended: the service's reason, or `connection_lost` where the service may never have said one.
 *
 * @typedef {"closed" | "idle" | "worker_died" | "unloaded" | "connection_lost"} EndReason
 */

/**
 * @typedef {object} PredictOptions
 * @property {AbortSignal} [signal] cancels the request; the call is rejected with the signal's reason
 * @property {number} [deadlineMs] in which the service must answer, from when it has got the request
 * @property {object} [replaces] what an earlier call returned: nobody waits for that any more, and it is rejected
 * @property {string} [modelVersion] without it, the newest that is ready
 */

/**
 * @typedef {object} SubscribeOptions
 * @property {"latest" | "buffer"} [policy] what becomes of values that are not read in time: newer ones replace them, or
 *   they are kept up to a limit
 * @property {number} [maxRateHz] how many a second are wanted at most
 * @property {AbortSignal} [signal] ends it; the loop throws the signal's reason
 */

export {};
