// TLS by script: with TLS of others, and with listeners that do what no honest one does.
import { makeCertificate } from "@lekt/lekt/certificate";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { secureInScript } from "../../src/transport/tls13_client.ts";
import { writeAll } from "../../src/transport/tls13_handshake.ts";
import { type Bytes, joined } from "../../src/transport/tls13_keys.ts";
import { message, MESSAGE_TYPE } from "../../src/transport/tls13_messages.ts";
import {
  plainRecord,
  Protection,
  RECORD_TYPE,
} from "../../src/transport/tls13_records.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { memoryPair, seededRandom } from "../helpers/memory_transport.ts";
import {
  type Deviation,
  type ServedTls,
  serveTls,
} from "../helpers/tls13_server.ts";
import { within } from "./compliance.ts";

const bob = await makeCertificate();
const mallory = await makeCertificate();

/** A client, and a listener that deviates. */
async function open(
  deviation?: Deviation,
): Promise<{ alice: Transport; served: ServedTls; below: Transport }> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const [near, far] = memoryPair({ seed });
  const serving = serveTls(far, bob, deviation);
  const [alice, served] = await within(
    Promise.all([secureInScript(near, bob.spki), serving]),
    `the handshake, seed ${seed}`,
  );
  return { alice, served, below: far };
}

/** Why a client leaves such a listener. */
async function fault(deviation: Deviation): Promise<string> {
  const [near, far] = memoryPair();
  const serving = serveTls(far, bob, deviation).catch(() => {});
  const error = await within(
    assertRejects(() => secureInScript(near, bob.spki), Error),
    "the refusal",
  );
  far.close();
  await serving;
  return error.message;
}

async function send(
  { served, below }: { served: ServedTls; below: Transport },
  type: number,
  bytes: Uint8Array,
): Promise<void> {
  await writeAll(below, await served.sending.seal(type, bytes));
}

async function readText(transport: Transport): Promise<string | null> {
  const into = new Uint8Array(100);
  const size = await within(transport.read(into), "some bytes");
  return size === null
    ? null
    : new TextDecoder().decode(into.subarray(0, size));
}

function text(characters: string): Bytes {
  return new TextEncoder().encode(characters);
}

const KEY_UPDATE = message(MESSAGE_TYPE.keyUpdate, Uint8Array.of(1));

Deno.test("TLS by script goes on over key updates and tickets, in records of any size", async () => {
  for (const recordSize of [1, 700, 16_384]) {
    const pair = await open({ recordSize });
    const { alice, served } = pair;
    assertEquals(alice.remoteKey, bob.spki);
    const ticket = message(MESSAGE_TYPE.newSessionTicket, new Uint8Array(40));
    await send(pair, RECORD_TYPE.handshake, ticket);
    await send(pair, RECORD_TYPE.data, text("one"));
    assertEquals(await readText(alice), "one");
    await send(pair, RECORD_TYPE.handshake, KEY_UPDATE.subarray(0, 2));
    await send(pair, RECORD_TYPE.handshake, KEY_UPDATE.subarray(2));
    await served.sending.update();
    await send(pair, RECORD_TYPE.data, text("two"));
    assertEquals(await readText(alice), "two");
    const answer = await served.records.next();
    assertEquals(answer?.type, RECORD_TYPE.handshake);
    await served.records.protection!.update();
    await alice.write(text("three"));
    assertEquals((await served.records.next())?.content, text("three"));
    await alice.closeWrite();
    assertEquals((await served.records.next())?.content, Uint8Array.of(1, 0));
    await send(pair, RECORD_TYPE.alert, Uint8Array.of(1, 0));
    assertEquals(await readText(alice), null);
    alice.close();
    pair.below.close();
  }
});

Deno.test("TLS by script leaves a listener that does not prove its key", async () => {
  assertMatch(
    await fault({ signer: mallory }),
    /does not hold the key that it shows/,
  );
  const without =
    (name: string): NonNullable<Deviation["flight"]> => (messages) => {
      const { [name]: _, ...rest } = messages;
      return rest;
    };
  for (const name of ["extensions", "certificate", "verify"]) {
    assertMatch(
      await fault({ flight: without(name) }),
      /not what was expected/,
      name,
    );
  }
  // Another kind of message with the same body, such as a compressed certificate.
  for (
    const [name, said] of [
      ["extensions", "extensions"],
      ["certificate", "Certificate"],
      ["verify", "CertificateVerify"],
      ["finished", "Finished"],
    ] as const
  ) {
    const flight: NonNullable<Deviation["flight"]> = (messages) => ({
      ...messages,
      [name]: messages[name]!.with(0, 25),
    });
    const expected = `the listener's TLS is not what was expected (${said})`;
    assertEquals(await fault({ flight }), expected);
  }
  const [near, far] = memoryPair();
  const serving = serveTls(far, mallory).catch(() => {});
  const error = await assertRejects(
    () => secureInScript(near, bob.spki),
    Error,
  );
  assertMatch(error.message, /the listener has key /);
  far.close();
  await serving;
});

