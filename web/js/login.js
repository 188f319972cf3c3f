// Whether somebody has to log in, or has: what that takes is loaded only then.

import { ApiError } from "./api.js";

/** @typedef {import("./catalogue.js").Catalogue} Catalogue */

const NAME = /(?:^|; )tornado-ml-name=([^;]+)/;

/**
 * @param {Catalogue} catalogue the first to be told that the service asks for a token
 * @param {HTMLElement} main
 */
export function startLogin(catalogue, main) {
  const name = NAME.exec(document.cookie)?.[1];
  if (name !== undefined) void load(({ showWho }) => showWho(decodeURIComponent(name)));
  catalogue.addEventListener("change", () => {
    const { error } = catalogue;
    if (error instanceof ApiError && error.status === 401) void load(({ askForToken }) => askForToken(main));
  });
}

/** @param {(views: typeof import("./views/login.js")) => Promise<void>} use */
async function load(use) {
  await import("./views/login.js").then(use).catch(() => {}); // what is shown says that nothing could be loaded
}
