/**
 * A program with many connections: `crowd.ts METHOD COUNT`. Begins a message on
 * each, says so on standard output, and sends another one, whole, over each
 * when a line comes on standard input; then it ends.
 *
 * @module
 */
import { connect, type Connection } from "../../mod.ts";

/** So many are opened at a time: more than 8 of an address may have to wait. */
const AT_ONCE = 8;

const [method, count] = [Deno.args[0]!, Number(Deno.args[1])];
const connections: Connection[] = [];

/** A hundred bytes, and no end. */
function begun(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(100)),
  });
}

async function open(): Promise<void> {
  while (connections.length < count) {
    const index = connections.length;
    connections.length = index + 1;
    const connection = await connect(method, { nickname: "crowd" });
    connections[index] = connection;
    connection.send(begun()).catch(() => {});
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, open));
console.log(JSON.stringify({ rss: Deno.memoryUsage().rss }));
await Deno.stdin.read(new Uint8Array(1));
await Promise.all(connections.map((connection) => connection.send("whole")));
console.log("{}");
await Deno.stdin.read(new Uint8Array(1));
Deno.exit(0);
