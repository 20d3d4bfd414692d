/**
 * A connection of the module whose other side shakes hands in version 1.1 and
 * then does only what the test says.
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
import { welcome } from "./raw_peer.ts";

/** The two ends. */
export interface SilentPeer {
  /** The initiator. */
  alice: Connection;
  /** The end of the other side, of which nobody reads. */
  silent: MemoryTransport;
}

/** Connects; by default as TCP, where a cut looks like an end. */
export async function connectToSilent(
  limits: Partial<Limits> = {},
  stream: MemoryPairOptions = {},
): Promise<SilentPeer> {
  const [transport, silent] = memoryPair({
    partial: false,
    cutLooksClean: true,
    ...stream,
  });
  const { connection } = establish(transport, {
    role: "initiator",
    nickname: "alice",
    method: "tcp://127.0.0.1:1",
    accept: () => true,
    limits: resolveLimits(limits),
  });
  const buffer = new Uint8Array(1_000);
  await within(silent.read(buffer), "the Handshake");
  await silent.write(welcome("bob", [1, 1, 0]));
  await within(silent.read(buffer), "the Accept");
  return { alice: await within(connection, "the connection"), silent };
}
