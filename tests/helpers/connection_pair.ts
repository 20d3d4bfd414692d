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
  /** The minor versions that alice and bob speak. Default: 1 and 1. */
  versions?: VersionPair;
}

/** The minor versions of two peers. */
export type VersionPair = readonly [alice: number, bob: number];

/** All that there are. */
export const VERSION_PAIRS: readonly VersionPair[] = [
  [1, 1],
  [0, 0],
  [0, 1],
  [1, 0],
];

/** Those that have what 1.1 has. */
export const NEW_VERSIONS: readonly VersionPair[] = [[1, 1]];

/** Those that do as 1.0 does. */
export const OLD_VERSIONS: readonly VersionPair[] = [[0, 0], [0, 1], [1, 0]];

/** Connects two peers. */
export async function connectPair(
  options: ConnectionPairOptions = {},
): Promise<ConnectionPair> {
  const [aliceTransport, bobTransport] = memoryPair({
    partial: false,
    ...options.stream,
  });
  const { versions = [1, 1] } = options;
  const accept = (): boolean => true;
  const method = "tcp://127.0.0.1:1";
  const alice = establish(aliceTransport, {
    role: "initiator",
    nickname: "alice",
    method,
    accept,
    limits: resolveLimits({ ...options.limits, maxVersionMinor: versions[0] }),
  });
  const bob = establish(bobTransport, {
    role: "responder",
    nickname: "bob",
    method,
    accept,
    limits: resolveLimits({
      ...options.limits,
      ...options.bobLimits,
      maxVersionMinor: versions[1],
    }),
  });
  const both = Promise.all([alice.connection, bob.connection]);
  const [first, second] = await within(both, "the handshake");
  return { alice: first, bob: second, aliceTransport, bobTransport };
}

/** Runs a test with two peers, and closes both behind it; once for each of the pairs of versions, which are all by default. */
export async function withPair(
  run: (pair: ConnectionPair) => Promise<void>,
  options: ConnectionPairOptions = {},
  pairs: readonly VersionPair[] = VERSION_PAIRS,
): Promise<void> {
  for (const versions of pairs) {
    try {
      await withOnePair(run, { ...options, versions });
    } catch (error) {
      const names = versions.map((minor) => `1.${minor}`).join(" and ");
      console.error(`It failed between versions ${names}`);
      throw error;
    }
  }
}

async function withOnePair(
  run: (pair: ConnectionPair) => Promise<void>,
  options: ConnectionPairOptions,
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
