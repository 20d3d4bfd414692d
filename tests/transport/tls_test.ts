import { connect, type ConnectionOptions } from "node:tls";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { parseMethod } from "../../src/transport/method.ts";
import type {
  Transport,
  TransportListener,
} from "../../src/transport/transport.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import {
  dial,
  type DialOptions,
  listenOn,
  type TransportListenOptions,
} from "../../src/transport/dial.ts";
import { version1 } from "../helpers/version1.ts";
import { within, writeAll } from "./compliance.ts";

const METHOD = parseMethod("tls://127.0.0.1:0");
const alice = await makeCertificate();
const bob = await makeCertificate({ hosts: ["127.0.0.1"] });
const mallory = await makeCertificate({ hosts: ["mallory.example"] });

/** A listener with its refusals, and a way to wait for the next one. */
class Scene implements Disposable {
  readonly refusals: LektError[] = [];
  listener!: TransportListener;
  #refused = Promise.withResolvers<LektError>();

  static async open(options: TransportListenOptions): Promise<Scene> {
    const scene = new Scene();
    scene.listener = await listenOn(METHOD, {
      ...options,
      onRefused(error) {
        scene.refusals.push(error);
        scene.#refused.resolve(error);
      },
    });
    return scene;
  }

  refused(): Promise<LektError> {
    return within(this.#refused.promise, "the refusal");
  }

  dial(options: DialOptions): Promise<Transport> {
    return within(dial(this.listener.method, options), "the dial");
  }

  /** Shows that the listener still serves: what was wrong before hurt nobody else. */
  async assertServes(): Promise<void> {
    const dialled = await this.dial({ ...alice, pinnedKey: bob.spki });
    const accepted = await within(this.listener.accept(), "accept");
    assert(accepted !== null);
    await writeAll(dialled, new Uint8Array([7]));
    const into = new Uint8Array(1);
    assertEquals(await accepted.read(into), 1);
    assertEquals(into[0], 7);
    dialled.close();
    accepted.close();
  }

  [Symbol.dispose](): void {
    this.listener.close();
  }
}

Deno.test("tls tells each side the other's key", async () => {
  using scene = await Scene.open({ ...bob });
  const dialled = await scene.dial({ ...alice, pinnedKey: bob.spki });
  const accepted = await scene.listener.accept();
  assertEquals(dialled.remoteKey, bob.spki);
  assertEquals(accepted?.remoteKey, alice.spki);
  dialled.close();
  accepted?.close();
  const anonymous = await scene.dial({ pinnedKey: bob.spki });
  const other = await scene.listener.accept();
  assertEquals(other?.remoteKey, undefined);
  anonymous.close();
  other?.close();
});

Deno.test("tls refuses a listener whose key is not the pinned one", async () => {
  using scene = await Scene.open({ ...mallory });
  const error = await assertRejects(
    () => scene.dial({ pinnedKey: bob.spki }),
    LektError,
    `Cannot reach ${scene.listener.method.uri}: the listener has key ` +
      `${mallory.spki}, expected ${bob.spki}`,
  );
  assertEquals(error.code, "UNREACHABLE");
});

Deno.test("tls without a pin trusts CAs, for the right host", async () => {
  using scene = await Scene.open({ ...bob });
  const error = await assertRejects(() => scene.dial({}), LektError);
  assertEquals(error.code, "UNREACHABLE");
  assert(/self-signed/.test(error.message), error.message);
  const trusted = await scene.dial({ caCerts: [bob.cert] });
  assertEquals(trusted.remoteKey, bob.spki);
  trusted.close();

  using other = await Scene.open({ ...mallory });
  const foreign = await assertRejects(
    () => other.dial({ caCerts: [mallory.cert] }),
    LektError,
  );
  assert(/127\.0\.0\.1/.test(String(foreign.cause)), String(foreign.cause));
});

Deno.test("tls without a pin does not profit from an earlier dial with one", async () => {
  using scene = await Scene.open({ ...mallory });
  const dialled = await scene.dial({ pinnedKey: mallory.spki });
  const accepted = await scene.listener.accept();
  // The tickets to resume the session come with the first bytes.
  await writeAll(accepted!, new Uint8Array(1));
  await dialled.read(new Uint8Array(1));
  dialled.close();
  accepted?.close();
  await assertRejects(() => scene.dial({}), LektError);
});

Deno.test("tls refuses a client without a certificate where one is required", async () => {
  using scene = await Scene.open({ ...bob, requireClientKey: true });
  const dialled = await scene.dial({ pinnedKey: bob.spki });
  const refusal = await scene.refused();
  // It breaks no rule: this side wants more.
  assertEquals([refusal.code, refusal.by], ["REJECTED", "local"]);
  assert(refusal.message.endsWith("the client showed no certificate"));
  const error = await assertRejects(
    () => dialled.read(new Uint8Array(1)),
    LektError,
  );
  assertEquals(error.code, "TRUNCATED");
  dialled.close();
  await scene.assertServes();
  assertEquals(scene.refusals.length, 1);
});

Deno.test("tls refuses a client whose key is not let in", async () => {
  using scene = await Scene.open({
    ...bob,
    requireClientKey: (key) => key === alice.spki,
  });
  const dialled = await scene.dial({ ...mallory, pinnedKey: bob.spki });
  const refusal = await scene.refused();
  assert(refusal.message.includes(`the client has key ${mallory.spki}`));
  dialled.close();
  await scene.assertServes();
});

Deno.test("tls refuses a certificate that proves no key, on both sides", async () => {
  // Mallory's own key with a certificate that names Bob's: what the runtime lets pass.
  const forged = { cert: version1(bob.cert), key: mallory.key };
  const server = await forgedListener(forged);
  const error = await assertRejects(
    () => dial(server.method, { pinnedKey: bob.spki }),
    LektError,
    "version is not 3",
  );
  assertEquals(error.code, "UNREACHABLE");
  server.close();

  const asAlice = { cert: version1(alice.cert), key: mallory.key };
  using scene = await Scene.open({
    ...bob,
    requireClientKey: (key) => key === alice.spki,
  });
  const dialled = await scene.dial({ ...asAlice, pinnedKey: bob.spki });
  const refusal = await scene.refused();
  assert(refusal.message.includes("version is not 3"), refusal.message);
  dialled.close();
  await scene.assertServes();
});

Deno.test("tls speaks 1.3 and nothing before it", async () => {
  using scene = await Scene.open({ ...bob });
  assert(scene.listener.method.scheme === "tls");
  const refused = await handshakeError({
    port: scene.listener.method.port,
    maxVersion: "TLSv1.2",
  });
  assert(refused.length > 0);
  await scene.assertServes();
});

Deno.test("tls takes no heed of the protocols that a client offers", async () => {
  using scene = await Scene.open({ ...bob });
  assert(scene.listener.method.scheme === "tls");
  const { port } = scene.listener.method;
  for (const ALPNProtocols of [["h2", "http/1.1"], ["lekt"], ["x"]]) {
    assertEquals(await handshakeError({ port, ALPNProtocols }), "");
    (await within(scene.listener.accept(), "accept"))?.close();
  }
});

Deno.test("tls survives clients that do not speak it", async () => {
  using scene = await Scene.open({ ...bob });
  assert(scene.listener.method.scheme === "tls");
  const { port } = scene.listener.method;
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  assertEquals((await scene.refused()).code, "PROTOCOL");
  client.close();
  const gone = await Deno.connect({ hostname: "127.0.0.1", port });
  gone.close();
  await scene.assertServes();
});

Deno.test("tls gives a handshake its time and lets nobody wait for it", async () => {
  using scene = await Scene.open({ ...bob, handshakeTimeoutMs: 500 });
  assert(scene.listener.method.scheme === "tls");
  const { port } = scene.listener.method;
  const silent = await Deno.connect({ hostname: "127.0.0.1", port });
  await scene.assertServes();
  assertEquals(scene.refusals, []);
  const refusal = await scene.refused();
  assertEquals(refusal.code, "TIMEOUT");
  assert(refusal.message.endsWith("the handshake timed out"));
  assertEquals(await silent.read(new Uint8Array(1)), null);
  silent.close();
});

Deno.test("a tls listener that is closed ends handshakes under way", async () => {
  const scene = await Scene.open({ ...bob });
  assert(scene.listener.method.scheme === "tls");
  const { port } = scene.listener.method;
  const silent = await Deno.connect({ hostname: "127.0.0.1", port });
  await scene.assertServes();
  const accepting = scene.listener.accept();
  scene.listener.close();
  assertEquals(await accepting, null);
  assertEquals(await silent.read(new Uint8Array(1)), null);
  silent.close();
});

Deno.test("tls reports a connection that is cut, though TCP ends in order", async () => {
  using scene = await Scene.open({ ...bob });
  assert(scene.listener.method.scheme === "tls");
  const proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dialling = dial(parseMethod(`tls://127.0.0.1:${proxy.addr.port}`), {
    pinnedKey: bob.spki,
  });
  const front = await proxy.accept();
  const back = await Deno.connect({
    hostname: "127.0.0.1",
    port: scene.listener.method.port,
  });
  const pumps = [
    front.readable.pipeTo(back.writable),
    back.readable.pipeTo(front.writable, { preventClose: true }),
  ].map((pump) => pump.catch(() => {}));
  const [dialled, accepted] = await Promise.all([
    dialling,
    scene.listener.accept(),
  ]);
  await writeAll(accepted!, new Uint8Array(3));
  assertEquals(await dialled.read(new Uint8Array(3)), 3);
  await front.closeWrite();
  const error = await assertRejects(
    () => within(dialled.read(new Uint8Array(1)), "the read"),
    LektError,
    "without a close_notify",
  );
  assertEquals(error.code, "TRUNCATED");
  dialled.close();
  accepted?.close();
  await Promise.all(pumps);
  try {
    front.close();
  } catch {
    // The pump has closed it.
  }
  proxy.close();
});

Deno.test("dial() over tls with a signal that fires in the handshake rejects with its reason", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const controller = new AbortController();
  const reason = new Error("enough");
  const dialling = dial(parseMethod(`tls://127.0.0.1:${silent.addr.port}`), {
    signal: controller.signal,
  });
  const client = await silent.accept();
  await client.read(new Uint8Array(1));
  controller.abort(reason);
  assertEquals(await assertRejects(() => dialling), reason);
  client.close();
  silent.close();
});

