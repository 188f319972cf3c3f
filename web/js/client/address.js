// Where the service is, and what is offered to it.

import { SUBPROTOCOL_JSON } from "./protocol.js";

const BEARER = "tornado-ml.bearer.";

/**
 * The address of the socket, from that or from the address of the service.
 *
 * @param {string | URL} url `wss://…/ws`, or `https://…/`
 */
export function socketUrl(url) {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, "ws");
  address.hash = "";
  if (address.pathname.endsWith("/")) address.pathname += "ws";
  return address.href;
}

/**
 * The subprotocols to offer. A browser lets a page set no header of a socket, so a token travels as one of them.
 *
 * @param {string} [token]
 */
export function subprotocols(token) {
  return token === undefined ? [SUBPROTOCOL_JSON] : [SUBPROTOCOL_JSON, BEARER + base64url(token)];
}

/** @param {string} text */
function base64url(text) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
