/**
 * One message that waits to be sent, or is under way.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";
import type { Linked } from "./linked_queue.ts";

const EMPTY = new Uint8Array(0);

/** A message on its way out. Its source offers bytes, and is told when they are taken. */
export class OutgoingMessage implements Linked<OutgoingMessage> {
  /** Its id, once the first packet was made; -1 before. */
  id = -1;
  /** The index of its next part. */
  nextIndex = 0;
  /** Bytes that were offered and are not yet taken. */
  chunk: Uint8Array = EMPTY;
  /** How many they were when they were offered: the memory may be taken away meanwhile. */
  chunkSize = 0;
  /** There is an offer: a chunk, or the end. */
  hasOffer = false;
  /** Nothing follows the offer. */
  isLastOffer = false;
  /** Why it was given up. */
  abortReason = "";
  /** All was taken, or it was given up: it has no more turns. */
  isEnded = false;
  /** Called when there is an offer. */
  onOffered: ((message: OutgoingMessage) => void) | undefined;
  /** Called when the offer was taken. */
  onTaken: (() => void) | undefined;
  /** Called when the message cannot be sent. */
  onFailed: ((error: LektError) => void) | undefined;
  queue: object | undefined;
  previous: OutgoingMessage | undefined;
  next: OutgoingMessage | undefined;

  /** The memory that was offered has been taken away, or has another size. */
  get isChanged(): boolean {
    return this.chunk.length !== this.chunkSize;
  }

  /** Offers the next bytes; they must stay as they are until they are taken. */
  offer(chunk: Uint8Array, isLast: boolean): void {
    this.chunk = chunk;
    this.chunkSize = chunk.length;
    this.hasOffer = chunk.length > 0 || isLast;
    this.isLastOffer = isLast;
    if (this.hasOffer) this.onOffered?.(this);
  }

  /** Steps over bytes that were sent. */
  advance(size: number): void {
    this.chunkSize -= size;
    this.chunk = this.chunkSize > 0 ? this.chunk.subarray(size) : EMPTY;
    if (this.chunkSize === 0) this.hasOffer = false;
  }

  /** Tells its source, where the whole offer was taken. */
  tellTaken(): void {
    if (!this.hasOffer) this.onTaken?.();
  }

  /** It has no more turns, and its memory is read no more. */
  end(): void {
    this.isEnded = true;
    this.chunk = EMPTY;
    this.chunkSize = 0;
    this.hasOffer = false;
  }

  /** It cannot be sent. */
  fail(error: LektError): void {
    this.end();
    this.onFailed?.(error);
  }
}
