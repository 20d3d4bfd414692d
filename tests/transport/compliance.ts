/**
 * What every transport must do, whichever connection method it serves: one
 * suite, run by the tests of each.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
} from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { seededRandom } from "../helpers/memory_transport.ts";

/** The two ends of one byte stream. */
export interface TransportPair {
  /** The end of the side that connected. */
  dialled: Transport;
  /** The end of the side that listened. */
  accepted: Transport;
  /** Closes both ends and what is behind them. */
  close(): void | Promise<void>;
}

/** What differs between transports. */
export interface ComplianceOptions {
  /** Whether the other side can tell a `close()` without `closeWrite()` from an orderly end. */
  tellsCut: boolean;
  /** What the addresses of both ends look like. */
  address: RegExp;
  /** Bytes that may be taken from a writer although nobody reads. */
  bufferedSizeMax: number;
}

/** How long anything may take before a test calls it hanging, in milliseconds. */
const DEADLINE_MS = 60_000;

/** How long nothing must happen before a test calls it waiting, in milliseconds. */
const STALL_MS = 150;

/** Bytes of the long stream; `LEKT_LONG=1` makes it 2 GiB. */
function longSize(): number {
  const isLong = Deno.permissions.querySync({ name: "env" }).state ===
      "granted" && Deno.env.get("LEKT_LONG") === "1";
  return (isLong ? 2048 : 64) * 1024 * 1024;
}

/** Registers the suite for one transport. */
export function testTransport(
  name: string,
  open: () => Promise<TransportPair>,
  options: ComplianceOptions,
): void {
  const run = function run(
    what: string,
    body: (pair: TransportPair) => Promise<void>,
  ): void {
    Deno.test(`${name} transport ${what}`, async () => {
      const pair = await open();
      try {
        await within(body(pair), what);
      } finally {
        await pair.close();
      }
    });
  };
  run("tells who is on the other side", (pair) => checkAddress(pair, options));
  run("carries bytes in any cut, both ways", checkCuts);
  run(
    "half-closes, the dialling side first",
    (pair) => checkHalfClose(pair.dialled, pair.accepted),
  );
  run(
    "half-closes, the listening side first",
    (pair) => checkHalfClose(pair.accepted, pair.dialled),
  );
  run("ends without a byte", checkEmpty);
  run(
    "holds a writer back while nobody reads",
    (pair) => checkBackPressure(pair, options),
  );
  run("rejects what is pending at close with CLOSED", checkClosePending);
  run("may be closed twice and rejects what comes after", checkCloseTwice);
  run("lets the other side notice a cut", (pair) => checkCut(pair, options));
  run("fails a writer whose reader has gone", checkGoneReader);
  run("hands over all that was sent before an orderly close", checkFlush);
  run("carries a long stream", checkLongStream);
}

/** Writes all of `bytes`. */
export async function writeAll(
  transport: Transport,
  bytes: Uint8Array,
): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const size = await transport.write(bytes.subarray(offset));
    assertGreater(size, 0);
    assert(size <= bytes.byteLength - offset);
    offset += size;
  }
}

/** Reads to the end of stream, and no further than `sizeMax`. */
export async function readAll(
  transport: Transport,
  sizeMax: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeMax);
  let size = 0;
  while (true) {
    const into = size < sizeMax ? bytes.subarray(size) : new Uint8Array(1);
    const read = await transport.read(into);
    if (read === null) return bytes.subarray(0, size);
    assertGreater(read, 0);
    size += read;
    assert(size <= sizeMax, "more bytes than were written");
  }
}

/** The promise's outcome, or a failure when it takes too long. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${what} took more than ${deadlineMs} ms`)),
    deadlineMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the promise is still pending after a while. */
