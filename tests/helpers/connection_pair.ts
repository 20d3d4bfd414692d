/**
 * Two connections of the module with a byte stream in memory between them.
 *
 * @module
 */
import type { Connection, Limits } from "../../mod.ts";
import { establish } from "../../src/connect/establish.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { within } from "./deadline.ts";
import {
  memoryPair,
  type MemoryPairOptions,
  type MemoryTransport,
} from "./memory_transport.ts";

/** Two peers and the transports below them. */
export interface ConnectionPair {
  /** The initiator. */
  alice: Connection;
  /** The responder. */
  bob: Connection;
  /** What alice reads from and writes to. */
  aliceTransport: MemoryTransport;
  /** What bob reads from and writes to. */
  bobTransport: MemoryTransport;
}

/** What differs from the defaults. */
export interface ConnectionPairOptions {
  /** The byte stream; by default reads and writes are whole. */
  stream?: MemoryPairOptions;
  /** Limits of both. */
  limits?: Partial<Limits>;
  /** Limits of bob alone. */
  bobLimits?: Partial<Limits>;
}

/** Connects two peers. */
export async function connectPair(
  options: ConnectionPairOptions = {},
): Promise<ConnectionPair> {
  const [aliceTransport, bobTransport] = memoryPair({
    partial: false,
    ...options.stream,
  });
  const accept = (): boolean => true;
  const method = "tcp://127.0.0.1:1";
  const alice = establish(aliceTransport, {
    role: "initiator",
    nickname: "alice",
    method,
    accept,
    limits: resolveLimits(options.limits),
  });
  const bob = establish(bobTransport, {
    role: "responder",
    nickname: "bob",
    method,
    accept,
    limits: resolveLimits({ ...options.limits, ...options.bobLimits }),
  });
  const both = Promise.all([alice.connection, bob.connection]);
  const [first, second] = await within(both, "the handshake");
  return { alice: first, bob: second, aliceTransport, bobTransport };
}

/** Runs a test with two peers, and closes both behind it. */
export async function withPair(
  run: (pair: ConnectionPair) => Promise<void>,
  options: ConnectionPairOptions = {},
): Promise<void> {
  const pair = await connectPair(options);
  try {
    await run(pair);
  } catch (error) {
    // What the test has left behind must not hide why it failed.
    addEventListener("unhandledrejection", (event) => event.preventDefault());
    throw error;
  } finally {
    const closing = Promise.all([pair.alice.close(), pair.bob.close()]);
    await within(closing, "both to close");
  }
}
