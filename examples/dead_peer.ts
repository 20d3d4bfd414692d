/**
 * Notices that the other side is gone without a word: its machine was switched
 * off, or the network between was cut. TCP tells nobody for minutes. In version
 * 1.1 lekt asks by itself (`pingIntervalMs`, `silenceTimeoutMs`), and this is
 * not needed; peers of version 1.0 cannot answer, so both sides send an empty
 * message when they have nothing to say, and close the connection when nothing
 * at all has come for three such intervals.
 *
 * deno run --allow-net=127.0.0.1 examples/dead_peer.ts
 */
import { connect, type Connection, listen } from "@lekt/lekt";
import { assertEquals } from "@std/assert";

const PULSE_MS = 50; // ten seconds in a real program

/** The messages of a connection, which ends when its other side is silent; empty messages are the pulse. */
async function* alive(connection: Connection): AsyncGenerator<string> {
  let silentCount = 0;
  const pulse = setInterval(() => {
    if (++silentCount > 3) connection.close();
    else connection.send("").catch(() => {});
  }, PULSE_MS);
  try {
    for await (const message of connection) {
      const text = await message.text();
      silentCount = 0;
      if (text !== "") yield text;
    }
  } finally {
    clearInterval(pulse);
  }
}

const ended: string[] = [];
const allEnded = Promise.withResolvers<void>();
await using listener = await listen({
  nickname: "bob",
  methods: ["tcp://127.0.0.1:0"],
  accept: () => true,
  limits: { closeTimeoutMs: 50 },
});
listener.serve(async (connection) => {
  for await (const text of alive(connection)) await connection.send(text);
  ended.push(connection.remote.nickname);
  if (ended.length === 2) allEnded.resolve();
});

// Alice answers. Carol stands for a machine that is gone: she is
// connected, and nothing comes from her any more.
await using alice = await connect(listener.methods, { nickname: "alice" });
await using carol = await connect(listener.methods, { nickname: "carol" });
const messages = alive(alice);
const reply = messages.next(); // from here on she reads, and keeps the pulse
while (await carol.receive()); // bob's pulse, and then the end
console.log(`${ended} was given up, alice is still there`);
assertEquals(ended, ["carol"]);
await alice.send("hello");
assertEquals((await reply).value, "hello");
await alice.closeWrite();
await allEnded.promise;
await messages.return(undefined);