async function stalls(promise: Promise<unknown>): Promise<boolean> {
  const elapsed = Promise.withResolvers<true>();
  const timer = setTimeout(() => elapsed.resolve(true), STALL_MS);
  try {
    return await Promise.race([promise.then(() => false), elapsed.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function pattern(size: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = random() * 256;
  return bytes;
}

function checkAddress(
  pair: TransportPair,
  options: ComplianceOptions,
): Promise<void> {
  for (const { address } of [pair.dialled, pair.accepted]) {
    assert(options.address.test(address), `address is ${address}`);
  }
  return Promise.resolve();
}

async function checkCuts(pair: TransportPair): Promise<void> {
  const seed = 20_260_101;
  const random = seededRandom(seed);
  const size = 300_000;
  const carry = async function carry(
    from: Transport,
    to: Transport,
    bytes: Uint8Array,
  ): Promise<void> {
    const send = async function send(): Promise<void> {
      let offset = 0;
      while (offset < size) {
        const end = offset + 1 + Math.floor(random() ** 6 * 100_000);
        const cut = bytes.subarray(offset, end);
        await writeAll(from, cut);
        offset += cut.byteLength;
      }
    };
    const receive = async function receive(): Promise<Uint8Array> {
      const received = new Uint8Array(size);
      let offset = 0;
      while (offset < size) {
        const end = offset + 1 + Math.floor(random() ** 6 * 100_000);
        const read = await to.read(received.subarray(offset, end));
        assert(read !== null, `end of stream after ${offset} (seed ${seed})`);
        offset += read;
      }
      return received;
    };
    const [received] = await Promise.all([receive(), send()]);
    assertEquals(received, bytes, `seed ${seed}`);
  };
  await Promise.all([
    carry(pair.dialled, pair.accepted, pattern(size, 1)),
    carry(pair.accepted, pair.dialled, pattern(size, 2)),
  ]);
}

async function checkHalfClose(
  first: Transport,
  second: Transport,
): Promise<void> {
  const early = pattern(1_000, 3);
  await writeAll(first, early);
  await first.closeWrite();
  assertEquals(await readAll(second, 1_000), early);
  assertEquals(await second.read(new Uint8Array(1)), null);
  const late = pattern(100_000, 4);
  const [received] = await Promise.all([
    readAll(first, late.byteLength),
    writeAll(second, late).then(() => second.closeWrite()),
  ]);
  assertEquals(received, late);
}

async function checkEmpty(pair: TransportPair): Promise<void> {
  await Promise.all([pair.dialled.closeWrite(), pair.accepted.closeWrite()]);
  assertEquals(await pair.dialled.read(new Uint8Array(1)), null);
  assertEquals(await pair.accepted.read(new Uint8Array(1)), null);
}

async function checkBackPressure(
  pair: TransportPair,
  options: ComplianceOptions,
): Promise<void> {
  const chunk = pattern(64 * 1024, 5);
  let written = 0;
  let writing = pair.dialled.write(chunk);
  while (!await stalls(writing)) {
    written += await writing;
    assertLess(written, options.bufferedSizeMax, "nothing holds it back");
    writing = pair.dialled.write(chunk);
  }
  const finish = async function finish(): Promise<void> {
    written += await writing;
    await pair.dialled.closeWrite();
  };
  const drain = async function drain(): Promise<number> {
    const into = new Uint8Array(256 * 1024);
    let total = 0;
    let size: number | null;
    while ((size = await pair.accepted.read(into)) !== null) total += size;
    return total;
  };
  const [read] = await Promise.all([drain(), finish()]);
  assertEquals(read, written);
}

async function checkClosePending(pair: TransportPair): Promise<void> {
  const reading = assertRejects(
    () => pair.dialled.read(new Uint8Array(1)),
    LektError,
  );
  await Promise.resolve();
  pair.dialled.close();
  assertEquals((await reading).code, "CLOSED");
}

async function checkCloseTwice(pair: TransportPair): Promise<void> {
  const { dialled } = pair;
  dialled.close();
  dialled.close();
  const attempts = [
    () => dialled.read(new Uint8Array(1)),
    () => dialled.write(new Uint8Array(1)),
    () => dialled.closeWrite(),
  ];
  for (const attempt of attempts) {
    assertEquals((await assertRejects(attempt, LektError)).code, "CLOSED");
  }
}

async function checkCut(
  pair: TransportPair,
  options: ComplianceOptions,
): Promise<void> {
  const bytes = pattern(1_000, 6);
  await writeAll(pair.dialled, bytes);
  const into = new Uint8Array(bytes.byteLength);
  let size = 0;
  while (size < into.byteLength) {
    size += await pair.accepted.read(into.subarray(size)) ?? fail("early end");
  }
  assertEquals(into, bytes);
  pair.dialled.close();
  const next = () => pair.accepted.read(new Uint8Array(1));
  if (options.tellsCut) {
    assertEquals((await assertRejects(next, LektError)).code, "TRUNCATED");
  } else {
    assertEquals(await next(), null);
  }
}

async function checkGoneReader(pair: TransportPair): Promise<void> {
  pair.accepted.close();
  const bytes = pattern(64 * 1024, 7);
  const error = await assertRejects(async () => {
    for (let count = 0; count < 1_000; count++) {
      await writeAll(pair.dialled, bytes);
    }
  }, LektError);
  assertEquals(error.code, "TRUNCATED");
}

async function checkFlush(pair: TransportPair): Promise<void> {
  const bytes = pattern(500_000, 8);
  const send = async function send(): Promise<void> {
    await writeAll(pair.dialled, bytes);
    await pair.dialled.closeWrite();
    assertEquals(await pair.dialled.read(new Uint8Array(1)), null);
    pair.dialled.close();
  };
  const receive = async function receive(): Promise<void> {
    await pair.accepted.closeWrite();
    assertEquals(await readAll(pair.accepted, bytes.byteLength), bytes);
  };
  await Promise.all([send(), receive()]);
}

async function checkLongStream(pair: TransportPair): Promise<void> {
  const size = longSize();
  const chunk = pattern(256 * 1024, 9);
  const send = async function send(): Promise<void> {
    for (let sent = 0; sent < size; sent += chunk.byteLength) {
      await writeAll(pair.accepted, chunk);
    }
    await pair.accepted.closeWrite();
  };
  const receive = async function receive(): Promise<number> {
    const into = new Uint8Array(chunk.byteLength);
    let total = 0;
    let read: number | null;
    while ((read = await pair.dialled.read(into)) !== null) {
      // A byte that is lost or doubled shifts all that follow.
      assertEquals(into[0], chunk[total % chunk.byteLength]);
      assertEquals(
        into[read - 1],
        chunk[(total + read - 1) % chunk.byteLength],
      );
      total += read;
    }
    return total;
  };
  const [total] = await within(
    Promise.all([receive(), send()]),
    "the long stream",
    600_000,
  );
  assertEquals(total, size);
}

function fail(reason: string): never {
  throw new Error(reason);
}
