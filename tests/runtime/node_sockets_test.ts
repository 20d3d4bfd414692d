// Sockets by `node:net`, as Node and Bun have them; here on Deno, which has that module too.
import { assertEquals, assertRejects } from "@std/assert";
import {
  connectTcp,
  connectUnix,
  listenTcp,
  listenUnix,
} from "../../src/runtime/node_sockets.ts";
import type { StreamSocket } from "../../src/runtime/sockets.ts";
import { within } from "../helpers/deadline.ts";

const PLACE = { hostname: "127.0.0.1", port: 0 };

/** Reads to the end of the stream, a few bytes at a time. */
async function readAll(socket: StreamSocket): Promise<string> {
  const memory = new Uint8Array(4);
  const decoder = new TextDecoder();
  let text = "";
  for (let size; (size = await socket.read(memory)) !== null;) {
    text += decoder.decode(memory.subarray(0, size), { stream: true });
  }
  return text;
}

/** Each side sends, ends its stream, and reads what the other one has sent. */
async function talk(alice: StreamSocket, bob: StreamSocket): Promise<void> {
  const encoder = new TextEncoder();
  assertEquals(await alice.write(encoder.encode("hello bob")), 9);
  await alice.closeWrite();
  assertEquals(await within(readAll(bob), "what alice sent"), "hello bob");
  await bob.write(encoder.encode("hello alice"));
  await bob.closeWrite();
  assertEquals(await within(readAll(alice), "what bob sent"), "hello alice");
  alice.close();
  bob.close();
}

Deno.test("sockets of node:net are read when asked, and end one direction at a time", async () => {
  const listener = await listenTcp(PLACE);
  const { hostname, port } = listener.addr;
  const taking = listener.accept();
  const alice = await connectTcp({ hostname, port });
  const bob = await within(taking, "bob");
  assertEquals(alice.localAddr.port, bob.remoteAddr.port);
  assertEquals(alice.remoteAddr, { hostname, port });
  alice.setNoDelay(true);
  alice.setKeepAlive(true);
  await talk(alice, bob);
  listener.close();
});

Deno.test("sockets of node:net reach a Unix socket", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lekt-" });
  const path = `${folder}/socket`;
  const listener = await listenUnix(path);
  const alice = await connectUnix(path);
  // It was accepted before anybody asked for it.
  await talk(alice, await within(listener.accept(), "bob"));
  listener.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a listener of node:net that is closed rejects who waits for a client", async () => {
  const listener = await listenTcp(PLACE);
  const { port } = listener.addr;
  const waiting = assertRejects(() => listener.accept(), Error, "closed");
  listener.close();
  await within(waiting, "the rejection");
  await assertRejects(() => listener.accept(), Error, "closed");
  await assertRejects(() => connectTcp({ ...PLACE, port }));
});

Deno.test("a connection by node:net is given up by its signal", async () => {
  const reason = new Error("not now");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() =>
    connectTcp({ hostname: "127.0.0.1", port: 9, signal })
  );
  assertEquals(error, reason);
});
