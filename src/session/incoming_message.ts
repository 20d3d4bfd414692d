/**
 * One message that arrives: its bytes so far, and how far it is.
 *
 * @module
 */
import { ByteQueue } from "./byte_queue.ts";
import type { LektError } from "../base/errors.ts";
import { MESSAGE_WINDOW_START } from "./outgoing_message.ts";

/** What an incoming message counts besides its bytes, so that endless empty or aborted messages have a bound too: an object and its queue. */
export const INCOMING_OVERHEAD_SIZE = 1024;

/** Told when a message takes or frees memory. */
export type HeldListener = (change: number) => void;

/** A message under way, or unread. */
export class IncomingMessage {
  /** The sender's id for it. */
  readonly id: number;
  // A double from the start: as a small integer it would outgrow that at 1 GiB, and all compiled code that reads this object would be thrown away.
  /** Bytes that have arrived, whether read, dropped or held. */
  size = -0;
  /** The last byte has arrived. */
  isComplete = false;
  /** What it counts, besides its bytes, while the application has not got it. */
  overheadSize = INCOMING_OVERHEAD_SIZE;
  /** The application has taken some of its bytes. */
  isBegun = false;
  /** The application wants all of it at once: it takes nothing before the end. */
  isCollected = false;
  /** The application has it, or will get it next. */
  isHandedOver = false;
  /** The application has it. */
  isTaken = false;
  /** Called once with the next news: bytes, the end, a failure. */
  onNews: (() => void) | undefined;
  /** Its reader reads to memory of its own. */
  hasOwnMemory = false;
  /** Memory of the application to which the next bytes go directly. */
  readInto: Uint8Array | undefined;
  /** How much of {@linkcode readInto} is filled. */
  readSize = 0;
  // A double from the start, as its size.
  /** What its packets have cost of its window, as far as they were counted. */
  cost = -0;
  /** What they may cost. */
  allowed = MESSAGE_WINDOW_START;
  /** How much that was beyond what had been taken when it was announced. */
  window = MESSAGE_WINDOW_START;
  /** Nothing beyond what may be sent unasked was announced. */
  isUnasked = true;
  #queue = new ByteQueue();
  /** Its error, made when somebody looks: it takes longer to make, and more memory, than all else of a short message. */
  #failure: LektError | (() => LektError) | undefined;
  #isDropped = false;
  #onHeld: HeldListener | undefined;

  /** Begins a message. */
  constructor(id: number, onHeld: HeldListener) {
    this.id = id;
    this.#onHeld = onHeld;
  }

  /** Whether no more will come, because it failed. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Why no more will come, where it failed. */
  get error(): LektError | undefined {
    if (typeof this.#failure === "function") this.#failure = this.#failure();
    return this.#failure;
  }

  /** Nothing of it is wanted any more. */
  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Bytes that its reader has. */
  get takenSize(): number {
    return this.size - this.#queue.size;
  }

  /** Bytes that wait for the reader. */
  get bufferedSize(): number {
    return this.#queue.size;
  }

  /** Bytes of memory that wait for the reader. */
  get heldSize(): number {
    return this.#queue.allocatedSize;
  }

  /** The next bytes have gone to its reader's memory. */
  takeElsewhere(size: number): void {
    this.size += size;
    this.readSize += size;
  }

  /** Takes the next bytes; they are copied, in blocks as {@linkcode ByteQueue.push} takes them. */
  push(bytes: Uint8Array, growthMax?: number): void {
    this.size += bytes.length;
    if (this.#isDropped || bytes.length === 0) return;
    let rest = bytes;
    if (this.readInto && this.bufferedSize === 0) {
      const room = this.readInto.length - this.readSize;
      const size = Math.min(room, bytes.length);
      this.readInto.set(bytes.subarray(0, size), this.readSize);
      this.readSize += size;
      rest = bytes.subarray(size);
    }
    this.#change(() => this.#queue.push(rest, growthMax));
  }

  /** Takes out the first bytes that lie together, in memory that nobody else uses. */
  shift(): Uint8Array<ArrayBuffer> | undefined {
    this.isBegun = true;
    return this.#change(() => this.#queue.shift());
  }

  /** Copies bytes into `into` and takes them out; returns how many. */
  read(into: Uint8Array): number {
    this.isBegun = true;
    return this.#change(() => this.#queue.read(into));
  }

  /** Takes out all bytes, in one piece. */
  join(): Uint8Array<ArrayBuffer> {
    this.isBegun = true;
    return this.#change(() => this.#queue.join());
  }

  /** Drops what has arrived and what will. */
  drop(): void {
    this.#isDropped = true;
    this.#change(() => this.#queue.clear());
  }

  /** Fails it, unless it has failed before: drops all, and tells whoever waits. */
  fail(failure: LektError | (() => LektError)): void {
    this.#failure ??= failure;
    this.drop();
    this.notify();
  }

  /** What it holds no longer counts. */
  giveAway(): void {
    this.#onHeld = undefined;
  }

  /** Tells whoever waits that there is news. */
  notify(): void {
    const { onNews } = this;
    this.onNews = undefined;
    onNews?.();
  }

  #change<T>(run: () => T): T {
    const before = this.#queue.allocatedSize;
    const result = run();
    this.#onHeld?.(this.#queue.allocatedSize - before);
    return result;
  }
}
