// What all listeners have in common, whatever the method: their end, and clients that go at once.
import { assert, assertEquals } from "@std/assert";
import { connect as connectTcp } from "node:net";
import { once } from "node:events";
import { LektError } from "../../src/base/errors.ts";
import { dial, listenOn } from "../../src/transport/dial.ts";
import { type Method, parseMethod } from "../../src/transport/method.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { within } from "../helpers/deadline.ts";

const bob = await makeCertificate();
const trusting = { pinnedKey: bob.spki };

async function withMethods(
  schemes: readonly Method["scheme"][],
  body: (method: Method) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const scheme of schemes) {
      await body(parseMethod(
        scheme === "unix" ? `unix:${folder}/s` : `${scheme}://127.0.0.1:0`,
      ));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a listener's address is free when close() has resolved, and the next one there is reachable", () =>
  withMethods(["tcp", "tls", "unix", "ws", "wss"], async (any) => {
    let listener = await listenOn(any, { ...bob });
    const { method } = listener;
    for (let round = 0; round < 5; round++) {
      const taking = listener.accept();
      // Half of the rounds close amid an `accept` of the system, half before.
      if (round % 2 === 0) await new Promise((go) => setImmediate(go));
      await within(listener.close(), `${method.uri} to close`);
      assertEquals(await taking, null);
      listener = await listenOn(method, { ...bob });
    }
    const taking = listener.accept();
    (await within(dial(method, trusting), `${method.uri}`)).close();
    (await within(taking, "the client"))?.close();
    await listener.close();
  }));

/** Connects, and breaks the connection off with a reset. */
async function reset(port: number): Promise<void> {
  const socket = connectTcp(port, "127.0.0.1");
  await once(socket, "connect");
  socket.resetAndDestroy();
  await once(socket, "close");
}

Deno.test("clients that connect and reset at once keep nobody waiting", () =>
  withMethods(["tcp", "tls", "ws", "wss"], async (any) => {
    const listener = await listenOn(any, { ...bob });
    const { method } = listener;
    assert(method.scheme !== "unix");
    for (let count = 0; count < 100; count++) await reset(method.port);
    const dialling = dial(method, trusting);
    const accepted: Transport[] = [];
    // Some of the others were accepted before their reset: the good one is the last.
    do {
      const next = await within(listener.accept(), "the good client");
      assert(next !== null);
      accepted.push(next);
    } while (await isReset(accepted.at(-1)!, dialling));
    (await dialling).close();
    for (const transport of accepted) transport.close();
    await listener.close();
  }));

async function isReset(
  accepted: Transport,
  good: Promise<Transport>,
): Promise<boolean> {
  try {
    await (await good).write(new Uint8Array(1));
    return await within(accepted.read(new Uint8Array(1)), "a byte") === null;
  } catch (error) {
    if (error instanceof LektError && error.code === "TRUNCATED") return true;
    throw error;
  }
}

Deno.test("a client that leaves before it says anything breaks no rule", () =>
  withMethods(["tls", "ws", "wss"], async (any) => {
    const refused = Promise.withResolvers<LektError>();
    const listener = await listenOn(any, {
      ...bob,
      onRefused: refused.resolve,
    });
    const { method } = listener;
    assert(method.scheme !== "unix");
    const socket = connectTcp(method.port, "127.0.0.1");
    await once(socket, "connect");
    socket.end();
    const { code, message } = await within(refused.promise, "the refusal");
    assertEquals(code, "CLOSED");
    assert(/: it left within the (TLS )?handshake/.test(message), message);
    socket.destroy();
    await listener.close();
  }));
