/**
 * The process that is flooded: `server.ts SCHEME...`. Prints its methods, and
 * the key of its certificate, as JSON. How it reads from a client, the client
 * says by its nickname.
 *
 * @module
 */
import { type Connection, listen } from "../../../mod.ts";
import { makeCertificate } from "../../../src/transport/make_certificate.ts";
import type { Reading } from "./floods.ts";

async function serve(connection: Connection): Promise<void> {
  const [kind, reading] = connection.remote.nickname.split(" ");
  if (kind !== "flood") {
    for await (const message of connection) {
      await connection.send(await message.bytes());
    }
    return;
  }
  await READERS[reading as Reading](connection);
}

const READERS: Record<Reading, (connection: Connection) => Promise<void>> = {
  async iterate(connection) {
    for await (const _ of connection);
  },
  async receive(connection) {
    while (await connection.receive());
  },
  async batches(connection) {
    for await (const messages of connection.batches()) {
      for (const message of messages) message.bytesNow();
    }
  },
  async bytes(connection) {
    for await (const message of connection) {
      await message.bytes().catch(() => {});
    }
  },
  async body(connection) {
    for await (const message of connection) {
      for await (const _ of message.body);
    }
  },
  async echo(connection) {
    for await (const message of connection) {
      await connection.send(await message.bytes());
    }
  },
};

if (import.meta.main) {
  const tls = await makeCertificate();
  const listener = await listen({
    nickname: "server",
    methods: Deno.args.map((scheme) => `${scheme}://127.0.0.1:0`),
    tls,
    accept: () => true,
  });
  const { methods } = listener;
  const pinnedKey = tls.spki;
  console.log(JSON.stringify({ methods, pinnedKey }));
  await listener.serve(serve, { onError: () => {} });
}
