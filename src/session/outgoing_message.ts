/**
 * One message that waits to be sent, or is under way.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";

const EMPTY = new Uint8Array(0);

/** A message on its way out. Its source offers bytes, and hears when they are taken. */
export class OutgoingMessage {
  /** Its id, once the first packet was made; -1 before. */
  id = -1;
  /** The index of its next part. */
  nextIndex = 0;
  /** Bytes that were offered and are not yet taken. */
  chunk: Uint8Array = EMPTY;
  /** There is an offer: a chunk, or the end. */
  hasOffer = false;
  /** Nothing follows the offer. */
  isLastOffer = false;
  /** Why it was given up. */
  abortReason = "";
  /** All was taken, or it was given up: it has no more turns. */
  isEnded = false;
  /** Called when the offer was taken. */
  onTaken: (() => void) | undefined;
  /** Called when the message cannot be sent. */
  onFailed: ((error: LektError) => void) | undefined;

  /** Offers the next bytes; they must stay as they are until they are taken. */
  offer(chunk: Uint8Array, isLast: boolean): void {
    this.chunk = chunk;
    this.hasOffer = chunk.length > 0 || isLast;
    this.isLastOffer = isLast;
  }

  /** Steps over bytes that were sent, or are lent. */
  advance(size: number): void {
    this.chunk = this.chunk.subarray(size);
    if (this.chunk.length === 0) this.hasOffer = false;
  }

  /** The whole offer was taken. */
  take(): void {
    this.chunk = EMPTY;
    this.hasOffer = false;
    this.onTaken?.();
  }

  /** It has no more turns. */
  end(): void {
    this.isEnded = true;
  }

  /** It cannot be sent. */
  fail(error: LektError): void {
    this.isEnded = true;
    this.onFailed?.(error);
  }
}
