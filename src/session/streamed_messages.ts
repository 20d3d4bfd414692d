/**
 * Messages that came, or come, piece by piece, and that the application has not
 * taken whole: who reads them, and how much they hold.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { HeldMemory } from "./held_memory.ts";
import type { IncomingMessage } from "./incoming_message.ts";

/** The messages of one connection. */
export class StreamedMessages extends Set<IncomingMessage> {
  /** Bytes that all of them hold. */
  get heldSize(): number {
    let size = 0;
    for (const message of this) size += message.heldSize;
    return size;
  }

  /** The one that holds most. */
  get largest(): IncomingMessage | undefined {
    let largest: IncomingMessage | undefined;
    for (const message of this) {
      if (message.heldSize > (largest?.heldSize ?? 0)) largest = message;
    }
    return largest;
  }

  /** Whether the application waits for bytes of one. */
  get isAwaited(): boolean {
    for (const message of this) if (message.onNews) return true;
    return false;
  }

  /** Whether someone who has begun to read one has not yet taken all that is there. */
  get hasSlowReader(): boolean {
    for (const message of this) {
      if (message.isBegun && message.heldSize > 0) return true;
    }
    return false;
  }

  /** How much of what they hold is of messages that the application collects, and waits for the ends of: nobody makes room there. From 0 to 1. */
  get collectedShare(): number {
    let size = 0;
    let collectedSize = 0;
    for (const { heldSize, isCollected } of this) {
      size += heldSize;
      if (isCollected) collectedSize += heldSize;
    }
    return size > 0 ? collectedSize / size : 0;
  }

  /** Fails the one that holds most, where the application collects it, to make room for the others; returns it where there is one. `held` is what all hold, and `maxBufferedBytes` what they may. */
  failLargestCollected(
    held: HeldMemory,
    maxBufferedBytes: number,
  ): IncomingMessage | undefined {
    const message = this.largest;
    if (!message?.isCollected || message.isComplete) return undefined;
    message.fail(
      new LektError(
        "LIMIT",
        `Cannot collect message ${message.id}: ${
          held.fullText(maxBufferedBytes)
        }`,
        { messageId: message.id },
      ),
    );
    return message;
  }
}
