// Types alone: what the client takes and gives.

/**
 * `connecting` until the first attempt ends; then `open`, or `away` while it dials again by itself; `closed` for good, once
 * `close` was called or the service has said that there is no coming back.
 *
 * @typedef {"connecting" | "open" | "away" | "closed"} ConnectionState
 */

/** @typedef {{queue?: number, predict?: number, total?: number}} TimingMs where the service spent the time */

/**
 * @template [Prediction=unknown]
 * @typedef {object} Answer
 * @property {string} model_qualified_name
 * @property {Prediction} prediction
 * @property {{model_version?: string, timing_ms?: TimingMs, batch_size?: number}} meta
 */

/**
 * What a model tells on the way to its answer.
 *
 * @template [Prediction=unknown]
 * @typedef {object} Partial
 * @property {string} model_qualified_name
 * @property {Prediction} prediction
 * @property {{index: number}} meta
 */

/**
 * What comes, one after the other: to iterate, once. To leave the loop is to want no more.
 *
 * @template T
 * @typedef {{
 *   next: () => Promise<IteratorResult<T, undefined>>,
 *   return: () => Promise<IteratorResult<T, undefined>>,
 *   [Symbol.asyncIterator]: () => Values<T>,
 * }} Values
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
 * @typedef {object} RequestOptions
 * @property {AbortSignal} [signal] cancels the request; the call is rejected with the signal's reason
 * @property {number} [deadlineMs] how long the request may wait for a connection, and how long for its answer once the
 *   service has got it
 * @property {object} [replaces] what an earlier call returned: nobody waits for that any more, and it is rejected
 * @property {string} [modelVersion] without it, the newest that is ready
 * @property {{traceparent: string, tracestate?: string}} [trace] the span that asks (W3C Trace Context)
 */

/**
 * @typedef {object} Retries
 * @property {number} [retries] how often it may be sent again where the connection is lost before the answer comes; without
 *   it such a call is rejected, for the model may have run. What a service that stops in good order has not begun is sent
 *   again anyway
 */

/** @typedef {RequestOptions & Retries} PredictOptions */

/**
 * @typedef {object} SessionOptions
 * @property {AbortSignal} [signal] nobody waits for it any more; once it is open it is closed with `close`
 * @property {string} [modelVersion]
 */

/**
 * @typedef {object} SubscribeOptions
 * @property {"latest" | "buffer"} [policy] what becomes of values that are not read in time: newer ones replace them, or
 *   they are kept up to a limit
 * @property {number} [maxRateHz] how many a second are wanted at most
 * @property {AbortSignal} [signal] ends it; the loop throws the signal's reason
 */

/**
 * What a client needs of a WebSocket.
 *
 * @typedef {object} Socket
 * @property {(text: string) => void} send
 * @property {() => void} close
 * @property {(type: "open" | "message" | "close", listener: (event: any) => void) => void} addEventListener
 */

/** @typedef {new (url: string, subprotocols: string[]) => Socket} SocketClass */

/**
 * @typedef {object} ConnectOptions
 * @property {string} [token] who this is, for a service that asks
 * @property {SocketClass} [WebSocket] where there is none, or another one is wanted
 */

export {};
