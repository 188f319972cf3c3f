// Never run: has to fit the published types as it is, and not to fit them where it says so.

import { connect, PredictionError, type Answer, type ConnectionState, type ErrorCode, type Fault } from "tornado-ml-client";

interface Iris {
  species: "setosa" | "versicolor" | "virginica";
}

export async function use(): Promise<Fault[]> {
  await using client = connect(new URL("wss://example.org/ws"), { token: "secret" });
  const state: ConnectionState = client.state;
  const { prediction, meta }: Answer<Iris> = await client.predict<Iris>("iris_model", { sepal_length: 5.1 }, { deadlineMs: 500, retries: 1 });
  const species: Iris["species"] = prediction.species;
  const total: number | undefined = meta.timing_ms?.total;

  const first = client.predict("iris_model", 1);
  void client.predict("iris_model", 2, { replaces: first, signal: AbortSignal.timeout(10) });

  const written = client.stream<{ text: string }, { text: string }>("text_model", {});
  for await (const { prediction: piece, meta: { index } } of written) console.log(index.toFixed(), piece.text.trim());
  const { prediction: whole } = await written.final;

  await using session = await client.session("anomaly_model", { season_length: 4 });
  const { prediction: unknown } = await session.predict({ value: 1 });
  for await (const value of client.subscribe<{ score: number }>("anomaly_model", "elnino", { policy: "latest", maxRateHz: 2 })) {
    console.log(value.prediction.score.toFixed(2));
  }
  for await (const { qualified_name: name, state: modelState } of client.subscribeModels()) console.log(name, modelState);

  // @ts-expect-error a prediction is unknown as long as nobody says what it is
  unknown.score;
  // @ts-expect-error there is no such policy
  client.subscribe("a", "b", { policy: "newest" });
  // @ts-expect-error what a stream has told cannot be taken back, so it is not sent again
  client.stream("a", 1, { retries: 1 });

  console.log(state, species, total, whole.text);
  try {
    await first;
  } catch (error) {
    if (!(error instanceof PredictionError)) throw error;
    const code: ErrorCode | (string & {}) = error.code;
    if (code === "INVALID_INPUT") return error.details;
  }
  return [];
}
