/**
 * A server without lekt, for the floor: what part of a ping's time is the
 * machine's and the runtime's. Prints its port. The first byte of a connection
 * says what it is: what an honest one sends goes back, what a flooder sends is
 * read and dropped. `bare_server.ts busy` works all the time beside, once a
 * flooder is there, as one does that takes what floods it apart: so it has to
 * wait for a processor as that one has.
 *
 * @module
 */
import { BARE_HONEST, writeAll } from "./bare.ts";

/** As much as lekt reads at once, from who sends much. */
const READ_SIZE = 256 * 1024;

/** The busy one works for so long in one go, in milliseconds. */
const WORK_MS = 0.5;

/** Turns of the event loop after which Deno has read what has arrived. */
const ARRIVAL_TURNS = 64;

let isBusy = false;

async function keepBusy(): Promise<void> {
  isBusy = true;
  for (;;) {
    const endMs = performance.now() + WORK_MS;
    while (performance.now() < endMs);
    for (let turn = 0; turn < ARRIVAL_TURNS; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

async function serve(socket: Deno.Conn): Promise<void> {
  const role = new Uint8Array(1);
  await socket.read(role);
  const isHonest = role[0] === BARE_HONEST;
  if (!isHonest && !isBusy && Deno.args[0] === "busy") keepBusy();
  const into = new Uint8Array(READ_SIZE);
  for (;;) {
    const size = await socket.read(into);
    if (size === null) break;
    if (isHonest) await writeAll(socket, into.subarray(0, size));
  }
  socket.close();
}

if (import.meta.main) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(listener.addr.port);
  for await (const socket of listener) {
    socket.setNoDelay(true);
    // A flooder is killed, which may reset its connections.
    serve(socket).catch(() => {});
  }
}
