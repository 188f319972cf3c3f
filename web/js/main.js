// Starts the page: one connection, one catalogue, and the view that the address asks for.

import { Actions } from "./actions.js";
import { Catalogue } from "./catalogue.js";
import { connect } from "./client/index.js";
import { startLogin } from "./login.js";
import { openPalette } from "./palette/open.js";
import { whenUsed } from "./presence.js";
import { startRouter } from "./router.js";
import { PALETTE_CHORD, startShortcuts } from "./shortcuts.js";
import { stylesheet } from "./stylesheet.js";
import { showConnection } from "./views/connection.js";
import { showFrame } from "./views/frame.js";
import { lateView } from "./views/late.js";
import { metadataView } from "./views/metadata.js";
import { notFoundView } from "./views/not-found.js";
import { modelPaths } from "./views/parts.js";
import { predictView } from "./views/predict.js";

const client = connect(socketUrl());
const catalogue = new Catalogue();
const actions = new Actions();
const find = () => void openPalette(fillPalette);

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
showConnection(client, { word: byId("connection"), bar: byId("away") });
actions.add([
  { name: "All models", key: "m", act: () => go("/") },
  { name: "Find a model or an action", chord: PALETTE_CHORD, act: find },
  { name: "Find, where nothing is typed", key: "/", act: find },
  { name: "Keyboard shortcuts", key: "?", act: openShortcutList },
]);
const go = startRouter(
  byId("main"),
  [
    { pattern: /^\/$/, view: listView },
    { pattern: /^\/models\/([^/]+)\/metadata$/, view: (name) => metadataView(name, catalogue) },
    { pattern: /^\/models\/([^/]+)\/predict$/, view: (name) => predictView(name, client, catalogue, actions) },
  ],
  notFoundView,
);
// It is not far from any page, and the service may be away when somebody goes to it.
whenUsed().then(loadList).catch(() => {});
startLogin(catalogue, byId("main"));
catalogue.load();
catalogue.follow(client).catch(() => {}); // ends with the client; the bar above the page says so
startShortcuts(actions, find);
showFrame({ openPalette: find, openShortcutList });

function listView() {
  catalogue.includePlugins(); // now, so that they are asked for with the models
  return lateView("Models", async () => (await loadList()).modelsView(catalogue, actions));
}

async function loadList() {
  const [list] = await Promise.all([import("./views/models.js"), stylesheet("/css/list.css")]);
  return list;
}

/** @param {HTMLDialogElement} dialog */
async function fillPalette(dialog) {
  const palette = await import("./palette/palette.js");
  await palette.fillPalette(dialog, actions.all().filter(({ act }) => act !== find), catalogue.models ?? [], (name) => go(modelPaths(name).predict));
}

async function openShortcutList() {
  const list = await import("./palette/list.js").catch(() => null);
  list?.openShortcutList(actions.all());
}

function socketUrl() {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