Deno.test("TLS by script takes no message under the key of one before it", async () => {
  const extensions = message(
    MESSAGE_TYPE.encryptedExtensions,
    Uint8Array.of(0, 0),
  );
  const said = /a message before its key/;
  assertMatch(await fault({ behindHello: extensions }), said);
  assertMatch(await fault({ behindHello: extensions.slice(0, 1) }), said);
  const ticket = message(MESSAGE_TYPE.newSessionTicket, new Uint8Array(40));
  assertMatch(await fault({ flight: (all) => ({ ...all, ticket }) }), said);
});

Deno.test("TLS by script notices each bit that is changed in a handshake", async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  for (const name of ["extensions", "certificate", "verify", "finished"]) {
    for (let time = 0; time < 5; time++) {
      const what = `seed ${seed}, ${name}, time ${time}`;
      await fault({
        flight(messages) {
          const changed = messages[name]!.slice();
          // The header tells how much is to come: with more than that it waits.
          const at = 4 + Math.floor(random() * (changed.byteLength - 4));
          changed[at]! ^= 1 << Math.floor(random() * 8);
          return { ...messages, [name]: changed };
        },
      }).catch((cause) => {
        throw new Error(what, { cause });
      });
    }
  }
});

Deno.test("TLS by script takes no other version, cipher or key exchange", async () => {
  const changed = (at: number, ...bytes: number[]) =>
    fault({
      hello(body) {
        body.set(bytes, at);
        return body;
      },
    });
  assertMatch(await changed(0, 3, 1), /not what was expected/);
  assertMatch(await changed(2, 0xcf, 0x21, 0xad, 0x74), /no key exchange/);
  // Its cipher, its compression, its version, its curve.
  for (const [at, byte] of [[36, 2], [37, 1], [45, 3], [51, 0x18]]) {
    assertMatch(await changed(at!, byte!), /not what was expected/);
  }
  // A point that is not on the curve.
  await changed(60, 0, 0, 0, 0, 0, 0);
});

Deno.test("TLS by script breaks where a record is not the other side's, or TLS does not end", async () => {
  const sealed =
    (bytes: Bytes) => async (pair: Awaited<ReturnType<typeof open>>) => {
      const record = await pair.served.sending.seal(
        RECORD_TYPE.data,
        text("x"),
      );
      record[record.byteLength - 1]! ^= bytes[0]!;
      await writeAll(pair.below, record);
    };
  const tries: ((
    pair: Awaited<ReturnType<typeof open>>,
  ) => Promise<void>)[] = [
    sealed(Uint8Array.of(1)),
    (pair) => writeAll(pair.below, plainRecord(RECORD_TYPE.data, text("x"))),
    (pair) =>
      writeAll(pair.below, plainRecord(RECORD_TYPE.alert, Uint8Array.of(1, 0))),
    (pair) => send(pair, RECORD_TYPE.alert, Uint8Array.of(2, 40)),
    (pair) =>
      send(
        pair,
        RECORD_TYPE.handshake,
        message(MESSAGE_TYPE.finished, text("x")),
      ),
    (pair) => send(pair, RECORD_TYPE.handshake, joined(KEY_UPDATE, KEY_UPDATE)),
    (pair) => pair.below.closeWrite(),
    (pair) => writeAll(pair.below, Uint8Array.of(23, 3, 3, 0xff, 0xff)),
  ];
  for (const run of tries) {
    const pair = await open();
    await run(pair);
    const error = await within(
      assertRejects(() => pair.alice.read(new Uint8Array(10)), LektError),
      "the break",
    );
    assertEquals(error.code, "TRUNCATED", error.message);
    pair.alice.close();
    pair.below.close();
  }
});

