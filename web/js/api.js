// The REST documents that the page reads.

/** @typedef {import("./client/types.js").Model} Model */
/** @typedef {import("./client/types.js").ModelState} ModelState */
/** @typedef {import("./client/types.js").ModelVersion} ModelVersion */
/** @typedef {import("./schema/follow.js").Schema} Schema */

/**
 * @typedef {object} Source a stream of inputs that a plugin has for a model
 * @property {string} name
 * @property {string} description
 */

/**
 * @typedef {object} Capabilities
 * @property {boolean} stream
 * @property {boolean} session
 * @property {Source[]} sources
 */

/**
 * @typedef {object} Details what only a model says that has loaded
 * @property {Schema} input_schema
 * @property {Schema} output_schema
 * @property {Schema | null} [partial_schema]
 * @property {Schema | null} [session_schema] what the parameters of a session fit
 * @property {unknown[]} examples
 * @property {Capabilities} capabilities
 * @property {{max_message_bytes: number}} limits
 * @property {import("./widgets.js").WidgetEntry[]} [widgets] that its schemas may ask for
 */

/** @typedef {Model & Details} Metadata */

/**
 * @typedef {object} Plugin
 * @property {string} name
 * @property {string | null} version
 * @property {"entry_point" | "directory" | "settings"} origin
 * @property {string} location
 * @property {"loaded" | "failed" | "disabled"} state
 * @property {{models: string[]}} registered
 * @property {string | null} reason
 * @property {string} [traceback] for who may see it
 */

const TIMEOUT_MS = 10_000;

/** The service answered with an error. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, message?: string}} document
   */
  constructor(status, { code = "", message = `The service answered with status ${status}.` }) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

/** The service did not answer. */
export class Unreachable extends Error {
  constructor() {
    super("The service does not answer.");
    this.name = "Unreachable";
  }
}

/** @returns {Promise<Model[]>} */
export async function getModels() {
  return (await get("/api/models")).models;
}

/** @returns {Promise<Plugin[]>} */
export async function getPlugins() {
  return (await get("/api/plugins")).plugins;
}

/**
 * @param {string} name
 * @returns {Promise<Metadata>}
 */
export async function getMetadata(name) {
  return get(`/api/models/${encodeURIComponent(name)}/metadata`);
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
async function get(path) {
  const response = await fetch(path, {
    headers: { Accept: "application/json" },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => {
    throw new Unreachable();
  });
  const document = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, document);
  return document;
}
