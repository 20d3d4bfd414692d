import { assert, assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { within } from "../helpers/deadline.ts";
import { parseMethod } from "../../src/transport/method.ts";
import { AcceptLoop } from "../../src/transport/accept_loop.ts";
import { dial, listenOn } from "../../src/transport/dial.ts";
import { isTaken } from "../../src/transport/failure.ts";
import {
  dialTcp,
  formatAddress,
  isSelfConnection,
} from "../../src/transport/tcp.ts";

Deno.test("listenOn() gives the real port of tcp in its method", async () => {
  const listener = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  assert(listener.method.scheme === "tcp");
  assert(listener.method.port > 0);
  assertEquals(listener.method.uri, `tcp://127.0.0.1:${listener.method.port}`);
  listener.close();
  listener.close();
  assertEquals(await listener.accept(), null);
});

Deno.test("dial() and listenOn() speak IPv6 with brackets", async () => {
  const listener = await listenOn(parseMethod("tcp://[::1]:0"));
  const dialled = await dial(parseMethod(listener.method.uri));
  const accepted = await listener.accept();
  assert(listener.method.scheme === "tcp" && accepted !== null);
  assertEquals(dialled.address, `[::1]:${listener.method.port}`);
  assert(/^\[::1\]:\d+$/.test(accepted.address));
  dialled.close();
  accepted.close();
  listener.close();
});

Deno.test("listenOn() says that a tcp port is taken", async () => {
  const listener = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  const error = await assertRejects(
    () => listenOn(listener.method),
    LektError,
    `Cannot listen on ${listener.method.uri}: the address is in use`,
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
  assert(isTaken(error));
  listener.close();
});

Deno.test("dial() to a closed tcp port is UNREACHABLE", async () => {
  const listener = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  listener.close();
  const error = await assertRejects(
    () => dial(listener.method),
    LektError,
    `Cannot reach ${listener.method.uri}`,
  );
  assertEquals(error.code, "UNREACHABLE");
  assert(error.cause instanceof Deno.errors.ConnectionRefused);
});

Deno.test("dial() refuses port 0", async () => {
  const error = await assertRejects(
    () => dial(parseMethod("tcp://127.0.0.1:0")),
    LektError,
    "port 0 only serves to listen",
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
});

Deno.test("dial() with a fired signal rejects with its reason", async () => {
  const reason = new Error("enough");
  const error = await assertRejects(() =>
    dial(parseMethod("tcp://127.0.0.1:1"), {
      signal: AbortSignal.abort(reason),
    })
  );
  assertEquals(error, reason);
});

Deno.test("dial() that is given up when it has connected leaves no socket open", async () => {
  const listener = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  const aborting = new AbortController();
  const reason = new Error("enough");
  const { connect } = Deno;
  async function connectAndFire(
    { signal, ...address }: Deno.ConnectOptions,
  ): Promise<Deno.TcpConn> {
    const connection = await connect(address);
    aborting.abort(reason);
    // As Deno does then: nobody else has the connection.
    signal!.throwIfAborted();
    return connection;
  }
  Object.assign(Deno, { connect: connectAndFire });
  try {
    const { signal } = aborting;
    const error = await assertRejects(() => dial(listener.method, { signal }));
    assertEquals(error, reason);
  } finally {
    Object.assign(Deno, { connect });
  }
  const accepted = await listener.accept();
  const reading = accepted!.read(new Uint8Array(1));
  assertEquals(await within(reading, "its end"), null);
  accepted!.close();
  listener.close();
});

Deno.test("dial() does not follow a stranger's method to this machine", async () => {
  const listener = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  assert(listener.method.scheme === "tcp");
  const { port } = listener.method;
  const options = { refusedScopes: ["local", "linkLocal"] } as const;
  const uris = [
    `tcp://127.0.0.1:${port}`,
    `tls://localhost:${port}`,
    `ws://[::ffff:127.0.0.1]:${port}/`,
    "tcp://169.254.169.254:80",
    "unix:/run/secret.sock",
  ];
  for (const uri of uris) {
    const error = await assertRejects(
      () => dial(parseMethod(uri), options),
      LektError,
      "it leads to a l",
    );
    assertEquals(error.code, "UNREACHABLE");
  }
  // As when a host name leads here: the text of the method is no help then.
  const method = { ...listener.method, uri: "tcp://bob.example:1" };
  await assertRejects(
    () => dialTcp(method, options),
    LektError,
    "Cannot reach tcp://bob.example:1: it leads to a local address",
  );
  (await listener.accept())?.close();
  listener.close();
});

Deno.test("isSelfConnection() knows a connection that met itself", () => {
  const here = {
    transport: "tcp",
    hostname: "127.0.0.1",
    port: 40000,
  } as const;
  assert(isSelfConnection({ localAddr: here, remoteAddr: { ...here } }));
  const there = { ...here, port: 40001 };
  assert(!isSelfConnection({ localAddr: here, remoteAddr: there }));
});

Deno.test("dial() that has met itself has reached nobody, and lets the port go", async () => {
  const { connect } = Deno;
  const here = { transport: "tcp", hostname: "127.0.0.1", port: 40000 };
  let closedCount = 0;
  const met = { localAddr: here, remoteAddr: here, close: () => closedCount++ };
  Object.assign(Deno, { connect: () => Promise.resolve(met) });
  try {
    const error = await assertRejects(
      () => dial(parseMethod("tcp://127.0.0.1:40000")),
      LektError,
      "nobody listens there, the connection led back to itself",
    );
    assertEquals([error.code, closedCount], ["UNREACHABLE", 1]);
  } finally {
    Object.assign(Deno, { connect });
  }
});

Deno.test("formatAddress() writes brackets and unmaps IPv4", () => {
  const address = { transport: "tcp", hostname: "::1", port: 7 } as const;
  assertEquals(formatAddress(address), "[::1]:7");
  assertEquals(
    formatAddress({ ...address, hostname: "::ffff:10.0.0.1" }),
    "10.0.0.1:7",
  );
});

Deno.test("AcceptLoop goes on after failures of accept", async () => {
  let calls = 0;
  const loop = new AcceptLoop<string>({
    accept() {
      calls++;
      return calls < 4
        ? Promise.reject(new Deno.errors.NotConnected("reset"))
        : Promise.resolve("client");
    },
    close() {},
  });
  assertEquals(await loop.accept(), "client");
  assertEquals(calls, 4);
  loop.close();
});

Deno.test("AcceptLoop ends a pause and a pending accept when it is closed", async () => {
  const failing = new AcceptLoop<string>({
    accept: () => Promise.reject(new Error("too many open files")),
    close() {},
  });
  const pausing = failing.accept();
  await Promise.resolve();
  failing.close();
  assertEquals(await pausing, null);

  const pending = Promise.withResolvers<string>();
  const waiting = new AcceptLoop<string>({
    accept: () => pending.promise,
    close: () => pending.reject(new Deno.errors.BadResource("closed")),
  });
  const accepted = waiting.accept();
  waiting.close();
  assertEquals(await accepted, null);
});
