// What a client does with a service whose connections are cut all the time; the same under Node and in a browser.

/** @typedef {typeof import("../../../web/js/client/index.js")} Library */

const WORDS = 60;
const ROUNDS = 40;

/**
 * @param {Library} library
 * @param {string} url
 * @returns {Promise<Record<string, unknown>>} what came of it
 */
export async function scenario(library, url) {
  const client = library.connect(url);
  let drops = 0;
  client.addEventListener("statechange", () => {
    if (client.state !== "away") return;
    drops += 1;
    setTimeout(() => client.retry(), 50); // for by itself it dials ever more slowly what never lasts
  });
  const [predictions, streamed, remembered, pushed, models] = await Promise.all([
    predict(client),
    stream(client),
    remember(client),
    listen(client),
    firstModels(client),
  ]);
  const errors = await refuse(library, client);
  client.close();
  return { predictions, streamed, remembered, pushed, models, errors, drops, state: client.state };
}

/** @param {import("../../../web/js/client/index.js").Client} client */
async function predict(client) {
  let right = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const inputs = Array.from({ length: 10 }, (_, index) => ({ sepal_length: index, petal_length: round / 10 }));
    const answers = await Promise.all(inputs.map((input) => client.predict("flowers", input)));
    for (const [index, { prediction }] of answers.entries()) {
      const { received } = /** @type {any} */ (prediction);
      right += Number(received.sepal_length === inputs[index].sepal_length && received.petal_length === inputs[index].petal_length);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return right;
}

/** @param {import("../../../web/js/client/index.js").Client} client */
async function stream(client) {
  const written = client.stream("writer", { words: WORDS, pause: 0.03 });
  let text = "";
  let count = 0;
  for await (const { prediction, meta } of written) {
    if (meta.index !== count++) throw new Error(`piece ${meta.index} came where ${count - 1} was due`);
    text += /** @type {any} */ (prediction).text;
  }
  const { prediction } = await written.final;
  return count === WORDS && /** @type {any} */ (prediction).text === `${text.trim()}.`;
}

/** @param {import("../../../web/js/client/index.js").Client} client */
async function remember(client) {
  const session = await client.session("pulse", { jump: 2 });
  const expected = [];
  for (let value = 0; value < ROUNDS; value += 1) {
    expected.push(/** @type {any} */ ((await session.predict({ value })).prediction).expected);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return [expected.every((value, index) => value === (index === 0 ? null : index - 1)), await session.close()];
}

/** @param {import("../../../web/js/client/index.js").Client} client */
async function listen(client) {
  let last = -1;
  let count = 0;
  for await (const { prediction } of client.subscribe("pulse", "beat", { policy: "buffer" })) {
    const beat = Number(/** @type {any} */ (prediction).beat.slice("no. ".length));
    if (last >= 0 && beat !== last + 1) throw new Error(`beat ${beat} came after ${last}`);
    last = beat;
    if (++count === 30) break;
  }
  return count;
}

/** @param {import("../../../web/js/client/index.js").Client} client */
async function firstModels(client) {
  const names = new Set();
  for await (const { qualified_name: name } of client.subscribeModels()) {
    names.add(name);
    if (names.has("flowers") && names.has("pulse")) break;
  }
  return names.has("pulse");
}

/**
 * @param {Library} library
 * @param {import("../../../web/js/client/index.js").Client} client
 */
async function refuse({ PredictionError }, client) {
  const controller = new AbortController();
  const endless = client.stream("writer", { words: 100_000 }, { signal: controller.signal });
  for await (const { meta } of endless) if (meta.index === 3) break;
  const calls = [
    endless.final,
    client.predict("flowers", { sepal_length: "long", petal_length: 1 }),
    client.predict("nobody", {}),
    client.predict("flowers", "x".repeat(100_000)),
    client.predict("writer", { words: 100_000, pause: 1 }, { deadlineMs: 100 }),
    client.predict("writer", { words: 100_000 }, { signal: AbortSignal.timeout(100) }),
  ];
  return Promise.all(
    calls.map((call) =>
      call.then(
        () => "answered",
        (error) => (error instanceof PredictionError ? [error.code, ...error.details.map(({ path }) => path)].join(" ") : error.name),
      ),
    ),
  );
}