Deno.test("listenOn() wants a certificate and its key for tls", async () => {
  const table: [TransportListenOptions, string][] = [
    [{}, "it needs a certificate and its key"],
    [{ cert: bob.cert }, "it needs a certificate and its key"],
    [{ cert: "x", key: bob.key }, "its certificate or key is not usable"],
    [{ cert: bob.cert, key: "x" }, "its certificate or key is not usable"],
    [
      { cert: bob.cert, key: alice.key },
      "its certificate or key is not usable",
    ],
  ];
  for (const [options, fault] of table) {
    const error = await assertRejects(
      () => listenOn(METHOD, options),
      LektError,
      fault,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("listenOn() says that a tls port is taken", async () => {
  using scene = await Scene.open({ ...bob });
  await assertRejects(
    () => listenOn(scene.listener.method, { ...bob }),
    LektError,
    "the address is in use",
  );
});

/** A listener that shows a certificate which is not its own: `listenOn` would not. */
async function forgedListener(
  identity: { cert: string; key: string },
): Promise<TransportListener> {
  const { createServer } = await import("node:tls");
  const server = createServer({ ...identity, minVersion: "TLSv1.3" });
  server.on("tlsClientError", () => {});
  server.on("secureConnection", (socket) => socket.on("error", () => {}));
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  const { port } = server.address() as { port: number };
  return {
    method: parseMethod(`tls://127.0.0.1:${port}`),
    accept: () => Promise.resolve(null),
    close: () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      return closed.promise;
    },
  };
}

/** The text of the error that a foreign client's handshake ends with. */
async function handshakeError(options: ConnectionOptions): Promise<string> {
  const ended = Promise.withResolvers<string>();
  const socket = connect({
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...options,
  });
  socket.on("error", (error) => ended.resolve(error.message));
  socket.on("secureConnect", () => ended.resolve(""));
  try {
    return await within(ended.promise, "the handshake");
  } finally {
    socket.destroy();
  }
}
