// A directory that relays, or names relays.
import { connect, listen } from "@lekt/lekt";
import {
  createIdentity,
  DirectoryClient,
  startDirectory,
} from "@lekt/lekt/directory";
import { createRelay } from "@lekt/lekt/relay";
import { assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { withAnswers } from "../helpers/directory.ts";
import { alice, bob } from "../helpers/relay_scene.ts";

Deno.test("two find each other by a directory, and talk by its relay, verified", async () => {
  await using directory = await startDirectory({
    port: 0,
    relay: createRelay(),
  });
  const client = new DirectoryClient(directory.url);
  const [relay] = await client.relays();
  assertEquals(relay, directory.url);
  const identity = await createIdentity();
  await using listener = await listen({
    nickname: "bob",
    methods: [],
    relay: { url: relay!, identity },
    tls: bob,
    directory: client,
    accept: (remote) => remote.verified,
  });
  const [uri] = listener.methods;
  assertEquals(
    uri,
    `${directory.url.replace("http", "relay+ws")}/${identity.thumbprint}`,
  );
  await using _bob = await client.register(identity, {
    nickname: "bob",
    methods: [{ uri: uri!, priority: 0, spki: bob.spki }],
  });
  await using _alice = await client.register(await createIdentity(), {
    nickname: "alice",
    methods: [],
    spki: alice.spki,
  });
  listener.serve(async (connection) => {
    await connection.send(connection.remote.method);
  });
  const connection = await connect("bob", {
    nickname: "alice",
    directory: client,
    tls: alice,
  });
  assertEquals(connection.remote.verified, true);
  assertEquals(connection.remote.thumbprint, identity.thumbprint);
  assertEquals(connection.remote.method, uri);
  assertEquals(await (await connection.receive())?.text(), uri);
  await connection.close();
  await listener.shutdown();
});

Deno.test("a directory names its relays, and its own by its own name", async () => {
  const table = [
    [{}, []],
    [{ relays: ["https://relay.example"] }, ["https://relay.example"]],
    [{ relay: createRelay() }, ["/"]],
    [
      { relay: createRelay(), origins: ["https://dir.example"] },
      ["https://dir.example"],
    ],
    [
      {
        relay: createRelay({ origins: ["https://r1.example"] }),
        origins: ["https://dir.example"],
        relays: ["https://r2.example"],
      },
      ["https://r1.example", "https://r2.example"],
    ],
  ] as const;
  for (const [options, relays] of table) {
    await using directory = await startDirectory({ port: 0, ...options });
    const answer = await fetch(`${directory.url}/v1/relays`);
    assertEquals(await answer.json(), { relays });
  }
  await assertRejects(
    () => startDirectory({ port: 0, relays: ["relay.example"] }),
    LektError,
    "as the origin of a relay",
  );
});

Deno.test("a client takes only relays that it may use", async () => {
  const relays = [
    "https://relay.example/path",
    "http://127.0.0.1:15360",
    "ftp://relay.example",
    7,
    "http://[",
    "/",
    "https://relay.example",
  ];
  await withAnswers(
    () => Response.json({ relays }),
    async (url) => {
      const local = new DirectoryClient(url);
      assertEquals(await local.relays(), [
        "https://relay.example",
        "http://127.0.0.1:15360",
        url,
      ]);
      const strict = new DirectoryClient(url, { allowLocal: false });
      assertEquals(await strict.relays(), ["https://relay.example"]);
    },
  );
  await withAnswers(() => new Response(null, { status: 404 }), async (url) => {
    assertEquals(await new DirectoryClient(url).relays(), []);
  });
  for (const body of ["{", "[]", '{"relays":"x"}']) {
    await withAnswers(() => new Response(body), async (url) => {
      const error = await assertRejects(
        () => new DirectoryClient(url).relays(),
        LektError,
      );
      assertEquals(error.code, "PROTOCOL");
    });
  }
});
