/**
 * Two sessions in one test: no socket, no clock but the test's, and the bytes
 * between them cut in any way.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { HandshakeEvent, Role } from "../../src/handshake/mod.ts";
import type { Inbox } from "../../src/session/inbox.ts";
import { type Limits, resolveLimits } from "../../src/base/limits.ts";
import { IncomingMessage } from "../../src/session/incoming_message.ts";
import { Message } from "../../src/connection/message.ts";
import { Session } from "../../src/session/session.ts";

/** Cuts what one side has written into what the other side reads. */
export type Cut = (bytes: Uint8Array) => Iterable<Uint8Array>;

/** Reads as it was written. */
export function whole(bytes: Uint8Array): Uint8Array[] {
  return [bytes];
}

/** Reads byte by byte. */
export function* byteByByte(bytes: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1);
}

/** An initiator and a responder. */
export class SessionPair {
  /** The present moment of both, in milliseconds. */
  nowMs = 1_000;
  /** The initiator. */
  readonly alice: Session;
  /** The responder. */
  readonly bob: Session;
  /** How bytes are cut on their way. */
  cut: Cut = whole;

  /** Begins a connection, of version 1.0 unless the limits allow more. */
  constructor(limits: Partial<Limits> = {}) {
    const all = { maxVersionMinor: 0, ...limits };
    this.alice = this.#begin("initiator", all);
    this.bob = this.#begin("responder", all);
  }

  /** Two sessions in connected state. */
  static connected(limits: Partial<Limits> = {}): SessionPair {
    const pair = new SessionPair(limits);
    pair.carry(pair.alice, pair.bob);
    pair.bob.handleDecision(true, pair.nowMs);
    pair.carry(pair.bob, pair.alice);
    pair.alice.handleDecision(true, pair.nowMs);
    pair.carry(pair.alice, pair.bob);
    assertEquals([pair.alice.state, pair.bob.state], [
      "connected",
      "connected",
    ]);
    return pair;
  }

  /** Takes all that one side has to write to the other. */
  carry(from: Session, to: Session): void {
    for (let bytes; (bytes = from.pollTransmit()) !== undefined;) {
      const copy = bytes.slice();
      from.handleTransmitted(bytes.length);
      this.deliver(to, copy);
    }
  }

  /** Hands bytes to one side, in cuts. */
  deliver(to: Session, bytes: Uint8Array): void {
    for (const piece of this.cut(bytes)) {
      for (let offset = 0; offset < piece.length && !to.error;) {
        const buffer = to.receiveBuffer();
        const read = piece.subarray(offset, offset + buffer.length);
        buffer.set(read);
        to.handleReceived(read.length, this.nowMs);
        takeRest(to);
        offset += read.length;
      }
    }
  }

  /** Events of one side's handshake. */
  events(session: Session): HandshakeEvent[] {
    const events: HandshakeEvent[] = [];
    for (let event; (event = session.pollEvent()) !== undefined;) {
      events.push(event);
    }
    return events;
  }

  #begin(role: Role, limits: Partial<Limits>): Session {
    const nickname = role === "initiator" ? "alice" : "bob";
    return new Session({
      role,
      nickname,
      limits: resolveLimits(limits),
      nowMs: this.nowMs,
    });
  }
}

/** Takes all that is left of a read. */
export function takeRest(session: Session): void {
  while (session.exchange?.hasRest && !session.error) {
    const error = session.exchange.takeRest();
    if (error) session.fail(error);
  }
}

/** The next message that is ready. */
export function shiftMessage(inbox: Inbox): Message | undefined {
  const host = {
    maxCollectedBytes: 1 << 24,
    owesAny: false,
    noteConsumed: (): void => {},
    settle: (): void => {},
    cancel: (): void => {},
    release: (message: IncomingMessage): void => inbox.release(message),
  };
  return inbox.shift((source, index) => new Message(source, index, host));
}

/** The next message that is ready, where it came in pieces. */
export function shiftIncoming(inbox: Inbox): IncomingMessage | undefined {
  return inbox.shift((source) =>
    source instanceof IncomingMessage ? source : undefined
  );
}
