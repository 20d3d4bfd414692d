// A share of `deno task test:attacks`: who misbehaves is turned away, and others
// are served beside.
import { assertEquals } from "@std/assert";
import { connect, listen } from "../../mod.ts";
import { startDirectory } from "../../src/directory/mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { within } from "../helpers/deadline.ts";
import { receive } from "../helpers/messages.ts";
import { Prng } from "../helpers/prng.ts";
import type { Target } from "./attack.ts";
import { CATALOGUE } from "./catalogue.ts";

const SEED = 20_261_129;

/** How many attacks, of all, at random; and how long each goes on. */
const SHARE = 12;
const ATTACK_MS = 60;

Deno.test("the catalogue has attacks enough, each with a name of its own", () => {
  const names = new Set(CATALOGUE.map(({ name }) => name));
  assertEquals(names.size, CATALOGUE.length);
  assertEquals(names.size >= 60, true);
});

Deno.test("attackers are turned away, and others are served beside them", async () => {
  const seed = SEED + Math.floor(Date.now() / 86_400_000);
  console.log(`seed ${seed}`);
  const prng = new Prng(seed);
  await using listener = await listen({
    nickname: "bob",
    methods: [
      "tcp://127.0.0.1:0",
      "tls://127.0.0.1:0",
      "ws://127.0.0.1:0/lekt",
    ],
    tls: await makeCertificate(),
    accept: () => true,
    onFailure: () => {},
  });
  await using directory = await startDirectory({ port: 0 });
  listener.serve(async (connection) => {
    for await (const message of connection) await connection.send(message.body);
  }, { onError: () => {} });
  const [tcp, tls, ws] = listener.methods;
  const ports = Object.fromEntries(
    Object.entries({ tcp, tls, ws, directory: directory.url }).map((
      [name, method],
    ) => [name, Number(/:(\d+)/.exec(method!)![1])]),
  ) as Record<Target, number>;
  await using alice = await connect(tcp!, { nickname: "alice" });
  for (let count = 0; count < SHARE; count++) {
    const attack = prng.pick(CATALOGUE);
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), ATTACK_MS);
    const context = { ports, prng, signal: over.signal, crowd: 3 };
    await within(attack.run(context), attack.name, 30_000);
    clearTimeout(timer);
    await alice.send(attack.name);
    assertEquals(await (await receive(alice)).text(), attack.name);
  }
});
