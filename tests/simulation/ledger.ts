/**
 * What was sent and what was received on simulated links, and whether that may
 * be: messages say themselves who has sent them, on which link, as which one.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import type { ConnectionEnd } from "../../src/connection/ending.ts";

/** A message and what its sender knows of it. */
export interface SentMessage {
  size: number;
  /** `pending` until `send` has settled. */
  state: "pending" | "sent" | "refused";
  /** Whether the sender asked to hear that it was taken. */
  isConfirmed: boolean;
  /** Handed over as one packet, in order with others like it. */
  isOrdered: boolean;
  /** Times that the other side's application has taken it whole. */
  takenCount: number;
  /** The other side's application was told of it. */
  isHandedOver: boolean;
}

/** One side of a link. */
export class Side {
  /** What this side has sent, in order. */
  readonly sent: SentMessage[] = [];
  /** How it ended, as the connection said. */
  end: ConnectionEnd | undefined;
  /** The messages of which the application knows the id. */
  readonly byId = new Map<number, SentMessage>();
  /** Ids of messages that the application was handed; the sender may not have known them yet. */
  readonly handedOver = new Set<number>();
  /** The connection, once there is one. */
  connection: Connection | undefined;
  /** Its program was killed, or its machine has lost its power. */
  isDead = false;
  /** What it does takes no message lightly: it reads all and ends in order. */
  isPolite = false;
  /** The highest message in order that it was handed. */
  lastOrdered = -1;
  /** Calls under way of this side's program. */
  pendingCalls = 0;
}

const LETTERS = "the quick brown fox jumps over the lazy dog, and on. ";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const filler = encoder.encode(LETTERS.repeat(6_000));

/** Bytes that the shortest message has. */
export const SIZE_MIN = 24;

/** The bytes of message `index` that `side` of `linkId` sends. */
export function contentOf(
  linkId: number,
  side: number,
  index: number,
  size: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const start = (linkId * 7 + side * 3 + index) % LETTERS.length;
  bytes.set(filler.subarray(start, start + size));
  encoder.encodeInto(`${linkId}/${side}/${index}/${size}/`, bytes);
  return bytes;
}

/** The two sides of one link, and what is wrong with what they know. */
export class Ledger {
  readonly linkId: number;
  /** The link hangs up both ways when one side has ended: in version 1.0 nobody can tell that from an end in order. */
  readonly endsBoth: boolean;
  readonly sides: readonly [Side, Side] = [new Side(), new Side()];
  readonly faults: string[] = [];

  constructor(linkId: number, endsBoth = false) {
    this.linkId = linkId;
    this.endsBoth = endsBoth;
  }

  /** Something is wrong. */
  blame(what: string): void {
    this.faults.push(`link ${this.linkId}: ${what}`);
  }

  /** The application of `side` was handed the message with this id. */
  noteHandedOver(side: number, messageId: number): void {
    this.sides[side]!.handedOver.add(messageId);
  }

  /** The application of `side` has taken a whole message. */
  noteTaken(side: number, bytes: Uint8Array): void {
    const [linkId, from, index] = parse(bytes);
    const message = this.sides[1 - side]!.sent[index!];
    if (linkId !== this.linkId || from !== 1 - side || !message) {
      this.blame(`side ${side} got ${decoder.decode(bytes.subarray(0, 40))}`);
      return;
    }
    const expected = contentOf(this.linkId, from, index!, message.size);
    if (!areEqual(bytes, expected)) {
      this.blame(`message ${index} of side ${from} is not as it was sent`);
    }
    message.isHandedOver = true;
    message.takenCount++;
    if (message.takenCount > 1) {
      this.blame(`message ${index} of side ${from} came twice`);
    }
  }

  /** Messages of one packet come in order. */
  noteOrder(side: number, bytes: Uint8Array): void {
    const [, , index] = parse(bytes);
    const receiver = this.sides[side]!;
    if (!this.sides[1 - side]!.sent[index!]?.isOrdered) return;
    if (index! < receiver.lastOrdered) {
      this.blame(`message ${index} came behind ${receiver.lastOrdered}`);
    }
    receiver.lastOrdered = Math.max(receiver.lastOrdered, index!);
  }

  /** Looks at both sides when all is over. */
  close(): void {
    for (const index of [0, 1]) this.#judgeMessages(index);
    for (const index of [0, 1]) this.#judgeEnd(index);
  }

  #judgeMessages(from: number): void {
    const sender = this.sides[from]!;
    for (const messageId of this.sides[1 - from]!.handedOver) {
      const message = sender.byId.get(messageId);
      if (message) message.isHandedOver = true;
    }
    for (const [index, message] of sender.sent.entries()) {
      const { state, isConfirmed, takenCount } = message;
      const name = `message ${index} of side ${from}`;
      if (sender.isDead) continue;
      if (state === "pending") this.blame(`${name} is neither sent nor not`);
      if (state === "sent" && isConfirmed && takenCount === 0) {
        this.blame(`${name} was confirmed, and nobody took it`);
      }
      if (state === "refused" && !isConfirmed && takenCount > 0) {
        this.blame(`${name} was refused, and came`);
      }
    }
  }

  #judgeEnd(from: number): void {
    const sender = this.sides[from]!;
    const receiver = this.sides[1 - from]!;
    if (!sender.connection || sender.isDead) return;
    if (!sender.end) return this.blame(`side ${from} has not ended`);
    if (!sender.isDead && sender.pendingCalls > 0) {
      this.blame(`side ${from} still waits for ${sender.pendingCalls} calls`);
    }
    const { clean, error } = sender.end;
    if (error?.code === "PROTOCOL") {
      this.blame(`side ${from} says ${error.message}`);
    }
    if (!clean) return;
    if (this.is11) this.#judgeCleanEnd(from);
    else if (this.endsBoth) return;
    if (receiver.isDead || !receiver.end?.clean) return;
    for (const [index, { state, isHandedOver }] of sender.sent.entries()) {
      if (state !== "sent" || isHandedOver) continue;
      this.blame(
        `message ${index} of side ${from} is lost, and both are clean`,
      );
    }
  }

  /** Both speak version 1.1. */
  get is11(): boolean {
    return this.sides.every(({ connection }) =>
      connection?.remote.version.startsWith("1.1")
    );
  }

  /** In version 1.1 who says clean knows that the other side has read all. */
  #judgeCleanEnd(from: number): void {
    const sender = this.sides[from]!.connection!;
    const receiver = this.sides[1 - from]!.connection;
    const { messagesSent } = sender.stats();
    const { messagesReceived } = receiver!.stats();
    if (messagesReceived === messagesSent) return;
    this.blame(
      `side ${from} is clean, has sent ${messagesSent} messages, and ${messagesReceived} arrived`,
    );
  }
}

/** Whether these are all bytes of a message. */
export function isWhole(bytes: Uint8Array): boolean {
  return parse(bytes)[3] === bytes.length;
}

function parse(bytes: Uint8Array): number[] {
  return decoder.decode(bytes.subarray(0, SIZE_MIN)).split("/", 4).map(Number);
}

function areEqual(some: Uint8Array, other: Uint8Array): boolean {
  if (some.length !== other.length) return false;
  return some.every((byte, index) => byte === other[index]);
}
