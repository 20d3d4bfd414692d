/**
 * The handshake of the LEKT protocol by itself, as a state machine that does no
 * input or output, for use over any byte stream ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#2-life-of-a-connection), sections 2 to 4).
 *
 * To talk over TCP, TLS, Unix sockets or WebSockets, use `connect` and `listen`
 * of `@lekt/lekt`, which run it for you. `@lekt/lekt/framing` is what follows the
 * handshake. Further entry points: `@lekt/lekt/browser`, `@lekt/lekt/browser/relay`, `@lekt/lekt/certificate`, `@lekt/lekt/diagnostics`,
 * `@lekt/lekt/directory`, `@lekt/lekt/peer`, `@lekt/lekt/relay` and `@lekt/lekt/telemetry`.
 *
 * This room imports `src/base` alone. Bytes, decisions and moments come in by the
 * `handle…` methods; bytes and events go out by the `poll…` methods.
 *
 * A {@linkcode Handshake} is fed with what arrived, and asked what to write, what happened and
 * when to wake it. It has no clock: each moment is an argument, in
 * milliseconds of any clock that does not jump, such as `performance.now()`. It never throws
 * because of what the other side sent.
 *
 * # How to drive one
 *
 * After making it, and after each call of a `handle…` method:
 *
 * 1. Write what {@linkcode Handshake.pollTransmit} gives. Ask again only when that has been written, until it gives `undefined`.
 * 2. Act on what {@linkcode Handshake.pollEvent} gives, until it gives `undefined`.
 * 3. Have {@linkcode Handshake.handleTimeout} called at the moment that {@linkcode Handshake.pollTimeout} names.
 * 4. Look at {@linkcode Handshake.state}:
 *
 * | state | what the driver does |
 * | --- | --- |
 * | `awaitingHandshake`, `awaitingAnswer`, `awaitingAccept` | reads, and hands each read over |
 * | `deciding` | goes on reading, and answers the event `decisionNeeded` with {@linkcode Handshake.handleDecision} |
 * | `lingering` | writes the Reject, ends its sending side, and goes on reading and handing over |
 * | `closed` | closes the transport at once, whatever is unwritten |
 * | `connected` | writes what is left to write and is done with the handshake: {@linkcode Handshake.takeTrailing} gives the bytes that were read too far, and the bytes of further reads are message packets |
 *
 * Reading never waits for writing: a write under way may end after several reads. Every handshake gives exactly
 * one event `connected` or `failed`; `failed` comes as soon as the outcome is certain, while a Reject may still
 * have to be written.
 *
 * @example Two machines talk in memory
 * ```ts
 * import { Handshake } from "@lekt/lekt/handshake";
 * import { assertEquals } from "@std/assert";
 *
 * const nowMs = 0;
 * const alice = new Handshake({ role: "initiator", nickname: "alice", nowMs });
 * const bob = new Handshake({ role: "responder", nickname: "bob", nowMs });
 *
 * function carry(from: Handshake, to: Handshake): void {
 *   for (let bytes; (bytes = from.pollTransmit()) !== undefined;) {
 *     to.handleReceived(bytes, nowMs);
 *   }
 * }
 *
 * carry(alice, bob); // Handshake
 * assertEquals(bob.pollEvent(), {
 *   kind: "decisionNeeded",
 *   remote: { nickname: "alice", version: "1.0.0" },
 * });
 * bob.handleDecision(true, nowMs);
 *
 * carry(bob, alice); // Accept
 * assertEquals(alice.pollEvent()?.kind, "decisionNeeded");
 * alice.handleDecision(true, nowMs);
 * assertEquals(alice.state, "connected");
 *
 * carry(alice, bob); // Accept
 * assertEquals(bob.state, "connected");
 * assertEquals(bob.remote?.nickname, "alice");
 * ```
 *
 * @module
 */
export { LektError } from "../base/errors.ts";
export type {
  LektErrorCode,
  LektErrorOptions,
  MethodFailure,
} from "../base/errors.ts";
export { Handshake } from "./machine.ts";
export {
  encodeHandshake,
  encodeInitiatorAccept,
  encodeReject,
  encodeResponderAccept,
  PROTOCOL_VERSION,
} from "./packets.ts";
export type { HandshakeState, Role } from "./table.ts";
export type {
  HandshakeEvent,
  HandshakeOptions,
  HandshakeRemote,
} from "./types.ts";
