// Whose fault it is that a client of a tls listener is not let in.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import {
  dial,
  listenOn,
  type TransportListenOptions,
} from "../../src/transport/dial.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { parseMethod, type TcpMethod } from "../../src/transport/method.ts";
import { within } from "./compliance.ts";

const METHOD = parseMethod("tls://127.0.0.1:0");
const alice = await makeCertificate();
const bob = await makeCertificate();

/** The error that a listener tells of a client, which `come` makes come; whoever comes after that is let in. */
async function refusalOf(
  requireClientKey: NonNullable<TransportListenOptions["requireClientKey"]>,
  come: (method: TcpMethod) => Promise<{ close(): void }>,
): Promise<LektError> {
  const refused = Promise.withResolvers<LektError>();
  const listener = await listenOn(METHOD, {
    ...bob,
    requireClientKey,
    onRefused: (error) => refused.resolve(error),
  });
  const method = listener.method as TcpMethod;
  const client = await come(method);
  const error = await within(refused.promise, "the refusal");
  client.close();
  const welcome = await dial(method, { ...alice, pinnedKey: bob.spki });
  const accepted = await within(listener.accept(), "accept");
  assertEquals(accepted?.remoteKey, alice.spki);
  welcome.close();
  accepted?.close();
  await listener.close();
  return error;
}

Deno.test("tls lets a key in for true alone, and blames no client for what requireClientKey does", async () => {
  const mallory = await makeCertificate();
  const fault = new Error("no database");
  const table: [answer: () => unknown, text: string, cause?: Error][] = [
    [() => false, "is not let in"],
    [() => Promise.resolve(true), "returned object, expected true or false"],
    [() => Promise.reject(fault), "returned object, expected true or false"],
    [() => 1, "returned number, expected true or false"],
    [() => undefined, "returned undefined, expected true or false"],
    [
      () => {
        throw fault;
      },
      "requireClientKey failed",
      fault,
    ],
  ];
  for (const [answer, text, cause] of table) {
    const { message, code, by, cause: told } = await refusalOf(
      (key) => key === alice.spki || answer() as boolean,
      (method) => dial(method, { ...mallory, pinnedKey: bob.spki }),
    );
    assert(message.includes(text), message);
    assertEquals([code, by, told], ["REJECTED", "local", cause]);
  }
});

Deno.test("tls does not listen with a requireClientKey that is neither true, false nor a function", async () => {
  const error = await assertRejects(
    () =>
      listenOn(METHOD, { ...bob, requireClientKey: "yes" as unknown as true }),
    LektError,
    "requireClientKey is string",
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
});

Deno.test("tls takes a client that leaves within the TLS handshake for one that left", async () => {
  const error = await refusalOf(true, async ({ port }) => {
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    client.close();
    return { close(): void {} };
  });
  assertEquals(error.code, "CLOSED");
});