Deno.test("TLS by script does not go on behind what broke it", async () => {
  const pair = await open();
  await send(pair, RECORD_TYPE.alert, Uint8Array.of(2, 40));
  await send(pair, RECORD_TYPE.data, text("x"));
  for (let time = 0; time < 2; time++) {
    await assertRejects(() => readText(pair.alice), LektError, "alert 2, 40");
  }
  pair.alice.close();
  pair.below.close();
});

Deno.test("TLS by script says that an end without a word of TLS is a cut", async () => {
  const { alice, below } = await open();
  await below.closeWrite();
  const said = "ended without a word of TLS";
  await assertRejects(() => readText(alice), LektError, said);
  alice.close();
  below.close();
});

Deno.test("TLS by script takes nothing within a message, and no end either", async () => {
  for (const type of [RECORD_TYPE.data, RECORD_TYPE.alert]) {
    const pair = await open();
    await send(pair, RECORD_TYPE.handshake, KEY_UPDATE.subarray(0, 2));
    await send(pair, type, Uint8Array.of(1, 0));
    const said = "a record within a message";
    await assertRejects(() => readText(pair.alice), LektError, said);
    pair.alice.close();
    pair.below.close();
  }
});

Deno.test("TLS by script reads on behind a word that the listener gives up, up to its end", async () => {
  const pair = await open();
  await send(pair, RECORD_TYPE.alert, Uint8Array.of(1, 90));
  await send(pair, RECORD_TYPE.data, text("x"));
  await send(pair, RECORD_TYPE.alert, Uint8Array.of(1, 0));
  assertEquals(await readText(pair.alice), "x");
  assertEquals(await readText(pair.alice), null);
  pair.alice.close();
  pair.below.close();
});

Deno.test("TLS by script rejects with CLOSED what is under way at close(), and what comes behind it", async () => {
  const { alice, below } = await open();
  const reading = alice.read(new Uint8Array(1));
  alice.close();
  const attempts = [
    () => reading,
    () => alice.read(new Uint8Array(1)),
    () => alice.write(new Uint8Array(1)),
    () => alice.closeWrite(),
  ];
  for (const attempt of attempts) {
    const error = await within(assertRejects(attempt, LektError), "an end");
    assertEquals(error.code, "CLOSED");
  }
  below.close();
  // Also where the other side had ended before.
  const ended = await open();
  await send(ended, RECORD_TYPE.alert, Uint8Array.of(1, 0));
  assertEquals(await readText(ended.alice), null);
  ended.alice.close();
  const error = await assertRejects(() => readText(ended.alice), LektError);
  assertEquals(error.code, "CLOSED");
  ended.below.close();
});

Deno.test("TLS by script puts 16 KiB into a record, and three records into a write", async () => {
  for (
    const [size, records] of [
      [1, [1]],
      [16_384, [16_384]],
      [16_385, [16_384, 1]],
      [49_152, [16_384, 16_384, 16_384]],
      [49_153, [16_384, 16_384, 16_384]],
    ] as const
  ) {
    const { alice, served, below } = await open();
    const sizes: number[] = [];
    const receiving = (async (): Promise<void> => {
      for (;;) {
        const record = (await served.records.next())!;
        if (record.type !== RECORD_TYPE.data) return;
        sizes.push(record.content.byteLength);
      }
    })();
    const taken = await within(alice.write(new Uint8Array(size)), "the write");
    await alice.closeWrite();
    await within(receiving, "the records");
    assertEquals([taken, sizes], [Math.min(size, 49_152), records]);
    alice.close();
    below.close();
  }
});

Deno.test("TLS by script takes a new key before the old one has protected more than 2^23 records", async () => {
  const countOf = Object.getOwnPropertyDescriptor(
    Protection.prototype,
    "count",
  )!;
  for (
    const [count, types] of [
      [2 ** 23, [RECORD_TYPE.data]],
      [2 ** 23 + 1, [RECORD_TYPE.handshake, RECORD_TYPE.data]],
    ] as const
  ) {
    const { alice, served, below } = await open();
    Object.defineProperty(Protection.prototype, "count", { get: () => count });
    try {
      await alice.write(text("x"));
    } finally {
      Object.defineProperty(Protection.prototype, "count", countOf);
    }
    for (const type of types) {
      const record = await within(served.records.next(), "a record");
      assertEquals(record?.type, type);
      if (type === RECORD_TYPE.handshake) {
        assertEquals(record?.content, KEY_UPDATE.with(4, 0));
        await served.records.protection!.update();
      }
    }
    alice.close();
    below.close();
  }
});
