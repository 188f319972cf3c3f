/**
 * Asks as the original's scripts do, and prints each event as a line of JSON.
 *
 * Usage: node client.js URL REQUESTS [TRANSPORT…], where REQUESTS is a JSON list.
 */
import { io } from "socket.io-client";

const [url, requests, ...transports] = process.argv.slice(2);
const socket = io(url, { reconnection: false, ...(transports.length > 0 && { transports }) });
const asked = JSON.parse(requests);
let answered = 0;

/** @param {unknown[]} told */
function print(...told) {
  console.log(JSON.stringify(told));
}

socket.onAny((event, payload) => {
  print(event, payload);
  answered += 1;
  if (answered === asked.length) acknowledge();
});

async function acknowledge() {
  print("acknowledged", await socket.timeout(10_000).emitWithAck("prediction_request", asked[0]));
  print("over", socket.io.engine.transport.name);
  socket.disconnect();
}

socket.on("connect_error", (error) => {
  print("connect_error", error.message);
  process.exitCode = 1;
});

socket.on("connect", () => {
  for (const request of asked) socket.emit("prediction_request", request);
});
