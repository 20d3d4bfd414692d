/**
 * Fuzz test of the sending side of a session: whatever is sent, aborted,
 * allowed and stopped, in whatever steps it is written, the wire must be good,
 * keep to the windows, and carry what was sent.
 *
 * @module
 */
import { equals } from "@std/bytes";
import { resolveLimits } from "../../src/base/limits.ts";
import { LektError } from "../../src/base/errors.ts";
import { bytesOfControl } from "../../src/session/control_queue.ts";
import { CONNECTION_WINDOW_START } from "../../src/session/send_windows.ts";
import type { OutgoingMessage } from "../../src/session/outgoing_message.ts";
import { Session } from "../../src/session/session.ts";
import { welcome } from "../helpers/raw_peer.ts";
import { ReferenceReassembler } from "../reference/framing.ts";
import type { Prng } from "./prng.ts";

const NOW_MS = 1_000;

/** How long parts may be, and messages then: so that there are not too many packets. */
const SIZES: readonly [maxPartBytes: number, sizes: readonly number[]][] = [
  [1, [0, 1, 30]],
  [100, [0, 1, 30, 400, 2_000]],
  [262_144, [0, 1, 30, 400, 400, 5_000, 5_000, 70_000]],
  [262_144, [1, 30, 300_000]],
];

/** A session that sends, what it was given, and what reads its bytes. */
class Sender {
  readonly session: Session;
  readonly reference = new ReferenceReassembler(1_024, 1);
  readonly #prng: Prng;
  /** Bytes of each message that was handed over whole, by id. */
  readonly #expected = new Map<number, Uint8Array>();
  /** Messages whose id is not known yet, or whose bytes are still to come. */
  #waiting: { message: OutgoingMessage; pieces: Uint8Array[] }[] = [];
  readonly #sizes: readonly number[];
  #window = CONNECTION_WINDOW_START;
  #lent: Uint8Array | undefined;
  #fault: string | undefined;

  constructor(prng: Prng) {
    this.#prng = prng;
    const [maxPartBytes, sizes] = prng.pick(
      prng.oneIn(20) ? SIZES : SIZES.slice(0, -1),
    );
    this.#sizes = sizes;
    this.session = new Session({
      role: "initiator",
      nickname: "alice",
      limits: resolveLimits({ maxPartBytes }),
      nowMs: NOW_MS,
    });
    this.#skipHandshake();
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  /** Does one thing of those that an application, a transport or the other side can do. */
  step(): void {
    const { outbox } = this.session;
    switch (this.#prng.below(8)) {
      case 0:
      case 1:
        return this.#sendAtOnce();
      case 2:
        return this.#queueWhole();
      case 3: {
        const priority = this.#prng.pick(["high", "normal", "low"] as const);
        const message = outbox.queueOpen({ priority });
        this.#waiting.push({ message, pieces: [] });
        return this.#offer(message, false);
      }
      case 4:
        return this.#offerMore();
      case 5:
        return this.#hear();
      case 6:
        if (this.#waiting.length > 0 && this.#prng.oneIn(3)) {
          outbox.abort(this.#prng.pick(this.#waiting).message, "given up");
        }
        return;
      default:
        return this.#write(this.#prng.pick([1, 13, 4_000, 1e9]));
    }
  }

  /** Ends all that is under way, and says Goodbye. */
  end(): void {
    this.#raise(1e9);
    for (let turn = 0; turn < 10_000 && !this.session.isDrained; turn++) {
      for (const { message } of this.#waiting) {
        if (message.isEnded || message.hasOffer) continue;
        this.#offer(message, true);
      }
      this.#raiseMessages();
      this.#write(1e9);
    }
    if (!this.session.isDrained) this.#blame("it is never written");
    this.session.sayGoodbye("done", NOW_MS);
    this.#write(1e9);
    this.#judge();
    this.session.fail(new LektError("CLOSED", "It is over"));
    this.session.release();
  }

  #blame(what: string): void {
    this.#fault ??= what;
  }

  #skipHandshake(): void {
    const { session } = this;
    this.#drop();
    this.#deliver(welcome("bob", [1, 1, 0]));
    session.handleDecision(true, NOW_MS);
    this.#drop();
  }

