/**
 * Forgets a connection without closing it, and tells how the other side sees it
 * end. With the argument `unread` it forgets a message with it. Run with
 * `--v8-flags=--expose-gc`.
 *
 * @module
 */
import { connect, listen, type Listener } from "../../mod.ts";

const { gc } = globalThis as unknown as { gc: () => void };

async function takeAndForget(listener: Listener): Promise<void> {
  for await (const connection of listener) {
    if (Deno.args[0] === "unread") return;
    for await (const message of connection) await message.text();
    return;
  }
}

const listener = await listen({
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: () => true,
});
const connection = await connect(listener.methods, { nickname: "alice" });
await connection.send("hello");
await connection.closeWrite();
await takeAndForget(listener);

const collecting = setInterval(gc, 5);
const late = setTimeout(() => Deno.exit(1), 10_000);
const { clean } = await connection.closed;
console.log(`clean: ${clean}`);
clearInterval(collecting);
clearTimeout(late);
await listener.close();
