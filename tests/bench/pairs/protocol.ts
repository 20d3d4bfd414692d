/**
 * What the processes say to each other, and the two that are compared.
 *
 * @module
 */
import type * as Lekt from "../../../mod.ts";

/** One of the two that are compared: a build of lekt, and the version of the protocol that it speaks. */
export interface Contestant {
  name: string;
  /** Its `mod.ts`. */
  module: string;
  /** The highest minor version; undefined: its own. */
  minor?: number;
}

/** What a round is to measure. */
export interface Order {
  contestants: Contestant[];
  /** The workload. */
  id: string;
  pairCount: number;
  /** Draws who is first in each pair. */
  seed: number;
  /** The second contestant comes first. */
  isReversed: boolean;
}

/** Second : first, medians of a round: wall time, and the CPU time of either process. */
export interface Ratios {
  wall: number;
  sender: number;
  receiver: number;
}

/** What the receiver does with messages: keep their bytes, take them in batches, read them through `body`, or send them back. */
export type Kind = "keep" | "batches" | "stream" | "echo";

/** What the receiver answers to an empty message, with which each slice ends. */
export interface Answer {
  /** Bytes of the messages since the last answer. */
  bytes: number;
  /** Microseconds of CPU that its process has used so far. */
  cpuMicroseconds: number;
}

/** The public module of a contestant. */
export async function load({ module }: Contestant): Promise<typeof Lekt> {
  return await import(module);
}

/** The limits of its connections. */
export function limitsOf({ minor }: Contestant): Partial<Lekt.Limits> {
  return minor === undefined ? {} : { maxVersionMinor: minor };
}
