// Whose memory is read, and until when: nothing of a message's once send() has settled.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type Connection, LektError, listen } from "../../mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { turns, within } from "../helpers/deadline.ts";
import { receive } from "../helpers/messages.ts";

const SIZE = 8_000_000;
const BEFORE = 1;
const AFTER = 2;

const tls = await makeCertificate();

/** Runs a test over real sockets; bob holds little, so that alice soon waits for him. */
async function withSockets(
  scheme: string,
  run: (alice: Connection, bob: Connection) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const method = scheme === "unix"
    ? `unix:${folder}/bob.sock`
    : `${scheme}://127.0.0.1:0`;
  await using listener = await listen({
    nickname: "bob",
    methods: [method],
    accept: () => true,
    tls,
    limits: { maxBufferedBytes: 300_000 },
  });
  const accepted = listener[Symbol.asyncIterator]().next();
  const connecting = connect(listener.methods, {
    nickname: "alice",
    tls: { pinnedKey: tls.spki },
  });
  const alice = await within(connecting, "to connect");
  const { value: bob } = await within(accepted, "a connection");
  await run(alice, bob!);
  const both = Promise.all([alice.close(), bob!.close()]);
  await within(both, "both to close");
  await Deno.remove(folder, { recursive: true });
}

/** Resolves when nothing more is written, because the other side does not read. */
async function untilStalled(connection: Connection): Promise<void> {
  let before = -1;
  while (connection.stats().bytesSent !== before) {
    before = connection.stats().bytesSent;
    await turns(2_000);
  }
  assert(before < SIZE, "all of it was written");
}

/** Reads the message until it fails; returns the code, and how many bytes have come from memory that was used again. */
async function readToFailure(connection: Connection): Promise<unknown[]> {
  const { body } = await receive(connection);
  let afterCount = 0;
  try {
    for await (const piece of body) {
      for (const byte of piece) if (byte === AFTER) afterCount++;
    }
  } catch (error) {
    return [(error as LektError).code, afterCount];
  }
  return ["whole", afterCount];
}

for (const scheme of ["tcp", "unix", "tls", "ws", "wss"]) {
  Deno.test(`nobody reads memory of an aborted send() over ${scheme}, and the next message arrives`, () =>
    withSockets(scheme, async (alice, bob) => {
      const controller = new AbortController();
      const bytes = new Uint8Array(SIZE).fill(BEFORE);
      const sending = alice.send(bytes, { signal: controller.signal });
      await untilStalled(alice);
      controller.abort();
      await within(assertRejects(() => sending), "send()");
      bytes.fill(AFTER);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      const next = alice.send("next");
      assertEquals(await within(readToFailure(bob), "it"), ["ABORTED", 0]);
      assertEquals(await (await receive(bob)).text(), "next");
      await within(next, "the next send()");
    }));

  Deno.test(`nobody reads memory of a send() that close() gave up over ${scheme}`, () =>
    withSockets(scheme, async (alice, bob) => {
      const bytes = new Uint8Array(SIZE).fill(BEFORE);
      const sending = alice.send(bytes);
      const failed = assertRejects(() => sending, LektError);
      await untilStalled(alice);
      const closing = alice.close();
      await within(failed, "send()");
      bytes.fill(AFTER);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      assertEquals(await within(readToFailure(bob), "it"), ["ABORTED", 0]);
      await bob.close();
      await within(closing, "close()");
    }));
}
