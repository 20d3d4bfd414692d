/**
 * The other process of the loopback benchmark: receives over lekt and over raw
 * TCP, and tells each sender at the end what came. Prints its two ports.
 *
 * @module
 */
import { type Connection, listen } from "../../mod.ts";
import { equals } from "@std/bytes";
import { patternOf } from "./loopback_pattern.ts";

const READ_SIZE = 0x4_0000;

/** Takes all messages; the first one says whether to compare their bytes. */
async function receiveMessages(connection: Connection): Promise<void> {
  const first = await connection.receive();
  const { size, isChecked } = await first!.json();
  const pattern = patternOf(size);
  let count = 0;
  let isEqual = true;
  for await (const message of connection) {
    const bytes = await message.bytes();
    count++;
    if (isChecked && !equals(bytes, pattern)) isEqual = false;
    if (bytes.length !== size) isEqual = false;
  }
  await connection.send(JSON.stringify({ count, isEqual }));
  await connection.closeWrite();
}

async function serveLekt(): Promise<string> {
  const listener = await listen({
    nickname: "receiver",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  (async () => {
    for await (const connection of listener) {
      await receiveMessages(connection);
      await connection.closed;
    }
  })();
  return listener.methods[0]!;
}

/** Reads to the end, then answers with the count of bytes. */
async function receiveRaw(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(READ_SIZE);
  let total = 0;
  for (;;) {
    const size = await connection.read(buffer);
    if (size === null) break;
    total += size;
  }
  await connection.write(new TextEncoder().encode(`${total}`));
  connection.close();
}

function serveRaw(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const connection of listener) await receiveRaw(connection);
  })();
  return (listener.addr as Deno.NetAddr).port;
}

if (import.meta.main) {
  const method = await serveLekt();
  console.log(JSON.stringify({ method, port: serveRaw() }));
}
