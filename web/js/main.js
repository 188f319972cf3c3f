// Starts the page: one connection, one catalogue, and the view that the address asks for.

import { Catalogue } from "./catalogue.js";
import { connect } from "./client/index.js";
import { startRouter } from "./router.js";
import { showConnection } from "./views/connection.js";
import { metadataView } from "./views/metadata.js";
import { modelsView } from "./views/models.js";
import { notFoundView } from "./views/not-found.js";
import { predictView } from "./views/predict.js";

const client = connect(socketUrl());
const catalogue = new Catalogue();

// Each tells the other what it notices first: a connection that is lost or there again, a service that answers again.
let wasAway = false;
let wasFailing = false;
client.addEventListener("statechange", () => {
  if (wasAway && client.state === "open") catalogue.renew();
  // Not at once: a service that stops may still answer, with what is left of it.
  else if (client.state === "away") catalogue.loadSoon();
  wasAway = client.state === "away";
});
catalogue.addEventListener("load", () => {
  if (wasFailing && catalogue.error === null) client.retry();
  wasFailing = catalogue.error !== null;
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) catalogue.refresh();
});
addEventListener("online", () => client.retry());
catalogue.load();

showConnection(client, { word: byId("connection"), bar: byId("away") });
startRouter(
  byId("main"),
  [
    { pattern: /^\/$/, view: () => modelsView(catalogue) },
    { pattern: /^\/models\/([^/]+)\/metadata$/, view: (name) => metadataView(name, catalogue) },
    { pattern: /^\/models\/([^/]+)\/predict$/, view: (name) => predictView(name, client, catalogue) },
  ],
  notFoundView,
);

function socketUrl() {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
