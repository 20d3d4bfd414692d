/**
 * A client of a directory in a process of its own: its argument is the
 * directory's URL, and it writes one JSON line for each thing that it tried.
 *
 * @module
 */
import { createIdentity, DirectoryClient } from "../../src/directory/mod.ts";
import { within } from "../helpers/deadline.ts";

const [url] = Deno.args;
const client = new DirectoryClient(url!);

async function tell(name: string, run: () => Promise<string>): Promise<void> {
  const outcome = await run().catch((error) => `fails: ${error}`);
  console.log(JSON.stringify([name, outcome]));
}

await tell("directory: register, look up", async () => {
  const identity = await createIdentity();
  const lease = await client.register(identity, {
    nickname: "bob",
    methods: ["tcp://192.0.2.7:15358"],
  });
  const found = await client.lookup(`bob#${identity.thumbprint}`);
  await lease.unregister();
  return found.methods[0]?.uri === "tcp://192.0.2.7:15358" ? "ok" : "wrong";
});

await tell("directory: events", async () => {
  const stop = new AbortController();
  const events = client.watch("ann", { signal: stop.signal });
  const startMs = performance.now();
  const first = await within(events.next(), "the first event");
  const firstMs = performance.now() - startMs;
  const lease = await client.register(await createIdentity(), {
    nickname: "ann",
    methods: [],
  });
  const putMs = performance.now();
  const second = await within(events.next(), "the second event");
  const delayMs = performance.now() - putMs;
  stop.abort();
  await events.next();
  await lease.unregister();
  const types = `${first.value?.type}, ${second.value?.type}`;
  if (types !== "gone, put") return types;
  const isSoon = firstMs < 2_000 && delayMs < 2_000;
  return isSoon
    ? "ok"
    : `late: ${Math.round(firstMs)}, ${Math.round(delayMs)} ms`;
});
