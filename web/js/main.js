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

// What was known may be out of date when a connection is there again, and what could not be loaded may be there now.
let wasAway = false;
client.addEventListener("statechange", () => {
  if (client.state === "open" && (wasAway || catalogue.error !== null)) catalogue.renew();
  wasAway = client.state === "away";
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  client.retry();
  catalogue.refresh();
});
addEventListener("online", () => client.retry());
catalogue.load();
catalogue.follow(client).catch(() => {}); // ends with the client; the bar above the page says so

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
