/**
 * Sends a file of any size: streamed from disk to disk, never in memory as a
 * whole, and compared by SHA-256 at the end. The content is one message, its
 * digest a second one, and the receiver answers with a third.
 *
 * Both ends in one process, with a file made for it:
 *
 * deno run --allow-net=127.0.0.1 --allow-read --allow-write examples/send_file.ts
 *
 * Or each end in its own terminal, on one machine or on two:
 *
 * deno run --allow-net --allow-write=COPY examples/send_file.ts receive tcp://127.0.0.1:15358 COPY
 * deno run --allow-net --allow-read=FILE examples/send_file.ts send tcp://127.0.0.1:15358 FILE
 */
import { connect, type Connection, listen } from "@lekt/lekt";
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";

const DEMO_SIZE = 16 * 1024 * 1024;

const DECISION = {
  nickname: "receiver",
  accept: (remote: { nickname: string }): true | string =>
    remote.nickname === "sender" || "I only wait for a file",
};

/** Passes the chunks on, and adds them to the digest on their way. */
async function* hashing(
  chunks: AsyncIterable<Uint8Array>,
  hash: { update(chunk: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Sends the file at `path`; returns its SHA-256. */
async function sendFile(
  target: string | string[],
  path: string,
): Promise<string> {
  await using connection = await connect(target, { nickname: "sender" });
  const file = await Deno.open(path);
  const hash = createHash("sha256");
  await connection.send(hashing(file.readable, hash));
  const sha256 = hash.digest("hex");
  await connection.send(sha256);
  const answer = await (await connection.receive())?.text();
  assertEquals(answer, "the same", "The other side has something else");
  return sha256;
}

/** Receives one file to `path`, which must be free; returns its SHA-256. */
async function receiveFile(
  connection: Connection,
  path: string,
): Promise<string> {
  // Handed over while it still arrives: a slow disk slows the sender.
  const content = await connection.receive();
  assert(content, "The other side has sent nothing");
  const file = await Deno.open(path, { write: true, createNew: true });
  const hash = createHash("sha256");
  await ReadableStream.from(hashing(content.body, hash))
    .pipeTo(file.writable);
  const sha256 = hash.digest("hex");
  const expected = await (await connection.receive())?.text();
  await connection.send(sha256 === expected ? "the same" : "different");
  assertEquals(sha256, expected, "What has arrived is not what was sent");
  return sha256;
}

/** Makes a file and sends it from here to here. */
async function demonstrate(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-send-file-" });
  try {
    const bytes = new Uint32Array(DEMO_SIZE / 4).map((_, index) => index);
    await Deno.writeFile(`${folder}/file`, new Uint8Array(bytes.buffer));
    const methods = ["tcp://127.0.0.1:0"];
    await using listener = await listen({ ...DECISION, methods });
    listener.serve(async (connection) => {
      await receiveFile(connection, `${folder}/copy`);
    });
    const sha256 = await sendFile(listener.methods, `${folder}/file`);
    assertEquals((await Deno.stat(`${folder}/copy`)).size, DEMO_SIZE);
    console.log(`${DEMO_SIZE} bytes have arrived, SHA-256 ${sha256}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const [command, method = "", path = ""] = Deno.args;
if (command === "receive") {
  await using listener = await listen({ ...DECISION, methods: [method] });
  console.log(`Waiting on ${listener.methods}`);
  await listener.serve(async (connection) => {
    console.log(`${await receiveFile(connection, path)}  ${path}`);
    listener.shutdown(); // one file, and done
  });
} else if (command === "send") {
  console.log(`${await sendFile(method, path)}  ${path}`);
} else {
  await demonstrate();
}
