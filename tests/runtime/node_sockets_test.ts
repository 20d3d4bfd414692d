// Sockets by `node:net`, as Node and Bun have them; here on Deno, which has that module too.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, Server, Socket } from "node:net";
import {
  connectTcp,
  connectUnix,
  listenTcp,
  listenUnix,
  NodeSocket,
  socketPair,
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

Deno.test("a socket of node:net that is closed or has failed says so to who reads it", async () => {
  const [alice, bob] = await socketPair();
  await bob.closeWrite();
  const memory = new Uint8Array(4);
  assertEquals(await within(alice.read(memory), "the end"), null);
  alice.close();
  await assertRejects(() => alice.read(memory), Error, "is closed");
  bob.close();

  const listener = await listenTcp(PLACE);
  const raw = connect({ host: "127.0.0.1", port: listener.addr.port });
  await within(new Promise((resolve) => raw.once("connect", resolve)), "it");
  const carol = new NodeSocket(raw);
  const failure = assertRejects(() => carol.read(memory), Error, "cut");
  raw.destroy(new Error("cut"));
  await within(failure, "the failure");
  listener.close();
});

Deno.test("a socket of node:net of which something is read already is not given away", async () => {
  const [alice, bob] = await socketPair();
  await bob.write(new TextEncoder().encode("hello"));
  await within(alice.read(new Uint8Array(1)), "a byte");
  assertThrows(() => alice.release(), Error, "too early");
  bob.release().destroy();
  alice.close();
});

Deno.test("a pair of sockets leaves out another program that connects between them", async () => {
  const { prototype } = Socket;
  const { connect } = prototype;
  const strangers: Deno.Conn[] = [];
  prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    prototype.connect = connect;
    const [[options]] = args as [[{ port: number }]];
    Deno.connect({ hostname: "127.0.0.1", port: options.port }).then(
      (stranger) => {
        strangers.push(stranger);
        Reflect.apply(connect, this, args);
      },
    );
    return this;
  } as typeof connect;
  try {
    const [near, far] = await within(socketPair(), "the pair");
    assertEquals(strangers.length, 1);
    await within(talk(near, far), "what they say");
    const memory = new Uint8Array(1);
    assertEquals(await within(strangers[0]!.read(memory), "the end"), null);
  } finally {
    prototype.connect = connect;
    for (const stranger of strangers) stranger.close();
  }
});

Deno.test("of clients whom nobody takes a listener of node:net keeps 1,024, but for those that are gone", async () => {
  const { prototype } = Server;
  const { listen } = prototype;
  let server: Server | undefined;
  prototype.listen = function (this: Server, ...args: unknown[]): Server {
    prototype.listen = listen;
    return server = Reflect.apply(listen, this, args) as Server;
  } as typeof listen;
  const listener = await listenTcp(PLACE);
  const gone = new Socket().destroy();
  const clients = Array.from({ length: 1_026 }, () => new Socket());
  for (const client of [gone, ...clients]) server!.emit("connection", client);
  assertEquals(
    clients.map(({ destroyed }) => destroyed).indexOf(true),
    1_024,
  );
  const first = await listener.accept() as NodeSocket;
  assertEquals(first.release() === clients[0], true, "who comes first");
  listener.close();
});
