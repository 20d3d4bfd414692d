/**
 * Handshakes under test: making them, and seeing what they did.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  Handshake,
  type HandshakeEvent,
  type Role,
} from "../../src/handshake/mod.ts";
import { toHex } from "./cuts.ts";

/** The moment at which each handshake starts. */
export const NOW_MS = 5_000;

/** A handshake of alice, the initiator, or bob, the responder. */
export function start(role: Role): Handshake {
  const nickname = role === "initiator" ? "alice" : "bob";
  return new Handshake({ role, nickname, nowMs: NOW_MS });
}

/** All packets that are ready to be written, in hex. */
export function drainTransmits(handshake: Handshake): string[] {
  const packets: string[] = [];
  for (let bytes; (bytes = handshake.pollTransmit()) !== undefined;) {
    packets.push(toHex(bytes));
  }
  return packets;
}

/** All events that have happened. */
export function drainEvents(handshake: Handshake): HandshakeEvent[] {
  const events: HandshakeEvent[] = [];
  for (let event; (event = handshake.pollEvent()) !== undefined;) {
    events.push(event);
  }
  return events;
}

/** What the events are. */
export function kinds(events: HandshakeEvent[]): string[] {
  return events.map((event) => event.kind);
}

/** The one event that says how it ended, as the vectors write it. */
export function outcomeOf(
  events: HandshakeEvent[],
  trailing: Uint8Array,
): Record<string, unknown> {
  const ends = events.filter(({ kind }) =>
    kind === "connected" || kind === "failed"
  );
  assertEquals(ends.length, 1, "exactly one event ends a handshake");
  const [end] = ends;
  if (end?.kind === "connected") {
    return { kind: end.kind, ...end.remote, trailing: toHex(trailing) };
  }
  assert(end?.kind === "failed");
  const { code, by, reason } = end.error;
  return {
    kind: end.kind,
    code,
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
  };
}