  #drop(): void {
    for (let bytes; (bytes = this.session.pollTransmit());) {
      this.session.handleTransmitted(bytes.length);
    }
  }

  #content(): Uint8Array {
    const size = this.#prng.pick(this.#sizes);
    const first = this.#prng.below(256);
    return Uint8Array.from({ length: size }, (_, at) => first + at * 7);
  }

  #sendAtOnce(): void {
    const content = this.#content();
    const id = this.session.outbox.trySend(content);
    if (id >= 0) this.#expected.set(id, content);
  }

  #queueWhole(): void {
    const content = this.#content();
    const message = this.session.outbox.queueWhole(content, {
      priority: this.#prng.pick(["high", "normal", "low"] as const),
      confirm: this.#prng.oneIn(3),
    });
    this.#waiting.push({ message, pieces: [content] });
  }

  #offer(message: OutgoingMessage, isLast: boolean): void {
    const content = this.#content();
    const entry = this.#waiting.find((each) => each.message === message)!;
    entry.pieces.push(content);
    message.offer(content, isLast);
  }

  #offerMore(): void {
    const free = this.#waiting.filter(({ message }) =>
      !message.isEnded && !message.hasOffer && !message.isLastOffer
    );
    if (free.length === 0) return;
    this.#offer(this.#prng.pick(free).message, this.#prng.oneIn(3));
  }

  /** The other side says something about what it gets. */
  #hear(): void {
    if (this.#prng.oneIn(3)) return this.#raise(this.#prng.below(2_000_000));
    const { message } = this.#prng.pick([
      ...this.#waiting,
      { message: undefined },
    ]);
    const messageId = message && message.id >= 0
      ? message.id
      : this.#prng.below(50);
    if (this.#prng.oneIn(3)) {
      this.#deliver(bytesOfControl({ type: "stop", messageId, reason: "no" }));
    } else if (this.#prng.oneIn(2)) {
      this.#deliver(
        bytesOfControl({ type: "confirmed", messageId, isTaken: true }),
      );
    } else {
      this.#deliver(bytesOfControl({ type: "ping", data: new Uint8Array(8) }));
    }
  }

  #raise(by: number): void {
    this.#window += by;
    this.#deliver(bytesOfControl({ type: "window", total: this.#window }));
  }

  #raiseMessages(): void {
    for (const { message } of this.#waiting) {
      if (message.isEnded || message.id < 0) continue;
      const total = message.allowed + 1e9;
      const messageId = message.id;
      this.#deliver(
        bytesOfControl({ type: "messageWindow", messageId, total }),
      );
    }
  }

  #deliver(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.session.error;) {
      const buffer = this.session.receiveBuffer();
      const read = bytes.subarray(at, at + buffer.length);
      buffer.set(read);
      this.session.handleReceived(read.length, NOW_MS);
      at += read.length;
    }
    const { error } = this.session;
    if (error) this.#blame(`it fails: ${error.message}`);
  }

  /** The transport takes up to `sizeMax` bytes of what it is lent. */
  #write(sizeMax: number): void {
    this.#lent ??= this.session.pollTransmit();
    if (!this.#lent) return;
    const bytes = this.#lent.slice(0, sizeMax);
    this.#lent = undefined;
    this.session.handleTransmitted(bytes.length);
    this.reference.push(bytes);
    const { fault, cost } = this.reference;
    if (fault) this.#blame(`it breaks a rule: ${fault.rule}`);
    if (cost > this.#window) this.#blame("it sends more than it may");
  }

  #judge(): void {
    for (const { message, pieces } of this.#waiting) {
      if (message.id < 0) continue;
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const whole = new Uint8Array(size);
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      this.#expected.set(message.id, whole);
    }
    for (const { messageId, bytes, reason } of this.reference.ended) {
      const expected = this.#expected.get(messageId);
      if (!expected) this.#blame(`message ${messageId} was made up`);
      else if (reason === undefined && !equals(bytes, expected)) {
        this.#blame(`message ${messageId} is another`);
      }
      this.#expected.delete(messageId);
    }
    if (this.#expected.size > 0) this.#blame("a message is missing");
    if (!this.reference.mayEnd) this.#blame("it does not end in order");
  }
}

/** Sends at random; `undefined` where all is as it must be. */
export function compareSending(prng: Prng): string | undefined {
  const sender = new Sender(prng);
  for (let rest = prng.between(1, 60); rest > 0 && !sender.fault; rest--) {
    sender.step();
  }
  sender.end();
  return sender.fault;
}
