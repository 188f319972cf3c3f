// The same question in the words of other programs: each text works as it stands.

import { EVENTS, SUBPROTOCOL_JSON } from "../client/protocol.js";
import { javascriptLiteral, pythonLiteral } from "./literals.js";

/** @typedef {{origin: string, model: string, input: unknown}} Question `origin` of the service: `http://host:port` */

/**
 * @typedef {object} Snippet
 * @property {string} title
 * @property {string} hint on what it needs
 * @property {(question: Question) => string} text
 */

/** @type {readonly Snippet[]} */
export const SNIPPETS = Object.freeze([
  { title: "curl", hint: "For a shell such as bash.", text: curl },
  { title: "Python", hint: "Needs tornado-ml where it runs.", text: python },
  { title: "Python, websockets", hint: "Needs nothing of tornado-ml: pip install websockets.", text: pythonWebsockets },
  { title: "JavaScript", hint: "For the console of this page, or a module of a page of this service.", text: javascript },
  { title: "Socket frame", hint: "One text message, for any WebSocket client.", text: frame },
]);

/** @param {Question} question */
function curl({ origin, model, input }) {
  const body = JSON.stringify(input).replaceAll("'", "'\\''");
  return [
    `curl '${origin}/api/models/${encodeURIComponent(model)}/predictions' \\`,
    "  --header 'Content-Type: application/json' \\",
    `  --data-raw '${body}'`,
  ].join("\n");
}

/** @param {Question} question */
function python({ origin, model, input }) {
  return `from tornado_ml.client import predict

answer = predict(
    ${JSON.stringify(origin)},
    ${JSON.stringify(model)},
    ${indented(pythonLiteral(input))},
)
print(answer["prediction"])`;
}

/** @param {Question} question */
function pythonWebsockets({ origin, model, input }) {
  return `import json
from websockets.sync.client import connect

request = {
    "event": "${EVENTS.PREDICTION_REQUEST}",
    "data": {
        "model_qualified_name": ${JSON.stringify(model)},
        "input_data": ${indented(pythonLiteral(input), "        ")},
    },
}
with connect("${origin.replace(/^http/, "ws")}/ws", subprotocols=["${SUBPROTOCOL_JSON}"]) as socket:
    socket.send(json.dumps(request))
    print(json.loads(socket.recv())["data"])`;
}

/** @param {Question} question */
function javascript({ origin, model, input }) {
  return `const { connect } = await import("${origin}/js/client/index.js");

const client = connect("${origin.replace(/^http/, "ws")}/ws");
const answer = await client.predict(${JSON.stringify(model)}, ${javascriptLiteral(input)});
console.log(answer.prediction);
client.close();`;
}

/** @param {Question} question */
function frame({ model, input }) {
  return JSON.stringify({ event: EVENTS.PREDICTION_REQUEST, id: "1", data: { model_qualified_name: model, input_data: input } });
}

/**
 * @param {string} text
 * @param {string} [indent] of all lines but the first
 */
function indented(text, indent = "    ") {
  return text.replaceAll("\n", `\n${indent}`);
}
