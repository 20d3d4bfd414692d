/**
 * One message that waits to be sent, or is under way.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { Linked } from "./linked_queue.ts";

const EMPTY = new Uint8Array(0);

/** What may be sent of a message from its beginning, in version 1.1: enough that messages of 1 MiB need no window of their own. */
export const MESSAGE_WINDOW_START = 2 * 1024 * 1024;

/** Which of several messages has more turns. */
export type Priority = "high" | "normal" | "low";

/** What is wanted of a message besides. */
export interface OutgoingOptions {
  /** Which of several messages has more turns. */
  priority?: Priority | undefined;
  /** Whether the other side is asked to say when its application has taken it. */
  confirm?: boolean | undefined;
}

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
  // A double from the start, as it outgrows a small integer.
  /** What its packets have cost of the windows. */
  cost = -0;
  /** What they may cost. */
  allowed = MESSAGE_WINDOW_START;
  /** The other side has announced a window for it, so somebody reads it there. */
  isAskedFor = false;
  /** Whose turns it has. */
  readonly priority: Priority;
  /** The other side is asked to say when its application has taken it. */
  readonly isConfirmWanted: boolean;
  /** Why it was given up. */
  abortReason = "";
  /** All was taken, or it was given up: it has no more turns. */
  isEnded = false;
  /** Called when there is an offer. */
  onOffered: ((message: OutgoingMessage) => void) | undefined;
  /** Called once, when its first part was taken. */
  onBegun: (() => void) | undefined;
  /** Called when the offer was taken. */
  onTaken: (() => void) | undefined;
  /** Called when the other side has said whether its application has taken the message, or, with `undefined`, when it will not say so. */
  onConfirmed: ((isTaken: boolean | undefined) => void) | undefined;
  /** Called when the message cannot be sent. */
  onFailed: ((error: LektError) => void) | undefined;
  queue: object | undefined;
  previous: OutgoingMessage | undefined;
  next: OutgoingMessage | undefined;

  /** Begins a message. */
  constructor({ priority = "normal", confirm = false }: OutgoingOptions = {}) {
    this.priority = priority;
    this.isConfirmWanted = confirm;
  }

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

  /** Tells its source that a part was taken, and where that was all of the offer. */
  tellTaken(): void {
    const { onBegun } = this;
    this.onBegun = undefined;
    onBegun?.();
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
    this.onConfirmed?.(undefined);
  }
}

/** Bytes that `first` and those behind it in its queue have offered. */
export function sizeFrom(first: OutgoingMessage | undefined): number {
  let size = 0;
  for (let message = first; message; message = message.next) {
    size += message.chunkSize;
  }
  return size;
}

/** The error of a message that the other side's application does not want. */
export function cancelledError(messageId: number, reason: string): LektError {
  return new LektError(
    "CANCELLED",
    `Cannot send message ${messageId}: the other side wants no more of it`,
    { reason, messageId },
  );
}
