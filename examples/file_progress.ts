/**
 * A file with progress on both sides. The first message says what comes, the
 * second is the file. The sender counts what the connection has taken, the
 * receiver what has arrived; both stop at what they cannot count on: a size
 * that was announced is a claim until all bytes are there.
 *
 * deno run --allow-net=127.0.0.1 --allow-read --allow-write examples/file_progress.ts
 */
import { connect, type Connection, listen } from "@lekt/lekt";
import { assertEquals } from "@std/assert";

const DEMO_SIZE = 8 * 1024 * 1024;
const SIZE_MAX = 1024 ** 3;

interface Announcement {
  name: string;
  size: number;
}

/** Passes the chunks on, and reports how many bytes went by. */
async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  report: (size: number) => void,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    yield chunk;
    report(size);
  }
}

/** Reports each whole tenth once. */
function progress(who: string, total: number): (size: number) => void {
  let shown = 0;
  return (size) => {
    const tenth = Math.floor(10 * size / total);
    if (tenth === shown) return;
    shown = tenth;
    console.log(`${who}: ${10 * tenth} %`);
  };
}

async function sendFile(connection: Connection, path: string): Promise<void> {
  const { size } = await Deno.stat(path);
  const name = path.split("/").at(-1)!;
  const announcement: Announcement = { name, size };
  await connection.send(JSON.stringify(announcement));
  const { readable } = await Deno.open(path);
  await connection.send(counted(readable, progress("sent", size)));
  assertEquals(await (await connection.receive())?.text(), "stored");
}

async function receiveFile(
  connection: Connection,
  folder: string,
): Promise<void> {
  const announced = await (await connection.receive())?.json() as Announcement;
  if (!(announced.size <= SIZE_MAX)) throw new Error("The file is too large");
  const content = await connection.receive();
  // A name from the other side is never used as a path.
  const file = await Deno.open(`${folder}/received`, {
    write: true,
    createNew: true,
  });
  const report = progress("received", announced.size);
  await ReadableStream.from(counted(content!.body, report))
    .pipeTo(file.writable);
  const { size } = await Deno.stat(`${folder}/received`);
  assertEquals(size, announced.size);
  await connection.send("stored");
}

const folder = await Deno.makeTempDir({ prefix: "lekt-progress-" });
try {
  await Deno.writeFile(`${folder}/film`, new Uint8Array(DEMO_SIZE));
  await using listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  listener.serve((connection) => receiveFile(connection, folder));
  await using bob = await connect(listener.methods, { nickname: "alice" });
  await sendFile(bob, `${folder}/film`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
