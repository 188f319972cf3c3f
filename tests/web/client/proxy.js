// Stands before a service and cuts sockets: node proxy.js PORT_OF_SERVICE. Says its own port in a line, and how many it has
// cut when its input ends.

import { connect, createServer } from "node:net";

const [, , port] = process.argv;
const LIVES_MS = [150, 300, 40, 500, 250];
let cutCount = 0;

const server = createServer((client) => {
  const service = connect(Number(port), "127.0.0.1");
  client.once("data", (head) => {
    if (/^upgrade: websocket/im.test(head.toString("latin1"))) {
      const life = LIVES_MS[cutCount % LIVES_MS.length];
      setTimeout(() => cut(client, service), life);
    }
  });
  client.pipe(service).pipe(client);
  for (const [one, other] of [[client, service], [service, client]]) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
});

/**
 * Now in good order, as far as TCP knows, now not; sometimes the service is told nothing for a while.
 *
 * @param {import("node:net").Socket} client
 * @param {import("node:net").Socket} service
 */
function cut(client, service) {
  if (client.destroyed) return;
  cutCount += 1;
  client.unpipe();
  service.unpipe();
  if (cutCount % 3 === 0) client.resetAndDestroy();
  else if (cutCount % 3 === 1) client.end();
  else {
    client.removeAllListeners("close");
    client.destroy();
    setTimeout(() => service.destroy(), 400);
  }
}

server.listen(0, "127.0.0.1", () => console.log(/** @type {import("node:net").AddressInfo} */ (server.address()).port));
process.stdin.resume();
process.stdin.on("end", () => {
  console.log(cutCount);
  process.exit();
});
